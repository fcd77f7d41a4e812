// Scenarios in clock mode timed, from the command line: run, replayed by token, not searched.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

const char* const kTimed = R"(scenario: 1
name: timed-contention
summary: Two CPUs take a lock whose owner works for a while.
tags: [basics]
machine: { cpus: 2, clock: timed }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    mdelay(3);
    if (!r0) res_spin_unlock(A);
cpus: { 0: { task: worker }, 1: { task: worker } }
explore: { strategy: random }
expect:
  always:
)";

std::string scenario_text(const std::string& condition) {
    return std::string(kTimed) + "    - " + condition + "\n";
}

TEST(TimedScenario, RunsAndOneOfTheTwoWaitsForTheOther) {
    const Sandbox sandbox;
    const std::string file =
        sandbox.write("timed-contention.yaml", scenario_text("worker@0.r0 == worker@1.r0"));
    const Ran ran = sandbox.run({"run", file, "--port", "rqspinlock"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_NE(ran.out.find("clock: timed"), std::string::npos) << ran.out;
    EXPECT_EQ(sandbox.run({"run", file, "--port", "rqspinlock", "--twice"}).code, 0);
}

TEST(TimedScenario, AFailureIsReplayedFromItsFileWithTheSameSteps) {
    const Sandbox sandbox;
    const std::string file =
        sandbox.write("timed-contention.yaml", scenario_text("worker@0.r0 != 0"));
    const Ran ran = sandbox.run({"run", file, "--port", "rqspinlock", "--json"});
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    const nlohmann::json told = nlohmann::json::parse(ran.out);
    const std::string repro = told.at("scenarios").at(0).at("repro_file");
    const Ran first = sandbox.run({"replay", repro, "--json"});
    const Ran second = sandbox.run({"replay", repro, "--json"});
    EXPECT_EQ(first.code, 1) << first.out << first.err;
    EXPECT_EQ(first.out, second.out);
    const nlohmann::json replayed = nlohmann::json::parse(first.out);
    EXPECT_FALSE(replayed.contains("divergence"));
    EXPECT_GE(replayed.at("time_ns").get<std::uint64_t>(), 6'000'000U);
}

// Over all executions, in whatever process they were made.
TEST(TimedScenario, FiguresOfARunAreSumsOverItsExecutions) {
    const Sandbox sandbox;
    const std::string file =
        sandbox.write("timed-contention.yaml", scenario_text("worker@0.r0 == 0"));
    const Ran ran = sandbox.run({"run", file, "--port", "rqspinlock", "--lock-stat", "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json told = nlohmann::json::parse(ran.out).at("scenarios").at(0);
    const std::uint64_t executions = told.at("executions");
    const nlohmann::json& lock = told.at("locks").at(0);
    EXPECT_EQ(lock.at("name"), "A");
    EXPECT_EQ(lock.at("acquisitions"), 2 * executions);
    EXPECT_EQ(lock.at("holdtime").at("count"), 2 * executions);
    EXPECT_GE(lock.at("holdtime").at("min_ns"), 3'000'000);
    EXPECT_EQ(told.at("latency").at("task").at("attempts").at("count"), 2 * executions);
    const Ran text = sandbox.run({"run", file, "--port", "rqspinlock", "--lock-stat"});
    EXPECT_NE(text.out.find("lock_stat version 0.4"), std::string::npos);
    EXPECT_EQ(text.out.find("latency in task"), std::string::npos);
}

TEST(TimedScenario, ACompleteSearchIsRefused) {
    const Sandbox sandbox;
    const std::string file =
        sandbox.write("timed-contention.yaml", scenario_text("worker@0.r0 == 0"));
    const Ran ran =
        sandbox.run({"explore", file, "--port", "rqspinlock", "--strategy", "exhaustive"});
    EXPECT_EQ(ran.code, 64);
    EXPECT_NE(ran.err.find("clock timed leaves nothing to search"), std::string::npos) << ran.err;
    EXPECT_EQ(sandbox
                  .run({"explore", file, "--port", "rqspinlock", "--strategy", "random",
                        "--executions", "20"})
                  .code,
              0);
}

}  // namespace
}  // namespace lockstep
