// Locks that crash: every crash is a failure of the scenario with picks that lead there again.
#include "scenarios/crash_guard.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "scenarios/harvest.h"
#include "scenarios/runner.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

// CPU 1 crashes once it gets the lock; how many steps come before that depends on the schedule.
const char* const kTwoRounds = R"(scenario: 1
name: two-rounds
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    repeat (2) {
      r0 = res_spin_lock(A);
      res_spin_unlock(A);
    }
cpus:
  0: { task: worker }
  1: { task: worker }
explore: { strategy: random, seeds: 1..20 }
expect:
  always:
    - A.word == 0
)";

volatile int bottom = 1000;  // never reached

[[gnu::noinline]] int deeper(volatile char* below) {
    volatile char here[512];
    here[0] = static_cast<char>(below[0] + 1);
    if (below[0] == bottom) return 0;
    const int result = deeper(here);
    return result + here[0];
}

__attribute__((no_sanitize("undefined"))) int null_pointer(void* lock) {
    if (sim_cpu() == 1) *static_cast<volatile int*>(nullptr) = 1;
    return test_acquire(lock);
}
int wild_pointer(void* lock) {
    if (sim_cpu() == 1) *reinterpret_cast<volatile int*>(0x123456789000) = 1;
    return test_acquire(lock);
}
int overflow(void* lock) {
    volatile char start[1] = {0};
    return sim_cpu() == 1 ? deeper(start) : test_acquire(lock);
}
int illegal(void* lock) {
    if (sim_cpu() == 1) __builtin_trap();
    return test_acquire(lock);
}
int aborts(void* lock) {
    if (sim_cpu() == 1) std::abort();
    return test_acquire(lock);
}
int runs_away(void* lock) {
    volatile int never = 0;
    while (sim_cpu() == 1 && never == 0) {
    }
    return test_acquire(lock);
}

RunReport run(int (*acquire)(void*), RunOptions options = {}) {
    options.watchdog_ms = 60;
    return run_scenario(scenario_from(kTwoRounds), test_port(acquire), options);
}

struct Case {
    const char* name;
    int (*acquire)(void*);
    const char* told;
};

class Crash : public testing::TestWithParam<Case> {};

TEST_P(Crash, IsAFailureThatItsPicksLeadToAgain) {
    const RunReport report = run(GetParam().acquire);
    ASSERT_EQ(report.failures.size(), 1u);
    const Failure& failure = report.failures[0];
    EXPECT_EQ(failure.kind, Failure::Kind::crashed);
    EXPECT_EQ(failure.oracle, "progress");
    EXPECT_NE(failure.text.find(GetParam().told), std::string::npos) << failure.text;
    EXPECT_EQ(failure.result.reason, EndReason::bug);

    RunOptions replay;
    replay.replay = failure.picks;
    const RunReport again = run(GetParam().acquire, replay);
    ASSERT_EQ(again.failures.size(), 1u);
    EXPECT_EQ(again.failures[0].kind, Failure::Kind::crashed);
    EXPECT_EQ(again.failures[0].text, failure.text);
    EXPECT_EQ(again.failures[0].result.step_hash, failure.result.step_hash);
    EXPECT_EQ(again.failures[0].result.steps, failure.result.steps);
}

TEST_P(Crash, LeavesTheOtherExecutionsAlone) {
    RunOptions options;
    options.stop_at_failure = false;
    options.scheduler = "random";
    options.seed_first = 1;
    options.seed_last = 4;
    const RunReport report = run(GetParam().acquire, options);
    EXPECT_EQ(report.executions, 4u);
    ASSERT_EQ(report.failures.size(), 1u) << "the same crash is told once";
    // And the example kept is the shortest of the four.
    Failure shortest;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        options.seed_first = options.seed_last = seed;
        const RunReport alone = run(GetParam().acquire, options);
        ASSERT_EQ(alone.failures.size(), 1u);
        if (seed == 1 || shorter(alone.failures[0], shortest)) shortest = alone.failures[0];
    }
    EXPECT_EQ(report.failures[0].seed, shortest.seed);
    EXPECT_EQ(report.failures[0].picks, shortest.picks);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Crash,
                         testing::Values(Case{"null", null_pointer, "NULL pointer"},
                                         Case{"wild", wild_pointer, "memory fault"},
                                         Case{"overflow", overflow, "stack overflow"},
                                         Case{"illegal", illegal, "illegal instruction"},
                                         Case{"abort", aborts, "aborted"},
                                         Case{"runaway", runs_away, "runaway loop"}),
                         [](const testing::TestParamInfo<Case>& tested) {
                             return std::string(tested.param.name);
                         });

class Counter final : public TraceSink {
  public:
    void on_event(const Event& event) override {
        ++events;
        last = event.kind;
    }
    std::uint64_t events = 0;
    EventKind last = EventKind::load;
};

TEST(CrashGuard, ACrashCanBeTracedInThisProcess) {
    const RunReport found = run(null_pointer);
    ASSERT_EQ(found.failures.size(), 1u);
    Counter trace;
    RunOptions options;
    options.replay = found.failures[0].picks;
    options.trace = &trace;
    const RunReport report = run(null_pointer, options);
    ASSERT_EQ(report.failures.size(), 1u);
    EXPECT_EQ(report.failures[0].result.step_hash, found.failures[0].result.step_hash);
    EXPECT_GT(trace.events, 0u);
    EXPECT_EQ(trace.last, EventKind::execution_end);
}

TEST(CrashGuard, ASlowButMovingLockIsNotARunaway) {
    const RunReport report = run([](void* lock) {
        volatile unsigned spent = 0;
        for (unsigned i = 0; i < 1'000'000; ++i) spent = spent + 1;
        return test_acquire(lock);
    });
    EXPECT_TRUE(report.failures.empty()) << report.failures[0].text;
}

}  // namespace
}  // namespace lockstep
