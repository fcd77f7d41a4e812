// Clock mode timed: who is behind goes next, waits leap, and an execution costs what its steps do.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sim/cost_model.h"
#include "tests/sim/sim_machine.h"

namespace lockstep {

namespace {

Machine& new_timed_machine(unsigned cpus, std::uint64_t spread_seed = 0,
                           const std::string& scheduler = "round-robin") {
    MachineConfig config;
    config.cpus = cpus;
    config.clock = ClockMode::timed;
    config.spread_seed = spread_seed;
    config.steps_max = 50'000'000;
    return new_machine(config, scheduler);
}

TimeNs clock_now() {
    return sim_clock(SIM_SITE("clock"));
}

TEST(Timed, AStepCostsWhatTheTableSaysAndNothingElseMovesTheClock) {
    Machine& machine = new_timed_machine(1);
    add_body(0, [](void*) {
        put(word(0), 1);                                              // memory
        put(word(0), 2);                                              // hit
        get(word(0));                                                 // hit
        sim_rmw(&word(0), SIM_ADD, 1, 8, SIM_FULL, SIM_SITE("rmw"));  // hit and locked
        sim_fence(SIM_MB, SIM_SITE("mb"));                            // fence
        sim_fence(SIM_WMB, SIM_SITE("wmb"));                          // hit
        clock_now();                                                  // clock
    });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    const TimeNs sum = cost_of(Cost::memory) + 4 * cost_of(Cost::hit) + cost_of(Cost::locked) +
                       cost_of(Cost::fence) + cost_of(Cost::clock) + cost_of(Cost::flags);
    EXPECT_EQ(result.time, sum);
    EXPECT_EQ(result.steps, 8U);
    EXPECT_TRUE(result.picks.empty());
}

TEST(Timed, TheTableOfCostsIsTheOneThatIsDocumented) {
    std::ifstream page(LOCKSTEP_SOURCE_DIR "/docs/clock-modes.md");
    const std::string text{std::istreambuf_iterator<char>(page), std::istreambuf_iterator<char>()};
    for (const CostEntry& cost : kCosts) {
        const std::string row = std::string("| ") + cost.name + " | " + std::to_string(cost.ns) +
                                " | " + cost.meaning + " |";
        EXPECT_NE(text.find(row), std::string::npos) << row;
    }
    EXPECT_EQ(cost_of(Cost::turn), 42U);  // the last one, so that the names are in order
}

TEST(Timed, ALineThatAnotherCpuWroteCostsATransfer) {
    Machine& machine = new_timed_machine(2);
    add_body(0, [](void*) { put(word(0), 1); });
    add_body(1, [](void*) {
        sim_delay(10'000);
        const TimeNs before = clock_now();
        get(word(0));
        put(word(1), clock_now() - before);
        const TimeNs again = clock_now();
        get(word(0));
        put(word(2), clock_now() - again);
    });
    machine.seal();
    machine.run(1);
    EXPECT_EQ(word(1), cost_of(Cost::transfer) + cost_of(Cost::clock));
    EXPECT_EQ(word(2), cost_of(Cost::hit) + cost_of(Cost::clock));
}

TEST(Timed, TheCpuWithTheSmallestClockGoesNext) {
    Machine& machine = new_timed_machine(3);
    for (CpuId cpu = 0; cpu < 3; ++cpu)
        machine.add_task(
            cpu,
            [](void*) {
                for (unsigned i = 0; i < 50; ++i) {
                    put(word(sim_cpu()), i);
                    sim_delay(100 * (1 + sim_cpu()));
                }
            },
            nullptr, "body");
    machine.seal();
    EventRecord record;
    const ExecutionResult result = record.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    TimeNs last = 0;
    unsigned stores[3] = {};
    for (const Event& event : record.of(EventKind::store)) {
        EXPECT_GE(event.time, last);
        last = event.time;
        ++stores[event.cpu];
        // The slower a CPU, the fewer turns it has made.
        EXPECT_GE(stores[0] + 1, stores[1]);
        EXPECT_GE(stores[1] + 1, stores[2]);
    }
    EXPECT_NEAR(static_cast<double>(result.time), 50 * 300, 50 * 30);
}

TEST(Timed, CpusThatAreEquallyFarAreAChoiceThatPicksReplay) {
    Machine& machine = new_timed_machine(2, 0, "random");
    const Body body = [](void*) {
        for (unsigned i = 0; i < 20; ++i) sim_rmw(&word(0), SIM_ADD, 1, 8, SIM_FULL, SIM_SITE("r"));
    };
    add_body(0, body);
    add_body(1, body);
    machine.seal();
    std::vector<std::uint64_t> hashes;
    ExecutionResult some;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        some = machine.run(seed);
        hashes.push_back(some.step_hash);
    }
    EXPECT_FALSE(some.picks.empty());
    EXPECT_NE(std::count(hashes.begin(), hashes.end(), hashes[0]), 8);
    machine.set_scheduler(scheduler_named("replay"));
    machine.set_replay(some.picks);
    const ExecutionResult again = machine.run(1);
    EXPECT_EQ(again.diverged_at, 0U);
    EXPECT_EQ(again.step_hash, some.step_hash);
    EXPECT_EQ(again.state_hash, some.state_hash);
}

TEST(Timed, AWaitOfAQuarterOfASecondIsALeapAndNotAMillionTurns) {
    Machine& machine = new_timed_machine(2);
    add_body(0, [](void*) {
        sim_delay(250 * kNsPerMs);
        put(word(0), 1);
    });
    add_body(1, [](void*) {
        spin_until_set(word(0));
        put(word(1), clock_now());
    });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_GE(word(1), 250 * kNsPerMs);
    EXPECT_LE(word(1), 250 * kNsPerMs + 2'000);
    EXPECT_LT(result.steps, 1'000U);
}

// A loop that looks at the clock after many turns sees the time that those turns took.
TEST(Timed, TurnsThatAreTakenNativelyTakeTheirTime) {
    Machine& machine = new_timed_machine(2);
    add_body(0, [](void*) { sim_delay(20 * kNsPerMs); });
    add_body(1, [](void*) {
        const TimeNs before = clock_now();
        unsigned turns = 0;
        while (get(word(0)) == 0 && ++turns < 100'000) sim_relax(SIM_SITE("cpu_relax()"));
        put(word(1), clock_now() - before);
    });
    machine.seal();
    machine.run(1);
    EXPECT_NEAR(static_cast<double>(word(1)), 100'000.0 * cost_of(Cost::turn), 10'000);
}

TEST(Timed, ASpinnerBesideABusyCpuIsBehindByAFewTurnsOnly) {
    Machine& machine = new_timed_machine(2);
    add_body(0, [](void*) {
        for (unsigned i = 0; i < 20'000; ++i) put(word(2), i);
        sim_delay(1);
        put(word(3), clock_now());
        put(word(0), 1);
    });
    add_body(1, [](void*) {
        spin_until_set(word(0));
        put(word(1), clock_now());
    });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_GT(word(1), word(3));
    EXPECT_LT(word(1), word(3) + 500);
}

TEST(Timed, EqualSeedsGiveEqualExecutionsAndOthersDiffer) {
    const auto run = [](std::uint64_t seed) {
        Machine& machine = new_timed_machine(4, seed);
        for (CpuId cpu = 0; cpu < 4; ++cpu)
            add_body(cpu, [](void*) {
                for (unsigned i = 0; i < 200; ++i)
                    sim_rmw(&word(0), SIM_ADD, 1, 8, SIM_FULL, SIM_SITE("r"));
            });
        machine.seal();
        return machine.run(1);
    };
    const ExecutionResult first = run(7), second = run(7);
    const ExecutionResult again = Machine::instance().run(1);
    const ExecutionResult other = run(8);
    EXPECT_EQ(again.state_hash, second.state_hash);
    EXPECT_EQ(first.time, second.time);
    EXPECT_EQ(first.step_hash, second.step_hash);
    EXPECT_NE(first.step_hash, other.step_hash);
}

TEST(Timed, ACounterInterruptsItsCpuAndOnlyWhileItIsBusy) {
    Machine& machine = new_timed_machine(2);
    add_body(0, [](void*) {
        const auto count = [](void*) { sim_rmw(&word(0), SIM_ADD, 1, 8, SIM_FULL, SIM_SITE("n")); };
        const int counter = sim_counter_create(1, 100'000, count, nullptr);
        EXPECT_EQ(counter, 0);
        sim_counter_enable(counter, 1);
        sim_sleep(20 * kNsPerMs);
        sim_counter_enable(counter, 0);
        put(word(1), get(word(0)));
        sim_sleep(5 * kNsPerMs);
    });
    add_body(1, [](void*) {
        sim_delay(10 * kNsPerMs);
        sim_sleep(20 * kNsPerMs);
    });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_NEAR(static_cast<double>(word(0)), 100, 2);
    EXPECT_EQ(word(1), word(0));
}

TEST(Timed, TwoTasksOfACpuShareItInSlices) {
    Machine& machine = new_timed_machine(1);
    const Body body = [](void* which) {
        const TimeNs end = clock_now() + 60 * kNsPerMs;
        while (clock_now() < end) {
            sim_delay(100'000);
            put(word(which != nullptr ? 1 : 0), get(word(which != nullptr ? 1 : 0)) + 1);
        }
    };
    machine.add_task(0, body, nullptr, "first");
    machine.add_task(0, body, &sim_shared, "second");
    machine.seal();
    EventRecord record;
    const ExecutionResult result = record.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_NEAR(static_cast<double>(record.of(EventKind::task_switch).size()), 20, 4);
}

TEST(Timed, ATaskThatIsStoppedEndsAlsoIfItNeedsTheStoppersCpu) {
    Machine& machine = new_timed_machine(1);
    add_body(0, [](void*) {
        const int task = sim_task_create(
            [](void*) {
                while (sim_task_should_stop() == 0) sim_delay(kNsPerMs);
                put(word(0), 1);
            },
            nullptr, "worker");
        sim_task_bind(task, 0);
        sim_task_wake(task);
        sim_sleep(10 * kNsPerMs);
        sim_task_stop(task);
        put(word(1), get(word(0)));
    });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_EQ(word(1), 1U);
}

TEST(Timed, WhoeverWaitsForNothingIsStuckAndDoesNotSpinUntilTheLimit) {
    Machine& machine = new_timed_machine(2);
    add_body(0, [](void*) { spin_until_set(word(0)); });
    add_body(1, [](void*) { spin_until_set(word(1)); });
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::stuck);
}

TEST(Timed, ThereAreNoCountersInTheOtherClockModes) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        const int counter = sim_counter_create(
            0, 1000, [](void*) {}, nullptr);
        put(word(0), counter == -1 ? 1 : 2);
    });
    machine.seal();
    machine.run(1);
    EXPECT_EQ(word(0), 1U);
}

}  // namespace

}  // namespace lockstep
