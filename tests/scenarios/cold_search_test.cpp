// Cold search: the upstream bugs are found by scenarios that know nothing of them, with the
// cheapest strategy of the table in docs/strategies.md, and the same look at the unmodified file
// finds nothing.
#include <gtest/gtest.h>

#include <algorithm>

#include "lock/linux/builder.h"
#include "lock/linux/flavour.h"
#include "lock/linux/recreation.h"
#include "scenarios/sampling.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

struct ColdCase {
    const char* bug;
    const char* flavour;
    const char* scenario;  // below scenarios/
    const char* strategy;
    std::uint64_t executions;
    const char* oracle;  // or "": an expectation of the scenario
};

const ColdCase kColdCases[] = {
    {"R1", "arm64-noevtstrm", "explore/abba-2cpu-all", "random", 20, "progress"},
    {"R4", "x86_64", "stress/two-locks-nmi-4cpu", "urw", 100, ""},
    {"R5", "x86_64", "stress/nmi-long-sections-3cpu", "random", 1, ""},
    {"R6a", "x86_64", "explore/nmi-2cpu", "random", 200, "truthful-errors"},
    {"R6b", "x86_64", "explore/nmi-2cpu", "random", 200, "truthful-errors"},
    {"R7", "x86_64", "stress/held-again-2cpu", "random", 100, ""},
    {"R8", "x86_64", "explore/nmi-3cpu", "random", 200, "truthful-errors"},
    {"R9", "x86_64", "stress/two-locks-4cpu", "random", 100, "collateral"},
    {"R10", "x86_64", "stress/overlong-sections-4cpu", "random", 1, "collateral"},
    {"R11", "x86_64", "stress/two-locks-3cpu", "random", 100, "progress"},
    {"R12", "tas", "explore/lock-2cpu", "random", 100, "held-table"},
    {"R12", "paravirt", "explore/lock-2cpu", "random", 100, "held-table"},
    {"R13", "x86_64", "stress/irqsave-woken-2cpu", "random", 20, "context-discipline"},
    {"R14", "x86_64", "explore/nmi-3cpu", "random", 200, "held-table"},
};

SamplingReport looked_cold(const ColdCase& each, const std::vector<std::string>& bugs) {
    const Flavour& flavour = *flavour_by_name(each.flavour);
    BuildOptions build;
    build.tree = *real_kernel_tree();
    build.arch = flavour.arch;
    build.config = flavour.config;
    build.bugs = bugs;
    const Port port = open_port("linux/" + build_kernel_port(build).manifest.flavour);
    SamplingOptions options;
    options.strategy = each.strategy;
    options.executions = each.executions;
    return sample(scenario_from(read_text(std::string(LOCKSTEP_SOURCE_DIR "/scenarios/") +
                                          each.scenario + ".yaml")),
                  port, options);
}

class ColdSearch : public testing::TestWithParam<ColdCase> {};

TEST_P(ColdSearch, FindsTheBugAndNothingInTheUnmodifiedFile) {
    SKIP_WITHOUT_KERNEL_TREE();
    const ColdCase& each = GetParam();
    if (kSanitized && std::string(each.bug) != "R6a" && std::string(each.bug) != "R12")
        GTEST_SKIP() << "half a minute without sanitizers already";
    const TemporaryCache cache;
    const std::vector<Discovery> found = looked_cold(each, {each.bug}).discoveries;
    EXPECT_TRUE(std::any_of(
        found.begin(), found.end(),
        [&each](const Discovery& discovery) { return discovery.failure.oracle == each.oracle; }))
        << found.size() << " other findings";
    const SamplingReport sound = looked_cold(each, {});
    EXPECT_EQ(sound.harvest.executions, each.executions);
    EXPECT_TRUE(sound.discoveries.empty()) << sound.discoveries.at(0).failure.text;
}

INSTANTIATE_TEST_SUITE_P(Every, ColdSearch, testing::ValuesIn(kColdCases), [](const auto& each) {
    std::string name = std::string(each.param.bug) + "_" + each.param.flavour;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(ColdSearchCases, HasACaseForEveryRecreationButTheOneThatNeedsAWeakMemory) {
    for (const Recreation& recreation : recreations()) {
        const auto shown = std::count_if(
            std::begin(kColdCases), std::end(kColdCases),
            [&recreation](const ColdCase& each) { return recreation.bug == each.bug; });
        EXPECT_EQ(shown > 0, recreation.bug != "R3") << recreation.bug;
    }
}

// No script and no named place: what a scenario may not have to count as one that knows nothing.
TEST(ColdSearchCases, UsesScenariosThatNameNoPlace) {
    for (const ColdCase& each : kColdCases) {
        const Scenario scenario = scenario_from(
            read_text(std::string(LOCKSTEP_SOURCE_DIR "/scenarios/") + each.scenario + ".yaml"));
        EXPECT_TRUE(scenario.script.empty()) << each.scenario;
        for (const auto& injection : scenario.injections)
            EXPECT_EQ(injection.injection.at.kind, Trigger::Kind::any) << each.scenario;
    }
}

}  // namespace
}  // namespace lockstep
