// Measuring before a campaign, against numbers that are known.
#include "scenarios/measure.h"

#include <gtest/gtest.h>

#include <cmath>

#include "scenarios/campaign.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

// Two CPUs with one access each beside the end of their tasks.
const char* const kTiny = R"(scenario: 1
name: tiny
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0, y: 0 }
programs:
  one: |
    WRITE_ONCE(x, 1);
    WRITE_ONCE(x, 2);
  two: |
    WRITE_ONCE(y, 1);
cpus:
  0: { task: one }
  1: { task: two }
expect:
  always: [A.word == 0]
)";

// Makes every execution there is by replaying: a replay takes the first option behind its picks,
// so that the last pick that is not yet the last of its options leads to the next execution.
std::uint64_t count_executions(const Scenario& scenario, const Port& port) {
    std::vector<PickRun> prefix;
    for (std::uint64_t count = 1;; ++count) {
        RunOptions options;
        options.in_process = true;
        options.replay = prefix;
        const RunReport report = run_scenario(scenario, port, options);
        std::vector<PickRun> picks;
        for (const PickRun& run : report.first_picks)
            for (std::uint32_t i = 0; i < run.times; ++i)
                picks.push_back({run.index, run.bound, 1});
        while (!picks.empty() && picks.back().index + 1 == picks.back().bound) picks.pop_back();
        if (picks.empty()) return count;
        picks.back().index += 1;
        prefix = picks;
    }
}

TEST(EstimateSpace, IsNearTheNumberOfExecutionsOfATinyScenario) {
    const Scenario scenario = scenario_from(kTiny);
    const Port port = open_port("rqspinlock");
    const auto exact = static_cast<double>(count_executions(scenario, port));
    ASSERT_GT(exact, 5);
    ASSERT_LT(exact, 1000);
    const SpaceEstimate space = estimate_space(scenario, port, {}, 3000);
    EXPECT_EQ(space.probes, 3000U);
    EXPECT_NEAR(std::pow(10.0, space.log10_mean) / exact, 1, 0.1);
    EXPECT_LE(space.log10_min, space.log10_median);
    EXPECT_LE(space.log10_median, space.log10_max);
    EXPECT_GT(space.steps_per_second, 0);
}

TEST(EstimateSpace, ProbesAreSummarisedAsNumbersNotAsExponents) {
    const SpaceEstimate space = summarise_probes({0, 2, 0});  // 1, 100, 1
    EXPECT_NEAR(space.log10_mean, std::log10(34.0), 1e-9);
    EXPECT_EQ(space.log10_median, 0);
    EXPECT_EQ(space.log10_max, 2);
    // Standard deviation 46.67, by the root of three.
    EXPECT_NEAR(space.relative_error, 46.669 / std::sqrt(3.0) / 34, 1e-3);
    EXPECT_NEAR(summarise_probes({400, 400}).log10_mean, 400, 1e-9);
    EXPECT_EQ(summarise_probes({400, 400}).relative_error, 0);
}

TEST(EstimateSpace, TimeIsStepsBySpeedByWorkers) {
    SpaceEstimate space;
    space.log10_mean = 6;
    space.steps_mean = 50;
    space.steps_per_second = 1e6;
    EXPECT_NEAR(log10_seconds(space, 1), std::log10(50.0), 1e-9);
    EXPECT_NEAR(log10_seconds(space, 10), std::log10(5.0), 1e-9);
}

TEST(Measure, IsTheSameEachTimeAndCountsOccasions) {
    std::string text = kContention;
    text.insert(text.find("explore:"), "inject:\n  - { ctx: nmi, cpu: 0, run: worker, at: any }\n");
    const Scenario scenario = scenario_from(text);
    const Port port = open_port("rqspinlock");
    const Estimates once = measure(scenario, port, {}, 4);
    const Estimates again = measure(scenario, port, {}, 4);
    EXPECT_EQ(once.steps, again.steps);
    EXPECT_EQ(once.injections[0], again.injections[0]);
    EXPECT_EQ(once.give_ups, again.give_ups);
    for (unsigned cpu = 0; cpu < 2; ++cpu) EXPECT_EQ(once.selected[cpu], again.selected[cpu]);
    EXPECT_TRUE(once.measured);
    EXPECT_EQ(once.depth, 4U);
    EXPECT_EQ(once.injection_times[0], 1U);
    EXPECT_EQ(once.injection_times[1], 0U);
    // The NMI is an option at nearly every step of CPU 0 and CPU 1, as long as it has not come.
    EXPECT_GT(once.injections[0], 10U);
    EXPECT_GT(once.steps, once.injections[0]);
    EXPECT_GT(once.selected[0], 4U);
    EXPECT_EQ(once.selected[2], 0U);
    EXPECT_EQ(once.leaps, 0U);
}

TEST(Measure, CountsLeapsInAClockThatMayStall) {
    std::string text = kContention;
    text.replace(text.find("{ cpus: 2 }"), 11, "{ cpus: 2, clock: stalls, leaps: 2 }");
    text.insert(text.find("    if (!r0)"), "    mdelay(1);\n");  // something to leap to
    const Scenario scenario = scenario_from(text);
    const Estimates known = measure(scenario, open_port("rqspinlock"), {}, 3);
    EXPECT_EQ(known.leaps_max, 2U);
    EXPECT_GT(known.leaps, 0U);
}

}  // namespace
}  // namespace lockstep
