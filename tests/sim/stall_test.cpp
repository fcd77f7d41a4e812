// Stalls: a CPU that is taken away for a while, and the clock mode in which time may leap although
// somebody can run.
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

void store_twice(void*) {
    put(word(0), 1);
    put(word(0), 2);
    word(1) = Machine::instance().now();
}

Injection stall_of(TimeNs duration) {
    Injection stall;
    stall.kind = Injection::Kind::stall;
    stall.duration = duration;
    return stall;
}

TEST(Stall, AStalledCpuMakesNoStepUntilItsTimeIsOver) {
    Machine& machine = new_machine(2);
    add_body(0, store_twice);
    add_body(1, [](void*) {
        for (int i = 0; i < 30; ++i) put(word(3), 1);
    });
    Injection stall = stall_of(4 * kNsPerMs);
    stall.at.kind = Trigger::Kind::step;
    stall.at.step = 1;
    machine.add_injection(stall);
    machine.seal();
    EventRecord record;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        ASSERT_EQ(record.run(seed).injections_fired[0], 1U);
        ASSERT_EQ(word(1), 4 * kNsPerMs);
        bool stalled = false;
        int others = 0;
        for (const Event& event : record.events) {
            if (event.kind == EventKind::stall_begin) stalled = true;
            if (event.kind == EventKind::stall_end) stalled = false;
            if (event.kind != EventKind::store || !stalled) continue;
            ASSERT_EQ(event.cpu, 1);
            ++others;
        }
        ASSERT_GE(others, 29) << "the other CPU goes on meanwhile";
    }
}

TEST(Stall, AStalledCpuTakesNoInterrupt) {
    Machine& machine = new_machine(1);
    add_body(0, store_twice);
    Injection stall = stall_of(4 * kNsPerMs);
    stall.at.kind = Trigger::Kind::step;
    machine.add_injection(stall);
    Injection nmi = injection_of(Injection::Kind::nmi,
                                 [](void*, CpuId) { word(2) = Machine::instance().now(); });
    nmi.at.kind = Trigger::Kind::step;
    machine.add_injection(nmi);
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.injections_fired, (std::vector<std::uint32_t>{1, 1}));
    EXPECT_EQ(word(2), 4 * kNsPerMs);
}

// One CPU can always run; the other one sleeps. Only a leap makes the sleeper come first.
ExecutionResult race_with_the_clock(ClockMode clock, unsigned leaps, std::uint64_t seed) {
    MachineConfig config;
    config.cpus = 2;
    config.clock = clock;
    config.leaps_max = leaps;
    Machine& machine = new_machine(config);
    add_body(0, [](void*) {
        for (int i = 0; i < 20; ++i) put(word(0), word(0) + 1);
    });
    add_body(1, [](void*) {
        for (std::uint64_t i = 1; i <= 3; ++i) {
            sim_delay(kNsPerMs);
            if (word(0) < 20) word(1) = i;
        }
    });
    machine.seal();
    return machine.run(seed);
}

TEST(Stall, InClockModeQuiescentTimeNeverLeapsWhileSomebodyCanRun) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        ASSERT_EQ(race_with_the_clock(ClockMode::quiescent, 3, seed).reason, EndReason::finished);
        ASSERT_EQ(word(1), 0U);
    }
}

TEST(Stall, InClockModeStallsTimeLeapsAsOftenAsTheBudgetAllowsAndNotMore) {
    for (unsigned budget = 0; budget <= 3; ++budget) {
        std::uint64_t most = 0;
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            race_with_the_clock(ClockMode::stalls, budget, seed);
            most = std::max(most, word(1));
        }
        EXPECT_EQ(most, budget);
    }
}

TEST(Stall, ALeapGoesToTheEarliestDeadline) {
    MachineConfig config;
    config.cpus = 3;
    config.clock = ClockMode::stalls;
    config.leaps_max = 2;
    Machine& machine = new_machine(config);
    add_body(0, [](void*) {
        for (int i = 0; i < 30; ++i) put(word(0), 1);
    });
    add_body(1, [](void*) { sim_delay(9 * kNsPerMs); });
    add_body(2, [](void*) { sim_delay(2 * kNsPerMs); });
    // Both delays have begun before the scheduler is asked.
    std::vector<ScriptCommand> script(2);
    for (std::size_t n = 0; n < script.size(); ++n) script[n].cpu = static_cast<CpuId>(1 + n);
    machine.set_script(script);
    machine.seal();
    EventRecord record;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        record.run(seed);
        std::vector<std::uint64_t> times;
        for (const Event& event : record.of(EventKind::time_leap)) times.push_back(event.value);
        ASSERT_EQ(times, (std::vector<std::uint64_t>{2 * kNsPerMs, 9 * kNsPerMs}));
    }
}

}  // namespace
}  // namespace lockstep
