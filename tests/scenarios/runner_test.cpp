// Whole campaigns: what a scenario expects, what it allows, and what never happened.
#include "scenarios/runner.h"

#include <gtest/gtest.h>

#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

RunReport run(const std::string& text, const std::string& port_name, RunOptions options = {}) {
    const Scenario scenario = scenario_from(text);
    const Port port = open_port(port_name);
    return run_scenario(scenario, port, options);
}

std::string all_texts(const RunReport& report) {
    std::string text;
    for (const Failure& failure : report.failures)
        text += failure.oracle + "/" + failure.word + ": " + failure.text + "\n";
    return text;
}

TEST(Runner, TwoCpusTakeTurns) {
    const RunReport report = run(kContention, "rqspinlock");
    EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected) << all_texts(report);
    EXPECT_EQ(report.executions, 51u);
}

TEST(Runner, AnNmiOnTheOwnersCpuIsToldOfTheDeadlock) {
    const RunReport report = run(kAaNmi, "rqspinlock");
    EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected) << all_texts(report);
    ASSERT_EQ(report.first.size(), 2u);
    EXPECT_EQ(report.first[1].ret, -kEdeadlk);
}

}  // namespace
}  // namespace lockstep
