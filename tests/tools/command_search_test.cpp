// `lockstep explore` with the strategies that search everything, as a person meets them: the word
// complete and its bounds, limits, bad options, and a search that is killed again and again.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

class SearchCommand : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }
};

TEST_F(SearchCommand, ACompleteSearchSaysSoAndStatesItsBounds) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "lock-2cpu", "--port", "rqspinlock"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "#   search: complete: ")) << ran.out;
    EXPECT_TRUE(has(ran.out,
                    "bounds: 2 CPUs, sc memory, quiescent clock, 0 injections, "
                    "preemptions unbounded"))
        << ran.out;
    EXPECT_TRUE(has(ran.out, "ok 1 lock-2cpu # complete: ")) << ran.out;
}

TEST_F(SearchCommand, ABoundIsStatedAndALimitIsNeverCalledComplete) {
    const Sandbox sandbox;
    const Ran bounded = sandbox.run(
        {"explore", "lock-2cpu", "--port", "rqspinlock", "--preemptions", "1", "--workers", "1"});
    EXPECT_EQ(bounded.code, 0) << bounded.out << bounded.err;
    EXPECT_TRUE(has(bounded.out, "preemptions at most 1")) << bounded.out;
    const Ran cut = sandbox.run({"explore", "nmi-3cpu", "--port", "rqspinlock", "--every-step",
                                 "--time", "0.001", "--workers", "1"});
    EXPECT_TRUE(has(cut.out, "NOT complete")) << cut.out;
    EXPECT_TRUE(has(cut.out, "stopped: the time is over")) << cut.out;
    EXPECT_FALSE(has(cut.out, "# complete")) << cut.out;
}

TEST_F(SearchCommand, StoppedWithoutAFindingItIsNoPass) {
    const Sandbox sandbox;
    const std::string search = "lockstep explore two-nmis-2cpu lock-2cpu --port ";
    const Ran stopped = sandbox.shell(search + "rqspinlock --states 1000 --junit junit.xml");
    EXPECT_EQ(stopped.code, 75) << stopped.out;
    EXPECT_TRUE(has(stopped.out, "not ok 1 two-nmis-2cpu # stopped: as many states"))
        << stopped.out;
    EXPECT_TRUE(has(stopped.out, "ok 2 lock-2cpu # complete")) << stopped.out;
    EXPECT_TRUE(has(stopped.out, "Totals: pass:1 fail:0 skip:0 undecided:1")) << stopped.out;
    EXPECT_TRUE(has(sandbox.shell("cat junit.xml").out, "not decided: stopped")) << stopped.out;
    const Json json = Json::parse(sandbox.shell(search + "rqspinlock --states 1000 --json").out);
    EXPECT_EQ(json["totals"]["undecided"], 1);
    EXPECT_EQ(json["scenarios"][0]["verdict"], "undecided");
    // A finding is one, whatever else was not decided.
    EXPECT_EQ(sandbox.shell(search + "broken/ignored-cmpxchg --states 200").code, 1);
}

TEST_F(SearchCommand, AFailureComesWithALineThatReplaysIt) {
    const Sandbox sandbox;
    for (const std::string strategy : {"exhaustive", "bfs"}) {
        const Ran ran = sandbox.run(
            {"explore", "lock-2cpu", "--port", "broken/ignored-cmpxchg", "--strategy", strategy});
        EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
        EXPECT_TRUE(has(ran.out, "# FAIL mutual-exclusion")) << ran.out;
        EXPECT_TRUE(has(ran.out, "stopped at the first failure")) << ran.out;
        const std::string line = line_with(ran.out, "lockstep replay ");
        ASSERT_NE(line, "") << ran.out;
        const Ran again = sandbox.shell(line.substr(line.find("lockstep replay")));
        EXPECT_EQ(again.code, 1) << again.out << again.err;
        EXPECT_TRUE(has(again.out, "mutual-exclusion")) << again.out;
    }
}

