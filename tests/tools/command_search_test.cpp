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
    const Ran cut = sandbox.run(
        {"explore", "two-nmis-2cpu", "--port", "rqspinlock", "--time", "0.001", "--workers", "1"});
    EXPECT_TRUE(has(cut.out, "NOT complete")) << cut.out;
    EXPECT_TRUE(has(cut.out, "stopped: the time is over")) << cut.out;
    EXPECT_FALSE(has(cut.out, "# complete")) << cut.out;
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
    EXPECT_TRUE(has(damaged.err, "damaged.search: not a whole checkpoint")) << damaged.err;
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

Json search_of(const Ran& ran) {
    return Json::parse(ran.out).at("scenarios").at(0).at("search");
}

TEST_F(SearchCommand, KilledTwentyTimesItEndsWithTheCountsOfAnUndisturbedSearch) {
    const Sandbox sandbox;
    const std::string search = "explore two-nmis-2cpu --port rqspinlock --json --keep-going";
    const Json whole = search_of(sandbox.shell("lockstep " + search));
    ASSERT_TRUE(whole.at("complete").get<bool>());
    const std::string kept = search + " --checkpoint s.search --checkpoint-every 0.05";
    for (int i = 0; i < 20; ++i) {
        const std::string after = "0." + std::to_string(15 + (i * 7) % 40);
        sandbox.shell("timeout -s KILL " + after + " '" LOCKSTEP_BINARY "' " + kept +
                      " >/dev/null; true");
    }
    // With an environment and a line of other sizes: where stack and heap are must not matter.
    const std::string elsewhere = "LONGER=" + std::string(200, 'x') + " ";
    const std::string more = " --memory 3 --time 86400 --states 1000000000";
    const Json resumed = search_of(sandbox.shell(elsewhere + "lockstep " + kept + more));
    EXPECT_TRUE(resumed.at("complete").get<bool>()) << resumed;
    EXPECT_GE(resumed.at("resumed").get<int>(), 1) << resumed;
    for (const char* const key : {"states", "transitions", "ends", "failing_ends"})
        EXPECT_EQ(resumed.at(key), whole.at(key)) << key;
    const Ran left = sandbox.shell("ls");
    EXPECT_FALSE(has(left.out, ".tmp")) << left.out;
}

// A worker that went on beside a growing table lost a state, and the checkpoint was damaged.
TEST_F(SearchCommand, StoppedWhileTheTableOfStatesGrowsItLeavesAWholeCheckpoint) {
    const Sandbox sandbox;
    const std::string search =
        "lockstep explore two-nmis-2cpu --port rqspinlock --keep-going --workers 2 "
        "--checkpoint s.search --checkpoint-every 0.05 --states ";
    for (int i = 0; i < 3; ++i) {
        sandbox.shell("rm -f s.search");
        sandbox.shell(search + "200000");
        const Ran again = sandbox.shell(search + "1");
        EXPECT_EQ(again.code, 0) << again.err;
    }
}

}  // namespace
}  // namespace lockstep
