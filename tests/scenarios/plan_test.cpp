// Which executions a campaign has.
#include "scenarios/plan.h"

#include <gtest/gtest.h>

#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

Scenario with_strategy(const std::string& strategy) {
    Scenario scenario = scenario_from(kContention);
    scenario.explore.strategy = strategy;
    return scenario;
}

TEST(Plan, BeginsWithRoundRobinAndGoesOnWithTheSeeds) {
    const Plan plan(with_strategy("random"), {});
    ASSERT_EQ(plan.total(), 51u);
    EXPECT_EQ(plan.at(0).scheduler, "round-robin");
    EXPECT_EQ(plan.at(1).scheduler, "random");
    EXPECT_EQ(plan.at(1).seed, 1u);
    EXPECT_EQ(plan.at(50).seed, 50u);
    EXPECT_TRUE(plan.whole());
    EXPECT_EQ(plan.describe(), "1 round-robin and 50 random schedules");
}

TEST(Plan, ASearchThatIsOnlySampledIsCalledSampled) {
    const Plan plan(with_strategy("exhaustive"), {});
    EXPECT_EQ(plan.total(), 51u);
    EXPECT_NE(plan.describe().find("sampled, not exhaustive"), std::string::npos);
}

TEST(Plan, EveryFamilyOfInjectionsHasItsRoundRobin) {
    Scenario scenario = scenario_from(kAaNmi);
    scenario.injections[0].injection.at.kind = Trigger::Kind::point;
    scenario.injections[0].injection.at.point_count = 3;
    EXPECT_EQ(families(scenario), 3u);
    scenario.injections.push_back(scenario.injections[0]);
    EXPECT_EQ(families(scenario), 9u);
    const Plan plan(scenario, {});
    EXPECT_EQ(plan.at(8).scheduler, "round-robin");
    EXPECT_EQ(plan.at(8).seed, 8u);
    EXPECT_EQ(plan.at(9).scheduler, "random");
}

TEST(Plan, SeedsOnTheCommandLineAreExactlyThoseExecutions) {
    RunOptions options;
    options.seed_first = 7;
    const Plan one(with_strategy("random"), options);
    EXPECT_EQ(one.total(), 1u);
    EXPECT_EQ(one.at(0).seed, 7u);
    EXPECT_FALSE(one.whole());
    options.seed_last = 106;
    EXPECT_TRUE(Plan(with_strategy("random"), options).whole());
}

TEST(Plan, RoundRobinAloneHasNoSeeds) {
    EXPECT_EQ(Plan(with_strategy("round-robin"), {}).total(), 1u);
    RunOptions options;
    options.scheduler = "round-robin";
    EXPECT_EQ(Plan(with_strategy("random"), options).total(), 1u);
}

TEST(Plan, AReplayIsOneExecution) {
    RunOptions options;
    options.replay.emplace();
    const Plan plan(with_strategy("random"), options);
    EXPECT_EQ(plan.total(), 1u);
    EXPECT_EQ(plan.at(0).scheduler, "replay");
    EXPECT_FALSE(plan.whole());
}

TEST(Plan, MaxExecutionsCutsTheSeeds) {
    Scenario scenario = with_strategy("random");
    scenario.explore.max_executions = 10;
    EXPECT_EQ(Plan(scenario, {}).total(), 11u);
}

}  // namespace
}  // namespace lockstep
