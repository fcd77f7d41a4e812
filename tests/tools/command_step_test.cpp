// lockstep step in a pipe: transcripts of an AA, an ABBA and a hang, and what is refused.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

Ran step_through(const Sandbox& sandbox, const std::string& commands, const std::string& words) {
    return sandbox.shell("printf '" + commands + "' | lockstep step " + words);
}

// The lines a command was answered with.
std::string answer_to(const std::string& transcript, const std::string& command) {
    const std::size_t at = transcript.find("(step) " + command + "\n");
    if (at == std::string::npos) return "no such command in the transcript";
    const std::size_t begin = transcript.find('\n', at) + 1;
    return transcript.substr(begin, transcript.find("(step) ", begin) - begin);
}

TEST(CommandStep, TellsAnAaDeadlockStepByStep) {
    const Sandbox sandbox;
    const Ran ran = step_through(sandbox, R"(s\ns\nheld\nuntil error\nbt 0\np handler@0.r0\nc\n)",
                                 "aa-nmi --port rqspinlock");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "aa-nmi on port rqspinlock: ")) << ran.out;
    EXPECT_TRUE(has(answer_to(ran.out, "held"), "held[cpu0] = [")) << ran.out;
    EXPECT_TRUE(has(answer_to(ran.out, "until error"), "res_spin_lock(A) = -EDEADLK")) << ran.out;
    const std::string bt = answer_to(ran.out, "bt 0");
    EXPECT_LT(bt.find("#1 nmi (handler)"), bt.find("#0 task (worker), interrupted")) << bt;
    EXPECT_TRUE(has(bt, "after res_spin_lock(A) = -EDEADLK")) << bt;
    EXPECT_TRUE(has(bt, "after cs: (worker)")) << bt;
    EXPECT_TRUE(has(answer_to(ran.out, "c"), "no further finding")) << ran.out;
}

TEST(CommandStep, TellsAnAbbaDeadlockWithBothHolders) {
    const Sandbox sandbox;
    const Ran ran = step_through(
        sandbox,
        R"(until cpu0 holds A\nuntil cpu1 waits\nheld\np ba@1.r1\nuntil error\nqueue\nc\n)",
        "abba-2cpu --port rqspinlock");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(answer_to(ran.out, "until cpu0 holds A"), "res_spin_lock(A) = 0")) << ran.out;
    const std::string held = answer_to(ran.out, "held");
    EXPECT_TRUE(has(held, "CPU0 task holds A")) << held;
    EXPECT_TRUE(has(held, "CPU1 task holds B")) << held;
    EXPECT_TRUE(has(answer_to(ran.out, "p ba@1.r1"), "unknown")) << ran.out;
    EXPECT_TRUE(has(answer_to(ran.out, "c"), "ABBA: CPU0 task holds A and wants B")) << ran.out;
}

TEST(CommandStep, StopsAtTheFindingOfALockThatWaitsForNobody) {
    const Sandbox sandbox;
    const Ran ran = step_through(sandbox, R"(until finding\nbt 0\nqueue\nsave x\n)",
                                 "r11-head-waits-for-nobody --port broken/r11-waits-for-nobody");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    const std::string finding = answer_to(ran.out, "until finding");
    EXPECT_TRUE(has(finding, "CPU0 task waits for A, which nobody owns")) << finding;
    EXPECT_TRUE(has(finding, "When progress spoke, at step ")) << finding;
    const std::string bt = answer_to(ran.out, "bt 0");
    EXPECT_TRUE(has(bt, "in res_spin_lock(A), since step ")) << bt;
    EXPECT_TRUE(has(bt, "&node->next")) << bt;
    EXPECT_TRUE(has(answer_to(ran.out, "queue"), "node[cpu0][0] (locked = 0) = tail")) << ran.out;
    std::string token = Sandbox::read(sandbox.path("work") / "x");
    token.pop_back();
    const Ran again =
        sandbox.shell("echo c | lockstep step '" + token + "' --port broken/r11-waits-for-nobody");
    EXPECT_TRUE(has(answer_to(again.out, "c"), "which nobody owns")) << again.out << again.err;
}

TEST(CommandStep, SavesAFailingRunThatReplays) {
    const Sandbox sandbox;
    const Ran ran =
        step_through(sandbox, R"(c\nsave x.repro\n)", "contention-3cpu --port broken/never-queues");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(answer_to(ran.out, "c"), "***")) << ran.out;
    EXPECT_EQ(sandbox.run({"replay", "x.repro"}).code, 1);
    EXPECT_TRUE(has(sandbox.shell("echo c | lockstep step x.repro").out, "***"));
}

