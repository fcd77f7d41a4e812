// Optional oracles: off unless the scenario, or a port broken on purpose, asks for one.
#include <gtest/gtest.h>

#include "scenarios/runner.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

constexpr const char* kTwoSections = R"(scenario: 1
name: two-sections
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
explore: { strategy: random, seeds: 1..5 }
MORE
expect:
  always: [A.word == 0]
)";

Scenario scenario_with(const std::string& more) {
    std::string text = kTwoSections;
    text.replace(text.find("MORE"), 4, more);
    const ReadResult result = read_scenario("<text>", text);
    for (const Problem& problem : result.problems) ADD_FAILURE() << problem.message;
    return result.scenario.value_or(Scenario{});
}

void relaxed_release(void* lock) {
    sim_store(lock, 0, 4, SIM_RELAXED, SIM_SITE("WRITE_ONCE(*lock, 0)"));
    sim_preempt_enable();
}

// What is wrong with this lock only data-race can see.
Port relaxed_port() {
    Port port = test_port(test_acquire);
    port.operations.release = relaxed_release;
    return port;
}

std::string said_of(const Scenario& scenario, const Port& port) {
    RunOptions options;
    options.in_process = true;
    const RunReport report = run_scenario(scenario, port, options);
    return report.failures.empty() ? "" : report.failures[0].oracle + "/" + report.failures[0].word;
}

TEST(optional_oracles, run_only_if_the_scenario_asks_for_them) {
    EXPECT_EQ(said_of(scenario_with(""), relaxed_port()), "");
    EXPECT_EQ(said_of(scenario_with("oracles: [data-race]"), relaxed_port()),
              "data-race/unprotected");
    EXPECT_EQ(said_of(scenario_with("oracles: [data-race]"), test_port(test_acquire)), "");
}

TEST(optional_oracles, always_watch_the_port_that_they_must_catch) {
    Port port = relaxed_port();
    port.caught_by = "data-race";
    EXPECT_EQ(said_of(scenario_with(""), port), "data-race/unprotected");
}

TEST(optional_oracles, can_be_allowed_like_the_others) {
    EXPECT_EQ(said_of(scenario_with("oracles: [data-race]\nallow: [data-race/unprotected]"),
                      relaxed_port()),
              "");
}

TEST(optional_oracles, are_named_in_the_file_and_nothing_else_is) {
    for (const char* wrong : {"oracles: [progress]", "oracles: [data-rac]", "oracles: data-race"}) {
        std::string text = kTwoSections;
        text.replace(text.find("MORE"), 4, wrong);
        EXPECT_FALSE(read_scenario("<text>", text).problems.empty()) << wrong;
    }
}

TEST(verdicts, are_kept_by_the_name_of_the_port) {
    const Scenario scenario = scenario_with("verdicts: { qspinlock: ok, linux/tas: skip }");
    EXPECT_EQ(scenario.port_verdicts.at("qspinlock"), "ok");
    EXPECT_EQ(scenario.port_verdicts.at("linux/tas"), "skip");
    std::string text = kTwoSections;
    text.replace(text.find("MORE"), 4, "verdicts: { qspinlock: fine }");
    EXPECT_FALSE(read_scenario("<text>", text).problems.empty());
}

}  // namespace
}  // namespace lockstep
