// lockstep play in a pipe: the moves of a person, and the token that comes out of them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

Ran play_moves(const Sandbox& sandbox, const std::string& moves, const std::string& words) {
    return sandbox.shell("printf '" + moves + "' | lockstep play " + words);
}

std::string token_in(const Ran& ran) {
    const std::string line = line_with(ran.out, "token: v1:");
    return line.empty() ? "" : line.substr(line.find("v1:"));
}

TEST(CommandPlay, AnAbbaDeadlockIsPlayedAndReplayed) {
    const Sandbox sandbox;
    const Ran ran = play_moves(
        sandbox, R"(cpu0 until holds A\ncpu1 until holds B\nheld\ncpu0 until waits\ncpu1 500\n)",
        "abba-race --port rqspinlock");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "goal: ab@0.r1 == -EDEADLK || ba@1.r1 == -EDEADLK")) << ran.out;
    EXPECT_TRUE(has(ran.out, "CPU0 task holds A")) << ran.out;
    EXPECT_TRUE(has(ran.out, "CPU1 task holds B")) << ran.out;
    EXPECT_TRUE(has(ran.out, "*** goal reached: ab@0.r1 == -EDEADLK")) << ran.out;
    const Ran again =
        sandbox.run({"replay", token_in(ran), "--port", "rqspinlock", "--trace", "--json"});
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_TRUE(has(again.out, "-EDEADLK") || has(again.out, "ABBA")) << again.out;
}

TEST(CommandPlay, AFindingIsReachedAndItsTokenReplaysToIt) {
    const Sandbox sandbox;
    const std::string port = "broken/r11-waits-for-nobody";
    const Ran ran = play_moves(sandbox, R"(cpu0 until waits\ncpu0 2000\ncpu2 2000\n)",
                               "r11-head-waits-for-nobody --port " + port);
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    const std::string finding = "CPU0 task waits for A, which nobody owns";
    EXPECT_TRUE(has(ran.out, "*** progress (stuck): ")) << ran.out;
    EXPECT_TRUE(has(ran.out, finding)) << ran.out;
    const Ran again = sandbox.run({"replay", token_in(ran), "--port", port});
    EXPECT_EQ(again.code, 0) << again.out << again.err;  // the scenario expects it of this port
    EXPECT_TRUE(has(again.out, finding)) << again.out;
}

TEST(CommandPlay, AHandlerIsFiredByName) {
    const Sandbox sandbox;
    const Ran ran =
        play_moves(sandbox, R"(cpu0 2\nnmi cpu0\nbt 0\n)", "nmi-2cpu --port rqspinlock");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "#1 nmi (")) << ran.out;
}

TEST(CommandPlay, UndoTakesMovesBack) {
    const Sandbox sandbox;
    const std::string start = token_in(play_moves(sandbox, "", "abba-race --port rqspinlock"));
    EXPECT_FALSE(start.empty());
    const Ran moved = play_moves(sandbox, R"(1\n2\ncpu1 3\n)", "abba-race --port rqspinlock");
    EXPECT_NE(token_in(moved), start);
    const Ran back =
        play_moves(sandbox, R"(1\n2\ncpu1 3\nu\nu 2\n)", "abba-race --port rqspinlock");
    EXPECT_EQ(back.code, 0) << back.out;
    EXPECT_EQ(token_in(back), start);
}

TEST(CommandPlay, RefusesBadMovesAndSaysWhatWasMeant) {
    const Sandbox sandbox;
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"99", "expected an option from 1 to 2"},
        {"cpu7", "no option `cpu7`"},
        {"cup0", "did you mean `cpu0`?"},
        {"u", "nothing to take back"},
        {"cpu0 until", "until what?"},
        {"cpu0 nonsense", "expected a number of times"},
        {"nmi", "no option `nmi`"},
        {"cpu0 until A.word == 0", "here `until` takes"},
    };
    for (const auto& [move, why] : bad) {
        const Ran ran = play_moves(sandbox, move + R"(\n)", "abba-race --port rqspinlock");
        EXPECT_EQ(ran.code, 64) << move << ran.out;
        EXPECT_TRUE(has(ran.out, why)) << move << ": " << ran.out;
    }
    expect_refused(sandbox.run({"play", "abba-race", "--port", "rqspinlock", "--goal", "B.x"}),
                   "--goal: ");
    expect_refused(sandbox.run({"play", "no-such-scenario"}), "no-such-scenario");
}

