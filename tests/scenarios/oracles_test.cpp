// Optional oracles: off unless the scenario, or a port broken on purpose, asks for one.
#include <gtest/gtest.h>

#include <filesystem>

#include "scenarios/runner.h"
#include "scenarios/sampling.h"
#include "scenarios/search.h"
#include "scenarios/shrink.h"
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

TEST(optional_oracles, judge_in_samples_and_searches_too) {
    for (const bool asked : {false, true}) {
        Scenario scenario = scenario_with("");
        if (asked) scenario.oracles = {"data-race"};
        SamplingOptions options;
        options.executions = 100;
        EXPECT_EQ(sample(scenario, relaxed_port(), options).discoveries.size(), asked ? 1U : 0U);
        for (const bool breadth_first : {false, true}) {
            SearchOptions all;
            all.breadth_first = breadth_first;
            const SearchReport report = search(scenario, relaxed_port(), all);
            ASSERT_EQ(report.failures.size(), asked ? 1U : 0U);
            if (asked) {
                EXPECT_EQ(report.failures[0].oracle, "data-race");
            }
        }
    }
}

// What was judged by is part of what a search has shown, and of which search a checkpoint is of.
TEST(optional_oracles, are_told_with_the_bounds_of_a_search_and_tell_checkpoints_apart) {
    Scenario scenario = scenario_with("");
    SearchOptions options;
    options.checkpoint = testing::TempDir() + "optional-oracles.search";
    std::filesystem::remove(options.checkpoint);
    EXPECT_EQ(describe_bounds(scenario, options).find("data-race"), std::string::npos);
    search(scenario, test_port(test_acquire), options);
    scenario.oracles = {"data-race"};
    EXPECT_NE(describe_bounds(scenario, options).find(", data-race too"), std::string::npos);
    EXPECT_THROW(search(scenario, test_port(test_acquire), options), CheckpointError);
    std::filesystem::remove(options.checkpoint);
}

// The scenario's text says nothing of the oracle; what is left of it is still judged by it.
TEST(optional_oracles, judge_while_a_run_is_made_smaller) {
    Scenario scenario = scenario_with("");
    scenario.oracles = {"data-race"};
    const Port port = relaxed_port();
    RunOptions options;
    options.scheduler = "random";
    const RunReport report = run_scenario(scenario, port, options);
    ASSERT_FALSE(report.failures.empty());
    ShrinkOptions brief;
    brief.executions_max = 100;
    const Shrunk shrunk = shrink(scenario, port, report.failures[0].picks, brief);
    ASSERT_EQ(shrunk.refused, "");
    ASSERT_TRUE(shrunk.smaller.has_value());
    EXPECT_EQ(shrunk.smaller->best.failure.oracle, "data-race");
    EXPECT_LT(shrunk.smaller->scenario.text.size(), scenario.text.size());
}

TEST(optional_oracles, say_what_they_could_not_judge) {
    std::string text = kTwoSections;
    text.replace(text.find("MORE"), 4, "oracles: [data-race]");
    text.replace(text.find("cpus: 2"), 7, "cpus: 9");
    const ReadResult nine = read_scenario("<text>", text);
    ASSERT_TRUE(nine.scenario.has_value());
    const std::vector<std::string> silent = {"data-race: not judged: more than 8 CPUs"};
    const Port port = test_port(test_acquire);
    EXPECT_EQ(run_scenario(*nine.scenario, port, {}).not_judged, silent);
    SamplingOptions options;
    options.executions = 10;
    EXPECT_EQ(not_judged_lines(sample(*nine.scenario, port, options).harvest), silent);
    EXPECT_EQ(not_judged_lines(search(*nine.scenario, port, {}).harvest), silent);
    EXPECT_TRUE(run_scenario(scenario_with("oracles: [data-race]"), port, {}).not_judged.empty());
}

TEST(not_judged, counts_executions_unless_it_is_all_of_them) {
    Harvest harvest, later;
    harvest.executions = 2;
    harvest.not_judged["data-race: not judged: more than 8 CPUs"] = 2;
    EXPECT_EQ(not_judged_lines(unpack(pack(harvest))),
              std::vector<std::string>{"data-race: not judged: more than 8 CPUs"});
    later.executions = 3;
    add(harvest, later);
    EXPECT_EQ(not_judged_lines(harvest),
              std::vector<std::string>{"data-race: not judged: more than 8 CPUs (2 of 5)"});
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