// What a scenario allows comes with a line as well, which replays to the same finding.
TEST_F(SearchCommand, AFindingThatIsAllowedComesWithALineThatReplaysIt) {
    const Sandbox sandbox;
    for (const std::string how : {"", "--strategy random --executions 3000"}) {
        const std::string words = "lockstep explore nmi-2cpu --port rqspinlock " + how;
        const Ran ran = sandbox.shell(words);
        EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
        const std::size_t said = ran.out.find("expected: truthful-errors/stale (");
        const std::size_t at = ran.out.find("lockstep replay '", said);
        ASSERT_NE(said, std::string::npos) << ran.out;
        ASSERT_NE(at, std::string::npos) << ran.out;
        const std::size_t colon = ran.out.find("): ", said) + 3;
        const std::string text = ran.out.substr(colon, ran.out.find('\n', colon) - colon);
        const Ran again = sandbox.shell(ran.out.substr(at, ran.out.find('\n', at) - at));
        EXPECT_EQ(again.code, 0) << again.out << again.err;
        EXPECT_TRUE(has(again.out, "expected: truthful-errors/stale (1 execution): " + text))
            << again.out;
        const Json told = Json::parse(sandbox.shell(words + " --json").out)["scenarios"].at(0);
        ASSERT_EQ(told["allowed_examples"].size(), 1U) << told;
        const Json& example = told["allowed_examples"].at(0);
        EXPECT_EQ(example["word"], "stale");
        EXPECT_EQ(example["text"], text);
        const Ran by_file =
            sandbox.run({"replay", example["repro_file"].get<std::string>(), "--json"});
        EXPECT_EQ(by_file.code, 0) << by_file.out << by_file.err;
        EXPECT_EQ(Json::parse(by_file.out)["findings"].at(0)["text"], text);
    }
}

TEST_F(SearchCommand, BadBoundsAndCheckpointsOfSeveralSearchesAreRefused) {
    const Sandbox sandbox;
    const Ran bound = sandbox.run({"explore", "lock-2cpu", "--preemptions", "few"});
    EXPECT_EQ(bound.code, 64);
    EXPECT_TRUE(has(bound.err, "--preemptions")) << bound.err;
    const Ran many = sandbox.run({"explore", "scenarios/explore", "--checkpoint", "x.search"});
    EXPECT_EQ(many.code, 64);
    EXPECT_TRUE(has(many.err, "--checkpoint")) << many.err;
    sandbox.shell("echo nonsense > damaged.search");
    const Ran damaged = sandbox.run(
        {"explore", "lock-2cpu", "--port", "rqspinlock", "--checkpoint", "damaged.search"});
    EXPECT_EQ(damaged.code, 64) << damaged.out;
    EXPECT_TRUE(has(damaged.err, "damaged.search: no checkpoint of a search")) << damaged.err;
    const std::string search = "lockstep explore lock-2cpu --port rqspinlock --checkpoint ";
    EXPECT_EQ(sandbox.shell(search + "longer.search && echo >> longer.search").code, 0);
    EXPECT_EQ(sandbox.shell(search + "longer.search").code, 64);
    const Ran nowhere = sandbox.shell(search + "no/such/folder.search");
    EXPECT_EQ(nowhere.code, 64) << nowhere.out;
    EXPECT_TRUE(has(nowhere.err, "folder.search: cannot be written: No such file or directory"))
        << nowhere.err;
}

TEST_F(SearchCommand, ACheckpointBehindALinkIsWrittenThroughIt) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell(
        "mkdir big && ln -s big/kept.search s.search && for time in 1 2; do "
        "lockstep explore lock-2cpu --port rqspinlock --checkpoint s.search || exit; done; "
        "test -L s.search && test -f big/kept.search && ls . big");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "resumed 1 time")) << ran.out;
    EXPECT_FALSE(has(ran.out, ".tmp")) << ran.out;
}

TEST_F(SearchCommand, ACheckpointOfWhatIsInMemoryOnlyIsRefused) {
    const Sandbox sandbox;
    for (const std::string what : {"--strategy bfs", "--exact"}) {
        const Ran ran = sandbox.shell(
            "lockstep explore two-nmis-2cpu --port rqspinlock --checkpoint s.search " + what);
        EXPECT_EQ(ran.code, 64) << ran.out;
        EXPECT_TRUE(has(ran.err, "--checkpoint: not with ")) << ran.err;
        EXPECT_TRUE(has(ran.err, what.substr(what.rfind(' ') + 1))) << ran.err;
    }
    EXPECT_FALSE(has(sandbox.shell("ls").out, "s.search"));
}