// The scenario itself does not ask how often a point was reached.
TEST(CommandPlay, WhatNoConditionOfTheScenarioCountsIsCountedForAQuestion) {
    const Sandbox sandbox;
    const Ran played =
        play_moves(sandbox,
                   R"(cpu0 until holds A\np events(rq.fast.taken)\ncpu1 until waits\n)"
                   R"(p events(rq.fast.taken)\n)",
                   "lock-2cpu --port rqspinlock");
    EXPECT_TRUE(has(played.out, "events(rq.fast.taken) = 1")) << played.out;
    EXPECT_TRUE(has(played.out, "events(rq.fast.taken) = 2")) << played.out;
    const Ran stepped =
        sandbox.shell(R"(printf 'until events(rq.fast.taken) == 2\n' | lockstep step lock-2cpu )"
                      "--port rqspinlock");
    EXPECT_EQ(stepped.code, 0) << stepped.out;
    EXPECT_TRUE(has(stepped.out, "point rq.fast.taken of A")) << stepped.out;
}

TEST(CommandPlay, APageHasTheStatesThatASearchFinds) {
    const Sandbox sandbox;
    for (const std::string scenario : {"lock-2cpu", "abba-race"}) {
        if (kSanitized && scenario == "abba-race") break;  // a minute
        const Ran game =
            sandbox.run({"play", scenario, "--port", "rqspinlock", "-o", "game.html", "--json"});
        ASSERT_EQ(game.code, 0) << game.err;
        const Ran search = sandbox.run({"explore", scenario, "--port", "rqspinlock", "--strategy",
                                        "exhaustive", "--every-step", "--json"});
        const nlohmann::json made = nlohmann::json::parse(game.out);
        const std::string states = made.at("states").dump();
        EXPECT_GT(made.at("states").get<int>(), 100);
        // What sanitizers leave on the stacks makes states differ that are one.
        EXPECT_TRUE(kSanitized || has(search.out, "\"states\": " + states + ","))
            << states << search.out;
        EXPECT_EQ(made.at("bytes"), Sandbox::read(sandbox.path("work/game.html")).size());
    }
}

TEST(CommandPlay, APageIsRefusedWhereItCannotBe) {
    const Sandbox sandbox;
    const std::vector<std::string> large = {"play", "contention-3cpu", "--port", "rqspinlock"};
    auto with = [&](std::vector<std::string> words) {
        words.insert(words.begin(), large.begin(), large.end());
        return sandbox.run(words);
    };
    if (!kSanitized) expect_refused(with({"-o", "game.html"}), "has more than 10000 states");
    expect_refused(with({"-o", "game.html", "--max-states", "20"}), "has more than 20 states");
    expect_refused(with({"-o", "game.html", "--max-states", "0"}), "--max-states");
    expect_refused(with({"--max-states", "20"}), "--out");
    expect_refused(with({"-o", "."}), "is a folder");
    expect_refused(with({"-o", "game.html", "--tree", "nowhere"}), "nowhere");
    expect_refused(with({"-o", "game.html", "--goal", "B.x"}), "--goal: ");
    for (const std::string& file : sandbox.files()) EXPECT_FALSE(has(file, ".html")) << file;
}

TEST(CommandPlay, AGoalOfOnesOwnIsToldOnce) {
    const Sandbox sandbox;
    const Ran ran = play_moves(sandbox, R"(cpu0 until holds A\ncpu0 4\n)",
                               "contention-2cpu --port rqspinlock --goal 'A.locked == 1' --json");
    EXPECT_EQ(ran.code, 0) << ran.err;
    const std::size_t first = ran.out.find("*** goal reached: A.locked == 1");
    EXPECT_NE(first, std::string::npos) << ran.out;
    EXPECT_EQ(ran.out.find("*** goal reached", first + 1), std::string::npos) << ran.out;
    for (const std::string& line : lines_of(ran.out))
        EXPECT_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded()) << line;
}

}  // namespace
}  // namespace lockstep