TEST(CommandStep, GoesBackToWhereItWas) {
    const Sandbox sandbox;
    const Ran ran = step_through(sandbox, R"(s 9\nheld\ns 3\n\nb 6\nheld\np\ngoto 0\n)",
                                 "abba-2cpu --port rqspinlock");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    const std::string there = answer_to(ran.out, "held");
    const std::size_t later = ran.out.find("(step) b 6");
    ASSERT_NE(later, std::string::npos) << ran.out;
    EXPECT_EQ(answer_to(ran.out.substr(later), "held"), there) << ran.out;
    EXPECT_TRUE(has(answer_to(ran.out, "p"), "step 9, ")) << ran.out;
    EXPECT_TRUE(has(answer_to(ran.out, "goto 0"), "before step 1")) << ran.out;
}

TEST(CommandStep, StepsAlongOneCpu) {
    const Sandbox sandbox;
    const Ran ran =
        step_through(sandbox, R"(cpu 1\ns 3\ncpu all\n)", "abba-2cpu --port rqspinlock");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    const std::string rows = answer_to(ran.out, "s 3");
    EXPECT_TRUE(has(rows, "held[cpu1]")) << rows;
    EXPECT_FALSE(has(rows, "held[cpu0].locks")) << rows;  // step 3
}

TEST(CommandStep, ExpressionsAgreeWithTheEventsAtEveryStep) {
    const Sandbox sandbox;
    std::string commands;
    for (unsigned step = 1; step <= 20; ++step)
        commands += "goto " + std::to_string(step) + "\\np A\\np A.word\\n";
    const Ran ran = step_through(sandbox, commands, "contention-2cpu --port rqspinlock --seed 3");
    EXPECT_EQ(ran.code, 0) << ran.err;
    unsigned compared = 0, taken = 0;
    const std::vector<std::string> lines = lines_of(ran.out);
    for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
        if (lines[i] != "(step) p A") continue;
        const std::size_t hex = lines[i + 1].rfind("0x");
        ASSERT_NE(hex, std::string::npos) << lines[i + 1];
        const unsigned long folded = std::stoul(lines[i + 1].substr(hex), nullptr, 16);
        EXPECT_EQ(lines[i + 3], "A.word = " + std::to_string(folded)) << lines[i - 1];
        ++compared;
        taken += folded != 0 ? 1 : 0;
    }
    EXPECT_EQ(compared, 20U);
    EXPECT_GT(taken, 0U);
}

TEST(CommandStep, RefusesCommandsItDoesNotKnowAndSaysWhatWasMeant) {
    const Sandbox sandbox;
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"untli error", "did you mean `until`?"},
        {"until fniding", "did you mean `finding`?"},
        {"until point rq.head.wiat", "did you mean `rq.head.wait`?"},
        {"until holds Z", "expected a lock"},
        {"until label nothing", "expected a label"},
        {"until", "until what?"},
        {"until A.word ==", "expected"},
        {"goto 999999", "expected a step from 0 to"},
        {"goto -1", "expected a step"},
        {"s -1", "expected a number above 0"},
        {"s 99999999999999999999", "expected a number above 0"},
        {"cpu 7", "expected `all` or a CPU"},
        {"bt x", "expected `all` or a CPU"},
        {"p nobody@0.r0", "nobody"},
        {"save", "expected one file name"},
        {"save /nowhere/at/all", "/nowhere"},
        {"save x.repro", "as expected"},
    };
    for (const auto& [command, why] : bad) {
        const Ran ran =
            step_through(sandbox, command + R"(\ns\n)", "uncontended --port rqspinlock");
        EXPECT_EQ(ran.code, 64) << command;
        EXPECT_TRUE(has(answer_to(ran.out, command), why)) << ran.out;
    }
}

TEST(CommandStep, RefusesWhatIsNoRun) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"step", "v1:aa-nmi:zz"}), "token:");
    expect_refused(sandbox.run({"step", "v1:aa-nmi:00000000:-"}), "has changed");
    expect_refused(sandbox.run({"step", "no-such-scenario"}), "no-such-scenario");
    expect_refused(sandbox.run({"step", "nothing.repro"}), "nothing.repro");
    expect_refused(sandbox.run({"step", "v1:aa-nmi:00000000:-", "--seed", "1"}), "--seed");
}

TEST(CommandStep, AnswersInJsonLines) {
    const Sandbox sandbox;
    const Ran ran = step_through(sandbox, R"(s\n# a comment\nheld\nnonsense\n)",
                                 "aa-nmi --port rqspinlock --json");
    EXPECT_EQ(ran.code, 64);
    const std::vector<std::string> lines = lines_of(ran.out);
    ASSERT_EQ(lines.size(), 3U) << ran.out;
    EXPECT_EQ(nlohmann::json::parse(lines[1]).at("command"), "held");
    EXPECT_EQ(nlohmann::json::parse(lines[1]).at("refused"), false);
    EXPECT_EQ(nlohmann::json::parse(lines[2]).at("refused"), true);
}

}  // namespace
}  // namespace lockstep
