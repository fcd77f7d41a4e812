// The complete searches of the library on unmodified kernel files, and on our own lock: that they
// are complete, find nothing that is not expected, and come to the same ends as ever.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenarios/search.h"
#include "tests/sanitized.h"
#include "tests/scenarios/library.h"

namespace lockstep {
namespace {

// Distinct ends. States are not known in the same way: a compiler decides how many there are.
struct Known {
    const char* scenario;
    std::uint64_t x86_64, arm64, tas, paravirt, ours;
};

const Known kKnownEnds[] = {
    {"explore/lock-2cpu", 1, 1, 1, 1, 1},          {"explore/nmi-2cpu", 13, 7, 7, 7, 13},
    {"explore/two-nmis-2cpu", 72, 35, 25, 25, 72}, {"explore/abba-2cpu-all", 4, 4, 4, 4, 4},
    {"explore/abba-nmi-2cpu", 41, 29, 28, 28, 41}, {"explore/lock-3cpu", 8, 1, 1, 1, 8},
    {"explore/hardirq-2cpu", 2, 2, 2, 2, 2},       {"explore/hardirq-3cpu", 20, 2, 2, 2, 20},
};

struct CompleteCase {
    const char* port;
    std::uint64_t Known::*ends;
};

class CompleteSearch : public testing::TestWithParam<CompleteCase> {};

TEST_P(CompleteSearch, ComesToTheKnownEnds) {
    if (kSanitized) GTEST_SKIP() << "minutes with sanitizers";
    const CompleteCase& each = GetParam();
    const bool ours = std::string(each.port) == "rqspinlock";
    if (!ours) {
        SKIP_WITHOUT_KERNEL_TREE();
    }
    const TemporaryCache cache;
    const Port port = ours ? open_port(each.port) : built(*real_kernel_tree(), each.port);
    for (const Known& known : kKnownEnds) {
        const Scenario scenario = library_scenario(known.scenario);
        SearchOptions options;
        options.keep_going = true;
        options.bounds.symmetry = scenario.explore.symmetry;
        options.bounds.injections = scenario.explore.injection_bound;
        const SearchReport report = search(scenario, port, options);
        EXPECT_EQ(report.end, SearchReport::End::complete) << known.scenario;
        EXPECT_FALSE(report.truncated) << known.scenario;
        EXPECT_TRUE(report.failures.empty()) << known.scenario;
        EXPECT_EQ(report.counts.ends, known.*each.ends) << known.scenario;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, CompleteSearch,
                         testing::Values(CompleteCase{"x86_64", &Known::x86_64},
                                         CompleteCase{"arm64", &Known::arm64},
                                         CompleteCase{"tas", &Known::tas},
                                         CompleteCase{"paravirt", &Known::paravirt},
                                         CompleteCase{"rqspinlock", &Known::ours}),
                         [](const auto& each) { return std::string(each.param.port); });

}  // namespace
}  // namespace lockstep
