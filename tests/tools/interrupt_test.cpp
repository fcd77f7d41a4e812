// Signals that ask a long command to end: it ends with what there is, however often they come.
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

Ran explore_until(const Sandbox& sandbox, const std::string& signal, const std::string& how) {
    return sandbox.shell("timeout --preserve-status -s " + signal +
                         " 0.6 '" LOCKSTEP_BINARY "' explore nmi-3cpu --port rqspinlock " + how);
}

// `timeout` sends its signal to the command and to the group, so two arrive.
class Interrupted : public testing::TestWithParam<const char*> {};

TEST_P(Interrupted, ASearchIsKeptAndASecondSignalChangesNothing) {
    const Sandbox sandbox;
    const Ran ran = explore_until(sandbox, GetParam(), "--every-step --checkpoint s.search");
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "search: interrupted: ")) << ran.out;
    const Ran again = sandbox.shell(
        "lockstep explore nmi-3cpu --port rqspinlock --every-step --checkpoint s.search --states "
        "1");
    EXPECT_TRUE(has(again.out, "resumed 1 time")) << again.out << again.err;
}

TEST_P(Interrupted, ACampaignIsReported) {
    const Sandbox sandbox;
    const Ran ran = explore_until(sandbox, GetParam(), "--strategy random --executions 100000000");
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "interrupted")) << ran.out;
}

INSTANTIATE_TEST_SUITE_P(By, Interrupted, testing::Values("INT", "TERM", "HUP"),
                         [](const auto& each) { return std::string(each.param); });

TEST(NotInterrupted, ByASignalThatWasIgnoredBefore) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell(
        "trap '' HUP; lockstep explore nmi-3cpu --port rqspinlock --states 200000 & "
        "sleep 0.2; kill -HUP $!; wait $!");
    EXPECT_TRUE(has(ran.out, "stopped: as many states as asked for")) << ran.out << ran.err;
}

}  // namespace
}  // namespace lockstep
