// Estimates of the states of a search, against searches that are complete.
#include "scenarios/state_estimate.h"

#include <gtest/gtest.h>

#include "tests/sanitized.h"
#include "tests/scenarios/library.h"

namespace lockstep {
namespace {

std::uint64_t states_of_search(const Scenario& scenario, const Port& port, ExploreBounds bounds) {
    SearchOptions options;
    options.bounds = bounds;
    options.keep_going = true;
    options.workers = 1;
    const SearchReport report = search(scenario, port, options);
    EXPECT_EQ(report.end, SearchReport::End::complete);
    return report.counts.states;
}

StateEstimate estimate_of(const Scenario& scenario, const Port& port, std::uint64_t visit,
                          std::uint64_t seed = 1, const ExploreBounds& bounds = {}) {
    StateEstimateOptions options;
    options.search.workers = 2;
    options.search.bounds = bounds;
    options.visit = visit;
    options.seed = seed;
    return estimate_states(scenario, port, options);
}

TEST(StateEstimate, LeadsAPowerOfTheChoicesLeftToItsEnd) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> grown;
    for (std::uint64_t left = 1; left <= 40; ++left) grown.emplace_back(left, left * left * left);
    EXPECT_NEAR(extrapolate(grown, 100).value_or(0), 1e6, 1);
    EXPECT_NEAR(extrapolate(grown, 40).value_or(0), 64'000, 0.1);
}

TEST(StateEstimate, SaysNothingWhereTheNumberJumps) {
    EXPECT_FALSE(extrapolate({}, 10));
    EXPECT_FALSE(extrapolate({{1, 2}, {2, 4}, {3, 8}, {4, 9}, {5, 200'000}}, 10));
    EXPECT_FALSE(extrapolate({{1, 100}, {2, 200}, {3, 300}}, 10));
    EXPECT_TRUE(extrapolate({{1, 100}, {2, 200}, {3, 300}, {4, 400}}, 10));
}

TEST(StateEstimate, IsTheNumberOfASearchThatIsOverMeanwhile) {
    if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    const Port port = open_port("rqspinlock");
    for (const char* const name : {"lock-2cpu", "hardirq-2cpu", "nmi-2cpu", "abba-2cpu-all"}) {
        const Scenario scenario = library_scenario(std::string("explore/") + name);
        const StateEstimate estimate = estimate_of(scenario, port, 200'000);
        EXPECT_TRUE(estimate.complete()) << name;
        EXPECT_EQ(estimate.rounds.size(), 1U) << name;
        EXPECT_EQ(estimate.at_least(), states_of_search(scenario, port, {})) << name;
        EXPECT_TRUE(estimate.states().empty()) << name;
    }
}

TEST(StateEstimate, KeepsToTheBoundsOfTheSearch) {
    if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    const Port port = open_port("rqspinlock");
    const Scenario scenario = library_scenario("explore/nmi-2cpu");
    ExploreBounds no_nmi, switches;
    no_nmi.injections = 0;
    switches.preemptions = 2;
    for (const ExploreBounds& bounds : {no_nmi, switches}) {
        const StateEstimate estimate = estimate_of(scenario, port, 200'000, 1, bounds);
        EXPECT_TRUE(estimate.complete());
        EXPECT_EQ(estimate.at_least(), states_of_search(scenario, port, bounds));
    }
}

TEST(StateEstimate, IsWithinAFactorOfTenOfLargerSearches) {
    if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    const Port port = open_port("rqspinlock");
    for (const char* const name : {"lock-3cpu", "nmi-2cpu", "hardirq-2cpu"}) {
        const Scenario scenario = library_scenario(std::string("explore/") + name);
        const auto exact = static_cast<double>(states_of_search(scenario, port, {}));
        const std::uint64_t visit = static_cast<std::uint64_t>(exact / 10);
        const StateEstimate estimate = estimate_of(scenario, port, visit);
        EXPECT_FALSE(estimate.complete()) << name;
        EXPECT_EQ(estimate.rounds.size(), 8U) << name;
        EXPECT_EQ(estimate.at_least(), visit) << name;
        const std::vector<double> states = estimate.states();
        ASSERT_FALSE(states.empty()) << name;
        EXPECT_GE(states.front(), static_cast<double>(visit)) << name;
        EXPECT_GT(states[states.size() / 2], exact / 10) << name;
        EXPECT_LT(states[states.size() / 2], exact * 10) << name;
    }
}

TEST(StateEstimate, IsTheSameForASeedAndAnotherForAnotherOne) {
    if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    const Port port = open_port("rqspinlock");
    const Scenario scenario = library_scenario("explore/lock-3cpu");
    const StateEstimate once = estimate_of(scenario, port, 1000);
    EXPECT_EQ(estimate_of(scenario, port, 1000).states(), once.states());
    EXPECT_NE(estimate_of(scenario, port, 1000, 100).states(), once.states());
    EXPECT_GT(once.states_per_second(), 0);
}

}  // namespace
}  // namespace lockstep
