// Shrinking once is enough, for findings of many kinds: scenarios of the library on broken locks,
// with injections, on the kernel's own lock, and of runs that fail in several ways at once.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "scenarios/harvest.h"
#include "scenarios/prepare.h"
#include "scenarios/shrink.h"
#include "sim/token.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

Scenario scenario_of_library(const std::string& name) {
    std::ifstream in(std::string(LOCKSTEP_SOURCE_DIR) + "/scenarios/" + name + ".yaml");
    return scenario_from({std::istreambuf_iterator<char>(in), {}});
}

// The first failure of the random schedules, with the place where it was found.
Failure failure_of(const Scenario& scenario, const Port& port, RunOptions options) {
    options.coverage = true;
    const RunReport report = run_scenario(scenario, port, options);
    if (!report.failures.empty()) return report.failures.front();
    ADD_FAILURE() << scenario.name << " on " << port.name << " does not fail";
    return {};
}

Failure first_random_failure(const Scenario& scenario, const Port& port) {
    RunOptions options;
    options.scheduler = "random";
    options.seed_first = 1;
    options.seed_last = 2000;
    return failure_of(scenario, port, options);
}

Failure failure_replayed(const Scenario& scenario, const Port& port,
                         const std::vector<PickRun>& picks) {
    RunOptions options;
    options.replay = picks;
    return failure_of(scenario, port, options);
}

// The token is not longer, and it is the same failure. Returns what was left.
Shrunk expect_same_failure(const Scenario& scenario, const Port& port) {
    const Failure failure = first_random_failure(scenario, port);
    Shrunk once = shrink(scenario, port, failure.picks, {});
    EXPECT_EQ(once.refused, "");
    const std::vector<PickRun>& token = once.schedule.failure.picks;
    EXPECT_LE(write_picks(token).size(), write_picks(failure.picks).size());
    const Failure again = failure_replayed(scenario, port, token);
    EXPECT_EQ(failure_key(scenario, again), failure_key(scenario, failure));
    EXPECT_EQ(signature(again), signature(failure));
    return once;
}

// The smaller scenario has the same failure, and nothing of it can be made smaller.
void expect_smallest(const Scenario& scenario, const Port& port, const Shrunk& once) {
    ASSERT_TRUE(once.smaller.has_value());
    const Scenario small = scenario_from(once.smaller->scenario.text);
    const Failure& left = once.smaller->best.failure;
    EXPECT_EQ(failure_key(small, failure_replayed(small, port, left.picks)),
              failure_key(scenario, once.given.failure));
    const Shrunk twice = shrink(small, port, left.picks, {});
    EXPECT_FALSE(twice.smaller.has_value()) << twice.smaller->scenario.text;
    EXPECT_EQ(twice.schedule.failure.picks, left.picks);
    EXPECT_EQ(twice.schedule.failure.result.steps, left.result.steps);
}

// From the token the second time goes the same way.
void expect_same_from_token(const Scenario& scenario, const Port& port, const Shrunk& once) {
    const std::vector<PickRun>& token = once.schedule.failure.picks;
    const Shrunk twice = shrink(scenario, port, token, {});
    EXPECT_EQ(twice.schedule.failure.picks, token);
    ASSERT_EQ(twice.smaller.has_value(), once.smaller.has_value());
    if (!once.smaller) return;
    EXPECT_EQ(twice.smaller->scenario.text, once.smaller->scenario.text);
    EXPECT_EQ(twice.smaller->best.failure.picks, once.smaller->best.failure.picks);
}

void expect_done_when_done(const Scenario& scenario, const Port& port) {
    const Shrunk once = expect_same_failure(scenario, port);
    expect_smallest(scenario, port, once);
    expect_same_from_token(scenario, port, once);
}

struct Found {
    const char* port;
    const char* scenario;
};

class ShrinkTwice : public testing::TestWithParam<Found> {};

TEST_P(ShrinkTwice, ChangesNothing) {
    expect_done_when_done(scenario_of_library(GetParam().scenario), open_port(GetParam().port));
}

std::vector<Found> findings() {
    std::vector<Found> all = {{"broken/irqs-left-off", "basics/irqsave"},
                              {"broken/leaked-entry", "nmi/nmi-anywhere"},
                              {"broken/barging-waiters", "basics/ordered-sections"},
                              {"broken/stale-entry", "nmi/fast-path-nmi"},
                              {"broken/counts-own-attempt", "deadlock/abba-race"},
                              {"broken/relaxed-unlock", "basics/contention-2cpu"},
                              {"broken/whole-word-unlock", "nmi/pending-nmi"},
                              {"broken/unlinked-node", "basics/contention-3cpu"}};
    if (kSanitized) all.resize(4);  // the others wait for timeouts again and again
    return all;
}

INSTANTIATE_TEST_SUITE_P(Findings, ShrinkTwice, testing::ValuesIn(findings()),
                         [](const testing::TestParamInfo<Found>& finding) {
                             std::string name =
                                 std::string(finding.param.port) + "_on_" + finding.param.scenario;
                             for (char& c : name)
                                 if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                             return name;
                         });

// What the library expects of the kernel's lock there, expected by nobody.
TEST(ShrinkTwice, ChangesNothingOfTheKernelsMissingSuccessor) {
    Port port;
    try {
        port = open_port("linux/x86_64");
    } catch (const PortError&) {
        GTEST_SKIP() << "no port linux/x86_64";
    }
    std::string text = scenario_of_library("findings/missing-successor").text;
    text = text.substr(0, text.find("expect:")) + "expect:\n  always:\n    - 1 == 1\n";
    const Scenario scenario = scenario_from(text);
    if (!skip_reason(scenario, port).empty()) GTEST_SKIP() << skip_reason(scenario, port);
    expect_smallest(scenario, port, expect_same_failure(scenario, port));
}

// With the picks of the first failure come others, which the smaller runs no longer have: what is
// left must be looked at again with only those that are left.
TEST(ShrinkTwice, ChangesNothingOfARunThatFailedInSeveralWays) {
    const Scenario scenario = scenario_from(R"(scenario: 1
name: several
machine: { cpus: 3 }
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    repeat (2) {
      r0 = res_spin_lock(A);
      WRITE_ONCE(x, 1);
      if (!r0) res_spin_unlock(A);
      r1 = res_spin_lock(B);
      if (!r1) res_spin_unlock(B);
    }
cpus:
  0-2: { task: worker }
explore: { strategy: random, seeds: 1..50 }
expect:
  always:
    - A.word == 0
    - x == 0
)");
    std::vector<std::string> ports = {"broken/never-queues", "broken/leaked-entry",
                                      "broken/leaked-node"};
    if (kSanitized) ports.resize(1);
    for (const std::string& port : ports) expect_done_when_done(scenario, open_port(port));
}

}  // namespace
}  // namespace lockstep
