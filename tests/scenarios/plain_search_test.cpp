// Complete searches of the kernel's plain locks, and of one of them with a kick left out.
#include <gtest/gtest.h>

#include <regex>

#include "lock/linux/builder.h"
#include "lock/linux/flavour.h"
#include "lock/linux/loader.h"
#include "scenarios/search.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

Port plain_port(const std::filesystem::path& tree, const std::string& flavour) {
    BuildOptions options;
    options.tree = tree;
    options.arch = flavour_by_name(flavour)->arch;
    options.config = flavour_by_name(flavour)->config;
    build_kernel_port(options);
    return *open_kernel_port("linux/" + flavour);
}

Scenario from_library(const std::string& name) {
    return scenario_from(
        read_text(std::string(LOCKSTEP_SOURCE_DIR "/scenarios/flavours/") + name + ".yaml"));
}

SearchReport searched(const Scenario& scenario, const Port& port) {
    SearchOptions options;
    options.workers = 1;
    return search(scenario, port, options);
}

class PlainSearch : public testing::TestWithParam<const char*> {};

TEST_P(PlainSearch, OfThreeCpusAndOfAnNmiAnywhereEndsAndFindsNothing) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const Port port = plain_port(*real_kernel_tree(), GetParam());
    const bool large = port.config == "pv-qspinlock" || port.arch == "powerpc";
    if (kSanitized && large) GTEST_SKIP() << "minutes, as it runs again from boot";
    for (const char* name : {"plain-3cpu-all", "plain-nmi-2cpu-all"}) {
        const SearchReport report = searched(from_library(name), port);
        EXPECT_EQ(report.end, SearchReport::End::complete) << name;
        EXPECT_TRUE(report.failures.empty()) << name << ": " << report.failures[0].text;
        EXPECT_FALSE(report.truncated);
        EXPECT_GT(report.counts.states, 250U) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, PlainSearch,
                         testing::Values("x86_64-qspinlock", "arm64-qspinlock",
                                         "x86_64-pv-qspinlock", "powerpc", "s390", "s390-classic",
                                         "ticket"),
                         [](const auto& each) {
                             return std::regex_replace(each.param, std::regex("-"), "_");
                         });

// Two vCPUs, everything that can happen.
const char* const kGuest = R"(scenario: 1
name: guest
machine: { cpus: 2 }
locks: { A: spinlock }
programs:
  worker: |
    spin_lock(A);
    spin_unlock(A);
cpus: { 0-1: { task: worker } }
expect:
  sometimes:
    - events(pv.wait) == 0
    - events(pv.wait) == 1 && events(pv.kick) == 1
)";

TEST(GuestSearch, HaltsInSomeOrdersAndInOthersNot) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const Port port = plain_port(*real_kernel_tree(), "x86_64-pv-qspinlock");
    const SearchReport report = searched(scenario_from(kGuest), port);
    EXPECT_EQ(report.end, SearchReport::End::complete);
    ASSERT_EQ(report.harvest.held.size(), 2U);
    EXPECT_GT(report.harvest.held[0], 0U);
    EXPECT_GT(report.harvest.held[1], 0U);
}

TEST(GuestSearch, FindsTheKickThatIsLeftOutAndTellsWhoWaits) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    const auto file = tree.path() / "kernel/locking/qspinlock_paravirt.h";
    const std::string before = read_text(file);
    const std::string after =
        std::regex_replace(before, std::regex(R"(pv_kick\(node->cpu\);)"), ";");
    ASSERT_NE(before, after);
    write_text(file, after);
    const SearchReport report =
        searched(scenario_from(kGuest), plain_port(tree.path(), "x86_64-pv-qspinlock"));
    ASSERT_EQ(report.failures.size(), 1U);
    EXPECT_EQ(report.failures[0].oracle, "progress");
    EXPECT_EQ(report.failures[0].word, "stuck");
    EXPECT_NE(report.failures[0].text.find("waits for A, which nobody owns"), std::string::npos)
        << report.failures[0].text;
}

}  // namespace
}  // namespace lockstep
