// lockstep replay --gdb in a pipe: backtraces of parked CPUs through the kernel's own code.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

// A token of that scenario, saved by `lockstep step`.
std::string token_of(const Sandbox& sandbox, const std::string& words) {
    EXPECT_EQ(sandbox.shell("echo save t | lockstep step " + words).code, 0);
    std::string token = Sandbox::read(sandbox.path("work") / "t");
    if (!token.empty()) token.pop_back();
    return token;
}

Ran in_gdb(const Sandbox& sandbox, const std::string& commands, const std::string& words) {
    return sandbox.shell("printf '" + commands + "' | lockstep replay --gdb " + words);
}

bool no_gdb() {
    return kSanitized || std::system("gdb --version >/dev/null 2>&1") != 0;
}

TEST(ReplayInGdb, StopsAtTheFindingAndShowsWhereTheWaiterStands) {
    if (no_gdb()) GTEST_SKIP() << "needs gdb, and no sanitizer";
    const Sandbox sandbox;
    const std::string port = " --port broken/r11-waits-for-nobody";
    const std::string token = token_of(sandbox, "r11-head-waits-for-nobody" + port);
    const Ran ran = in_gdb(sandbox, R"(lockstep-bt 0\nlockstep-state\n)", "'" + token + "'" + port);
    EXPECT_TRUE(has(ran.out, "CPU0 task 0 (ba)")) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "leave_queue")) << ran.out;
    EXPECT_TRUE(has(ran.out, "rqspinlock.h:")) << ran.out;
    EXPECT_TRUE(has(ran.out, "node[cpu0][0] (locked = 0) = tail")) << ran.out;
}

TEST(ReplayInGdb, ShowsTwoCpusInsideTheKernelsSlowPath) {
    if (no_gdb()) GTEST_SKIP() << "needs gdb, and no sanitizer";
    const Sandbox sandbox;
    if (!has(sandbox.run({"port", "list"}).out, "linux/x86_64"))
        GTEST_SKIP() << "needs a kernel port";
    const std::string port = " --port linux/x86_64";
    const std::string token = token_of(sandbox, "abbcca-3cpu" + port);
    const Ran ran = in_gdb(
        sandbox,
        R"(lockstep-goto 70\nlockstep-bt 1\nlockstep-bt 2\nlockstep-back 2\nlockstep-step\n)",
        "'" + token + "'" + port);
    EXPECT_TRUE(has(ran.out, "step 70")) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "step 68")) << ran.out;
    EXPECT_TRUE(has(ran.out, "step 69")) << ran.out;
    const std::size_t second = ran.out.find("CPU2 task 2 (step)\n");
    ASSERT_NE(second, std::string::npos) << ran.out;
    for (const std::string& part : {ran.out.substr(0, second), ran.out.substr(second)}) {
        const std::string line = line_with(part, "resilient_queued_spin_lock_slowpath");
        EXPECT_TRUE(has(line, "kernel/bpf/rqspinlock.c:")) << part;
    }
}

TEST(ReplayInGdb, RefusesABadTokenBeforeGdbStarts) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"replay", "--gdb", "v1:aa-nmi:zz"}), "token:");
    const Ran told = sandbox.run({"replay", "--gdb", "--json", "nothing.repro"});
    EXPECT_EQ(told.code, 64) << told.out;
}

}  // namespace
}  // namespace lockstep
