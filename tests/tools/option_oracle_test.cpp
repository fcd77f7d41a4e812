// --oracle: the same words for every command, and what comes of them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

// One more lock than data-race can follow: small, and still not judged.
const char* const kNineLocks = R"(scenario: 1
name: nine
machine: { cpus: 2 }
locks: { A: rqspinlock, B: rqspinlock, C: rqspinlock, D: rqspinlock, E: rqspinlock,
         F: rqspinlock, G: rqspinlock, H: rqspinlock, I: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
explore: { strategy: random, seeds: 1..5 }
expect:
  always: [A.word == 0]
)";

const char* const kSilent = "data-race: not judged: more than 8 locks";

class OptionOracle : public testing::Test {
  protected:
    OptionOracle() { sandbox_.write("nine.yaml", kNineLocks); }
    Ran run(std::vector<std::string> words, const std::vector<std::string>& more = {}) {
        words.insert(words.end(), {"--port", "rqspinlock"});
        words.insert(words.end(), more.begin(), more.end());
        return sandbox_.run(words);
    }
    Sandbox sandbox_;
};

TEST_F(OptionOracle, IsKnownToEveryCommandThatJudgesAndNamesTheNearestOne) {
    for (const char* command : {"run", "explore", "replay", "show", "shrink"}) {
        const Ran help = sandbox_.run({command, "--help"});
        EXPECT_TRUE(has(help.out, "--oracle") && has(help.out, "data-race")) << help.out;
    }
    for (const char* command : {"run", "explore", "show"}) {
        const Ran wrong = run({command, "nine.yaml"}, {"--oracle", "data-rac"});
        EXPECT_EQ(wrong.code, 64) << command;
        EXPECT_EQ(wrong.out, "") << command;
        EXPECT_TRUE(has(wrong.err, "no optional oracle `data-rac`; did you mean `data-race`?"))
            << wrong.err;
        EXPECT_EQ(run({command, "nine.yaml"}, {"--oracle", "progress"}).code, 64) << command;
    }
}

TEST_F(OptionOracle, ChoosesDataRaceForEveryWayToExploreAndSaysWhenItCannotJudge) {
    for (const char* strategy : {"pct", "portfolio", "exhaustive", "bfs"}) {
        std::vector<std::string> words = {"explore", "nine.yaml", "--strategy", strategy};
        const bool sampled = std::string(strategy)[0] == 'p';
        if (sampled) words.insert(words.end(), {"--executions", "20", "--no-baseline"});
        const Ran silent = run(words, {"--oracle", "data-race"});
        EXPECT_EQ(silent.code, 0) << silent.out << silent.err;
        EXPECT_TRUE(has(silent.out, kSilent)) << silent.out;
        const Ran told = run(words, {"--oracle", "data-race", "--json"});
        EXPECT_EQ(Json::parse(told.out)["scenarios"].at(0)["not_judged"], Json::array({kSilent}));
        EXPECT_FALSE(has(run(words).out, "not judged")) << strategy;
    }
}

TEST_F(OptionOracle, SaysInARunWhatCouldNotBeJudged) {
    const Ran ran = run({"run", "nine.yaml"}, {"--oracle", "data-race"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, kSilent)) << ran.out;
    const Ran told = run({"run", "nine.yaml"}, {"--oracle", "data-race", "--json"});
    EXPECT_EQ(Json::parse(told.out)["scenarios"].at(0)["not_judged"], Json::array({kSilent}));
    EXPECT_FALSE(has(run({"run", "nine.yaml"}).out, "not judged"));
}

TEST_F(OptionOracle, TellsTheFiguresOfFairnessToWhoAsks) {
    const Ran ran = run({"run", "contention-3cpu"}, {"--oracle", "fairness"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "fairness of A: acquisitions CPU0 ")) << ran.out;
    EXPECT_TRUE(has(ran.out, "longest wait ")) << ran.out;
    EXPECT_FALSE(has(run({"run", "contention-3cpu"}).out, "fairness of"));
    const Ran told = run({"run", "contention-3cpu"}, {"--oracle", "fairness", "--json"});
    const Json lock = Json::parse(told.out)["scenarios"].at(0).at("fairness").at(0);
    EXPECT_EQ(lock["lock"], "A");
    EXPECT_EQ(lock["acquisitions"].size(), 3U);
    EXPECT_GT(lock["acquisitions"].at(2), 0);
    EXPECT_GT(lock["longest_wait_steps"], 0);
    for (const char* key : {"longest_wait_steps_cpu", "longest_wait_ns", "longest_wait_ns_cpu"})
        EXPECT_TRUE(lock.contains(key)) << key;
    const Ran plain = run({"run", "contention-3cpu"}, {"--json"});
    EXPECT_FALSE(Json::parse(plain.out)["scenarios"].at(0).contains("fairness"));
    const Ran explored =
        run({"explore", "contention-3cpu", "--executions", "50", "--strategy", "pct"},
            {"--oracle", "fairness"});
    EXPECT_TRUE(has(explored.out, "fairness of A: acquisitions CPU0 ")) << explored.out;
}

// A finding of an optional oracle comes with a line that asks for it again.
TEST_F(OptionOracle, IsPartOfTheReplayLine) {
    const Ran ran = sandbox_.run({"explore", "contention-2cpu", "--port", "broken/relaxed-unlock",
                                  "--oracle", "data-race", "--strategy", "random", "--json"});
    EXPECT_EQ(ran.code, 1) << ran.err;
    const Json found = Json::parse(ran.out)["scenarios"].at(0)["findings"].at(0);
    EXPECT_EQ(found["oracle"], "data-race");
    EXPECT_TRUE(has(found["replay"], " --oracle data-race") || has(found["replay"], ".repro"));
    const Ran again = sandbox_.shell(found["replay"].get<std::string>());
    EXPECT_EQ(again.code, 1) << again.out << again.err;
    EXPECT_TRUE(has(again.out, "data-race")) << again.out;
}

TEST_F(OptionOracle, IsCompletedWithWhatThereIs) {
    const Ran ran = sandbox_.run({"completion", "bash"});
    sandbox_.write("completion.bash", ran.out);
    const auto words_after = [this](const std::string& typed) {
        return sandbox_.shell("bash -c '. ./completion.bash; _lockstep_words " + typed + "'");
    };
    const Ran words = words_after("--oracle \"\" explore");
    EXPECT_EQ(words.out, "data-race\nfairness\n") << words.err;
    const Ran commands = words_after("lockstep");
    for (const char* command : {"explore", "shrink", "run"})
        EXPECT_TRUE(has(commands.out, std::string(command) + "\n")) << commands.out;
}

}  // namespace
}  // namespace lockstep