TEST_F(SearchCommand, AnOptionThatWouldDoNothingIsRefused) {
    const Sandbox sandbox;
    const auto refused = [&sandbox](const std::string& strategy, const std::string& option) {
        const Ran ran = sandbox.shell("lockstep explore lock-2cpu --port rqspinlock " + strategy +
                                      " " + option);
        const std::string name = option.substr(0, option.find(' '));
        EXPECT_EQ(ran.code, 64) << option << ran.out;
        EXPECT_TRUE(has(ran.err, name + ": does nothing for lock-2cpu")) << ran.err;
    };
    for (const char* const option :
         {"--twice", "--executions 5", "--plateau 5", "--depth 2", "--seed 1", "--no-baseline"})
        refused("--strategy exhaustive", option);
    for (const char* const option :
         {"--exact", "--symmetry", "--states 5", "--preemptions 1", "--injections 1",
          "--every-step", "--reexecute", "--memory 8", "--no-baseline"})
        refused("--strategy random", option);
    refused("--strategy pct", "--memory 8");
    for (const char* const option : {"--twice", "--seed 1"}) refused("--strategy bfs", option);
    for (const char* const option :
         {"--twice", "--exact", "--states 5", "--reexecute", "--executions 5", "--memory 8",
          "--time 5", "--no-baseline", "--keep-going"})
        refused("--estimate", option);
    for (const char* const option : {"--symmetry", "--preemptions 1", "--injections 1", "--seed 1"})
        refused("--estimate --strategy random", option);
}

TEST_F(SearchCommand, HowOftenToSaveIsOfNoUseWithoutAFile) {
    const Sandbox sandbox;
    const std::string explore = "lockstep explore lock-2cpu --port rqspinlock --checkpoint-every 5";
    for (const char* const strategy : {"", " --strategy random", " --estimate"}) {
        const Ran ran = sandbox.shell(explore + strategy);
        EXPECT_EQ(ran.code, 64) << ran.out;
        EXPECT_TRUE(has(ran.err, "--checkpoint-every: does nothing without --checkpoint FILE"))
            << ran.err;
    }
    EXPECT_EQ(sandbox.shell(explore + " --checkpoint s.search").code, 0);
}

// lock-2cpu is searched, contention-2cpu sampled.
TEST_F(SearchCommand, AnOptionOfUseToOneOfTheScenariosIsTakenUnlessItIsAClaim) {
    const Sandbox sandbox;
    const std::string both = "lockstep explore lock-2cpu contention-2cpu --port rqspinlock ";
    const Ran taken = sandbox.shell(both + "--memory 1 --seed 7");
    EXPECT_EQ(taken.code, 0) << taken.out << taken.err;
    EXPECT_TRUE(has(taken.out, "seeds from 7")) << taken.out;
    const Ran neither = sandbox.shell(both + "--strategy random --memory 1");
    EXPECT_EQ(neither.code, 64) << neither.out;
    EXPECT_TRUE(has(neither.err,
                    "--memory: does nothing for any of 2 scenarios, which are explored by "
                    "random; it is for --strategy exhaustive or bfs"))
        << neither.err;
    const Ran claim = sandbox.shell(both + "--twice");
    EXPECT_EQ(claim.code, 64) << claim.out;
    EXPECT_TRUE(has(claim.err, "--twice: does nothing for lock-2cpu")) << claim.err;
}

TEST_F(SearchCommand, AScenarioMayAskForBreadthAndNotForWhatIsNotThere) {
    const Sandbox sandbox;
    for (const std::string strategy : {"bfs", "dpor"})
        sandbox.shell("mkdir " + strategy +
                      " && sed 's/strategy: exhaustive/strategy: " + strategy +
                      "/' '" LOCKSTEP_SOURCE_DIR "/scenarios/explore/lock-2cpu.yaml' > " +
                      strategy + "/lock-2cpu.yaml");
    const Ran broad =
        sandbox.run({"explore", "bfs/lock-2cpu.yaml", "--port", "rqspinlock", "--workers", "2"});
    EXPECT_EQ(broad.code, 0) << broad.err;
    EXPECT_TRUE(has(broad.out, "by 1 worker ")) << broad.out;
    const Ran unknown = sandbox.run({"explore", "dpor/lock-2cpu.yaml", "--port", "rqspinlock"});
    EXPECT_EQ(unknown.code, 64) << unknown.out;
    EXPECT_TRUE(has(unknown.err, "no strategy dpor yet")) << unknown.err;
}

Json search_of(const Ran& ran) {
    return Json::parse(ran.out).at("scenarios").at(0).at("search");
}

