// What looks for our own mistakes speaks where there is one: locks with state that no snapshot
// holds, and a table of states that is not as it should be.
#include <gtest/gtest.h>

#include <string>

#include "scenarios/runner.h"
#include "scenarios/sampling.h"
#include "scenarios/search.h"
#include "scenarios/search_worker.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

const char* const kDistrusted = R"(scenario: 1
name: distrusted
machine: { cpus: 2 }
locks: { A: tas }
variables: { x: 0 }
programs:
  worker: |
    spin_lock(A);
    WRITE_ONCE(x, 1);
    spin_unlock(A);
cpus: { 0-1: { task: worker } }
explore: { strategy: random, seeds: 1..5 }
expect: { always: [ A.word == 0 ] }
)";

// Its steps depend on how often this process has called it.
int remembering_acquire(void* lock) {
    static unsigned calls = 0;
    for (unsigned more = calls++ / 2 % 2; more > 0; --more)
        sim_load(lock, 4, SIM_RELAXED, SIM_SITE("READ_ONCE(*lock)"));
    return test_acquire(lock);
}

// Writes to the lock behind the machine's back, where it waits.
int secret_acquire(void* lock) {
    sim_preempt_disable();
    for (;;) {
        std::uint64_t expected = 0;
        if (sim_cmpxchg(lock, &expected, 1, 4, SIM_ACQUIRE, SIM_SITE("cmpxchg(lock, 0, 1)")) != 0)
            return 0;
        static_cast<volatile unsigned char*>(lock)[1] = 1;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
}

class Distrust : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }
};

TEST_F(Distrust, RunTwiceALockThatRemembersIsFoundOut) {
    RunOptions options;
    options.twice = true;
    const RunReport ran =
        run_scenario(scenario_from(kDistrusted), test_port(remembering_acquire), options);
    ASSERT_FALSE(ran.failures.empty());
    EXPECT_EQ(ran.failures[0].kind, Failure::Kind::nondeterminism);
    EXPECT_NE(ran.failures[0].text.find("two runs of the same picks differ"), std::string::npos);
    options.twice = false;
    EXPECT_TRUE(run_scenario(scenario_from(kDistrusted), test_port(remembering_acquire), options)
                    .failures.empty());
}

TEST_F(Distrust, SampledTwiceALockThatRemembersIsFoundOut) {
    SamplingOptions options;
    options.strategy = "pos";
    options.executions = 50;
    options.workers = 1;
    options.twice = true;
    const SamplingReport sampled =
        sample(scenario_from(kDistrusted), test_port(remembering_acquire), options);
    ASSERT_FALSE(sampled.discoveries.empty());
    EXPECT_EQ(sampled.discoveries[0].failure.kind, Failure::Kind::nondeterminism);
}

SearchReport distrusted(int (*acquire)(void*), bool verify, bool reexecute) {
    SearchOptions options;
    options.keep_going = true;
    options.workers = 1;
    options.bounds.verify = verify;
    options.bounds.reexecute = reexecute;
    return search(scenario_from(kDistrusted), test_port(acquire), options);
}

TEST_F(Distrust, AByteThatChangesWithoutAMarkIsFoundOutByVerify) {
    EXPECT_NO_THROW(distrusted(test_acquire, true, false));
    EXPECT_THROW(distrusted(secret_acquire, true, false), EngineBug);
}

TEST_F(Distrust, RunningAgainFromBootFindsOutALockThatRemembers) {
    EXPECT_NO_THROW(distrusted(test_acquire, false, true));
    EXPECT_THROW(distrusted(remembering_acquire, false, true), EngineBug);
}

class Exact : public Distrust {
  protected:
    const Scenario scenario_ = scenario_from(kDistrusted);
    const Port port_ = test_port(test_acquire);
    PreparedScenario prepared_{scenario_, port_};
    SearchOptions options_ = [] {
        SearchOptions options;
        options.exact = true;
        return options;
    }();
    StateTable table_{std::uint64_t{1} << 24};
    SearchShared shared_{1};
    SearchJob job() { return {prepared_, options_, shared_, table_, 0, {}, true}; }
};

TEST_F(Exact, TwoStatesOfOneHashAreFoundOut) {
    SearchWorker worker(job());
    worker.run();
    constexpr std::uint64_t kOneHash = 42;
    EXPECT_TRUE(worker.fresh(kOneHash));
    EXPECT_FALSE(worker.fresh(kOneHash));
    *static_cast<std::int64_t*>(const_cast<void*>(prepared_.surroundings().variables[0])) += 7;
    EXPECT_THROW(worker.fresh(kOneHash), EngineBug);
}

TEST_F(Exact, AHashThatTheTableHasForAnotherStateIsFoundOut) {
    SearchWorker worker(job());
    worker.run();
    table_.insert(42);
    EXPECT_THROW(worker.fresh(42), EngineBug);
}

}  // namespace
}  // namespace lockstep