TEST_F(SearchCommand, OutOfMemoryItGoesOnWithMoreAndIsComplete) {
    const Sandbox sandbox;
    const std::string search =
        "lockstep explore two-nmis-2cpu --port rqspinlock --every-step --keep-going --json";
    const std::string kept = search + " --checkpoint s.search --memory ";
    const Json whole = search_of(sandbox.shell(search));
    const Json full = search_of(sandbox.shell(kept + "0.001"));
    EXPECT_EQ(full.at("end"), "stopped: the memory allowed is full");
    EXPECT_LT(full.at("states"), whole.at("states"));
    const Ran still = sandbox.shell(kept + "0.001");
    EXPECT_EQ(still.code, 64) << still.out;
    EXPECT_TRUE(has(still.err, "holds more states than the memory allowed")) << still.err;
    const std::string a_few_more = std::to_string(full.at("states").get<int>() + 1000);
    const Json stopped = search_of(sandbox.shell(kept + "8 --states " + a_few_more));
    EXPECT_EQ(stopped.at("end"), "stopped: as many states as asked for");
    const Json resumed = search_of(sandbox.shell(kept + "8"));
    EXPECT_EQ(resumed.at("resumed"), 2);
    EXPECT_EQ(resumed.at("end"), "complete");
    for (const char* const key : {"states", "transitions", "ends"})
        EXPECT_EQ(resumed.at(key), whole.at(key)) << key;
}

// Ends the search at some moment after it has written its file; "finished" if it was faster.
std::string kill_after_a_checkpoint(const std::string& search, int moment) {
    return "before=$(stat -c %Y.%y s.search 2>/dev/null); '" LOCKSTEP_BINARY "' " + search +
           " >/dev/null & "
           "while kill -0 $! 2>/dev/null; do "
           "[ \"$before\" = \"$(stat -c %Y.%y s.search 2>/dev/null)\" ] || break; sleep 0.005; "
           "done; "
           "sleep 0.0" +
           std::to_string(moment) +
           "; kill -KILL $! 2>/dev/null; "
           "wait $!; [ $? = 137 ] && echo killed || echo finished";
}

TEST_F(SearchCommand, KilledTwentyTimesItEndsWithTheCountsOfAnUndisturbedSearch) {
    const Sandbox sandbox;
    const std::string search =
        "explore hardirq-3cpu --port rqspinlock --every-step --json --keep-going";
    const Json whole = search_of(sandbox.shell("lockstep " + search));
    ASSERT_TRUE(whole.at("complete").get<bool>());
    const std::string kept = search + " --workers 1 --checkpoint s.search --checkpoint-every 0.01";
    int killed = 0;
    for (int i = 0; i < 20; ++i) {
        // Most go a slow way, or it would be over after a few.
        const std::string slowly = i % 10 == 9 ? "" : " --reexecute";
        const Ran ran = sandbox.shell(kill_after_a_checkpoint(kept + slowly, (i * 7) % 10));
        killed += has(ran.out, "killed") ? 1 : 0;
    }
    EXPECT_GE(killed, 15);
    // With an environment and a line of other sizes: where stack and heap are must not matter.
    const std::string elsewhere = "LONGER=" + std::string(200, 'x') + " ";
    const std::string more = " --memory 3 --time 86400 --states 1000000000";
    const Json resumed = search_of(sandbox.shell(elsewhere + "lockstep " + kept + more));
    EXPECT_TRUE(resumed.at("complete").get<bool>()) << resumed;
    EXPECT_GE(resumed.at("resumed").get<int>(), killed) << resumed;
    for (const char* const key : {"states", "transitions", "ends", "failing_ends"})
        EXPECT_EQ(resumed.at(key), whole.at(key)) << key;
    const Ran left = sandbox.shell("ls");
    EXPECT_FALSE(has(left.out, ".tmp")) << left.out;
}

// A worker that went on beside a growing table lost a state, and the checkpoint was damaged.
TEST_F(SearchCommand, StoppedWhileTheTableOfStatesGrowsItLeavesAWholeCheckpoint) {
    const Sandbox sandbox;
    const std::string search =
        "lockstep explore two-nmis-2cpu --port rqspinlock --every-step --keep-going --workers 2 "
        "--checkpoint s.search --checkpoint-every 0.05 --states ";
    for (const std::string full : {"40960", "81920", "163840"}) {
        sandbox.shell("rm -f s.search");
        sandbox.shell(search + full);
        const Ran again = sandbox.shell(search + "1");
        EXPECT_TRUE(has(again.out, "resumed 1 time")) << again.out;
        EXPECT_EQ(again.code, 75) << again.err;
    }
}

}  // namespace
}  // namespace lockstep
