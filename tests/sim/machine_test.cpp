// The machine itself: fibers, contexts, waiting, time, determinism and checkpoints, with a lock
// small enough to be seen whole.
#include "sim/machine.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim/kernel.h"
#include "sim/oracle.h"

namespace lockstep {
namespace {

struct Shared {
    std::uint32_t word;     // the lock
    std::uint32_t counter;  // only changed under the lock, in two steps
    std::uint32_t flag;
    std::int64_t seen[8];
    std::uint32_t rounds;
};

Shared* shared = nullptr;

std::uint64_t load32(const std::uint32_t& word) {
    return sim_load(&word, 4, SIM_RELAXED, SIM_SITE("word"));
}

void lock_word(std::uint32_t& word) {
    for (;;) {
        std::uint64_t expected = 0;
        if (load32(word) == 0 &&
            sim_cmpxchg(&word, &expected, 1, 4, SIM_ACQUIRE, SIM_SITE("cmpxchg word")) != 0)
            return;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
}

void unlock_word(std::uint32_t& word) {
    sim_store(&word, 0, 4, SIM_RELEASE, SIM_SITE("word = 0"));
}

void increment_under_lock(void*) {
    for (std::uint32_t i = 0; i < shared->rounds; ++i) {
        lock_word(shared->word);
        const std::uint64_t before = load32(shared->counter);
        sim_store(&shared->counter, before + 1, 4, SIM_RELAXED, SIM_SITE("counter"));
        unlock_word(shared->word);
    }
}

void increment_without_lock(void*) {
    const std::uint64_t before = load32(shared->counter);
    sim_store(&shared->counter, before + 1, 4, SIM_RELAXED, SIM_SITE("counter"));
}

const SchedulerEntry& scheduler(const std::string& name) {
    for (const SchedulerEntry& entry : scheduler_registry())
        if (name == entry.name) return entry;
    ADD_FAILURE() << "no scheduler " << name;
    return scheduler_registry()[0];
}

Machine& fresh_machine(unsigned cpus, ClockMode clock = ClockMode::quiescent) {
    Machine& machine = Machine::instance();
    MachineConfig config;
    config.cpus = cpus;
    config.clock = clock;
    config.steps_max = 100'000;
    machine.configure(config);
    shared = static_cast<Shared*>(machine.allocate(sizeof(Shared), 64));
    Object word;
    word.address = reinterpret_cast<std::uint64_t>(&shared->word);
    word.size = 4;
    word.kind = ObjectKind::variable;
    word.name = "word";
    machine.add_object(word);
    machine.set_scheduler(scheduler("random"));
    return machine;
}

TEST(Machine, LockedIncrementsAreNeverLost) {
    Machine& machine = fresh_machine(3);
    shared->rounds = 3;
    for (CpuId cpu = 0; cpu < 3; ++cpu) machine.add_task(cpu, increment_under_lock, nullptr, "inc");
    machine.seal();
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(result.reason, EndReason::finished);
        ASSERT_EQ(shared->counter, 9U);
    }
}

TEST(Machine, UnlockedIncrementsAreLostUnderSomeSchedule) {
    Machine& machine = fresh_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        machine.add_task(cpu, increment_without_lock, nullptr, "inc");
    machine.seal();
    int lost = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        machine.run(seed);
        if (shared->counter == 1) ++lost;
    }
    EXPECT_GT(lost, 10);
    EXPECT_LT(lost, 90);
}

// Speaks whenever a task ends.
class EveryEnd final : public Oracle {
  public:
    const char* name() const override { return "every-end"; }
    std::uint64_t interest() const override { return event_bit(EventKind::task_end); }
    void begin(const OracleSetup&) override {}
    void on_event(const Event& event, FindingSink& sink) override {
        sink.report(name(), "end", event, "CPU%u ends", event.cpu);
    }
};

OracleEntry every_end_entry() {
    return {"every-end",       "", sizeof(EveryEnd),
            alignof(EveryEnd), 0,  [](void* memory) -> Oracle* { return new (memory) EveryEnd; }};
}

// How much room an oracle needs depends on it.
TEST(Machine, TheSetupOfOraclesComesBeforeTheFirstOfThem) {
    Machine& machine = fresh_machine(1);
    machine.set_oracle_setup({});
    machine.add_oracle(every_end_entry());
    EXPECT_EXIT(machine.set_oracle_setup({}), testing::ExitedWithCode(70), "depends on its setup");
}

TEST(Machine, OraclesAreNotToldOfALockThatTheirSetupDoesNotName) {
    Machine& machine = fresh_machine(1);
    machine.add_task(
        0, [](void*) { Machine::instance().note_acquire_begin(2, false); }, nullptr, "asks");
    OracleSetup setup;
    setup.locks.resize(2);
    machine.set_oracle_setup(setup);
    for (const OracleEntry& entry : oracle_registry()) machine.add_oracle(entry);
    machine.seal();
    EXPECT_EXIT(machine.run(1), testing::ExitedWithCode(70), "event.lock");
}

TEST(Machine, PausesAtTheFindingItIsToStopAtAndOnlyThere) {
    Machine& machine = fresh_machine(2);
    shared->rounds = 3;
    machine.add_task(0, increment_under_lock, nullptr, "inc");
    machine.add_task(1, increment_under_lock, nullptr, "inc");
    machine.add_oracle(every_end_entry());
    machine.seal();
    const ExecutionResult whole = machine.run(7);
    ASSERT_EQ(whole.findings.size(), 2U);
    unsigned asked = 0;
    machine.stop_at([&](const Finding& finding) {
        ++asked;
        return finding.step == whole.findings[0].step;
    });
    const ExecutionResult cut = machine.run(7);
    EXPECT_TRUE(cut.paused);
    EXPECT_EQ(asked, 1U);
    EXPECT_EQ(cut.findings.size(), 1U);
    EXPECT_LT(cut.steps, whole.steps);
    machine.stop_at([](const Finding&) { return false; });
    EXPECT_EQ(machine.run(7).step_hash, whole.step_hash);
    machine.stop_at(nullptr);
    EXPECT_EQ(machine.run(7).step_hash, whole.step_hash);
}

TEST(Machine, TheSameSeedGivesTheSameStepAndStateHash) {
    Machine& machine = fresh_machine(3);
    shared->rounds = 2;
    for (CpuId cpu = 0; cpu < 3; ++cpu) machine.add_task(cpu, increment_under_lock, nullptr, "inc");
    machine.seal();
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const ExecutionResult once = machine.run(seed);
        const ExecutionResult again = machine.run(seed);
        ASSERT_EQ(once.step_hash, again.step_hash);
        ASSERT_EQ(once.state_hash, again.state_hash);
        ASSERT_EQ(once.picks, again.picks);
    }
}

TEST(Machine, ReplayingThePicksGivesTheSameStepHash) {
    Machine& machine = fresh_machine(3);
    shared->rounds = 2;
    for (CpuId cpu = 0; cpu < 3; ++cpu) machine.add_task(cpu, increment_under_lock, nullptr, "inc");
    machine.seal();
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        machine.set_scheduler(scheduler("random"));
        const ExecutionResult once = machine.run(seed);
        machine.set_scheduler(scheduler("replay"));
        machine.set_replay(once.picks);
        const ExecutionResult again = machine.run(0);
        ASSERT_EQ(again.diverged_at, 0U);
        ASSERT_EQ(once.step_hash, again.step_hash);
        ASSERT_EQ(once.picks, again.picks);
    }
}

TEST(Machine, AReplayWhosePicksDoNotFitSaysWhere) {
    Machine& machine = fresh_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        machine.add_task(cpu, increment_without_lock, nullptr, "inc");
    machine.seal();
    machine.set_scheduler(scheduler("replay"));
    machine.set_replay({{0, 2, 1}, {0, 3, 1}});
    EXPECT_EQ(machine.run(0).diverged_at, 2U);
}

void wait_for_flag(void*) {
    while (load32(shared->flag) == 0) sim_relax(SIM_SITE("cpu_relax()"));
}

void set_flag_late(void*) {
    sim_delay(5 * kNsPerMs);
    sim_store(&shared->flag, 1, 4, SIM_RELAXED, SIM_SITE("flag"));
}

TEST(Machine, TimeLeapsOnlyWhenNobodyCanRun) {
    Machine& machine = fresh_machine(2);
    machine.add_task(0, wait_for_flag, nullptr, "wait");
    machine.add_task(1, set_flag_late, nullptr, "set");
    machine.seal();
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(result.reason, EndReason::finished);
        ASSERT_EQ(result.time, 5 * kNsPerMs);
        ASSERT_LT(result.steps, 40U);
    }
}

TEST(Machine, AWaitThatNothingCanEndIsStuck) {
    Machine& machine = fresh_machine(2);
    machine.add_task(0, wait_for_flag, nullptr, "wait");
    machine.add_task(1, wait_for_flag, nullptr, "wait");
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::stuck);
}

// Counts natively, as rqspinlock's u16 spin counter does, and looks at the clock on each wrap.
void wait_with_clock(void*) {
    std::uint16_t spin = 0;
    for (;;) {
        if (sim_spinning_on(&shared->flag) != 0) {
            if (*static_cast<volatile std::uint32_t*>(&shared->flag) != 0) break;
        } else if (load32(shared->flag) != 0) {
            break;
        }
        if (spin++ == 0 && sim_clock(SIM_SITE("clock")) > 250 * kNsPerMs) break;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
    shared->seen[sim_cpu()] = static_cast<std::int64_t>(Machine::instance().now());
}

TEST(Machine, ASpinThatCountsReachesItsClockCheckInVirtualTime) {
    Machine& machine = fresh_machine(3);
    for (CpuId cpu = 0; cpu < 3; ++cpu) machine.add_task(cpu, wait_with_clock, nullptr, "wait");
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    for (int cpu = 0; cpu < 3; ++cpu) {
        EXPECT_GT(shared->seen[cpu], 250'000'000);
        EXPECT_LT(shared->seen[cpu], 253'000'000);
    }
    EXPECT_LT(result.steps, 5'000U);
}

void wfe_wait(void*) {
    for (;;) {
        const std::uint64_t value = load32(shared->flag);
        if (value != 0 || sim_clock(SIM_SITE("clock")) > kNsPerMs) break;
        sim_wait_change(&shared->flag, value, 4, SIM_SITE("wfe"));
    }
}

TEST(Machine, WfeWithAnEventStreamLooksAgainEveryTick) {
    Machine& machine = fresh_machine(1);
    machine.add_task(0, wfe_wait, nullptr, "wfe");
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_EQ(result.time, 1'001'000U);
}

TEST(Machine, WfeWithoutAnEventStreamNeverLooksAgainByItself) {
    Machine& machine = Machine::instance();
    MachineConfig config;
    config.event_stream = false;
    machine.configure(config);
    shared = static_cast<Shared*>(machine.allocate(sizeof(Shared), 64));
    machine.add_task(0, wfe_wait, nullptr, "wfe");
    machine.set_scheduler(scheduler("random"));
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::stuck);
}

void note_context(void*, CpuId cpu) {
    shared->seen[cpu] = sim_in_nmi() != 0 ? 3 : sim_in_hardirq() != 0 ? 2 : sim_in_softirq();
    sim_store(&shared->flag, 1, 4, SIM_RELAXED, SIM_SITE("flag"));
}

TEST(Machine, AnNmiStrikesAParkedCpuAndEndsItsWait) {
    Machine& machine = fresh_machine(1);
    machine.add_task(0, wait_for_flag, nullptr, "wait");
    Injection nmi;
    nmi.entry = note_context;
    nmi.at.kind = Trigger::Kind::any;
    machine.add_injection(nmi);
    machine.seal();
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(result.reason, EndReason::finished);
        ASSERT_EQ(result.injections_fired[0], 1U);
        ASSERT_EQ(shared->seen[0], 3);
    }
}

void irqs_off_section(void*) {
    const std::uint64_t flags = sim_irq_save();
    sim_store(&shared->counter, 1, 4, SIM_RELAXED, SIM_SITE("counter"));
    sim_store(&shared->counter, 0, 4, SIM_RELAXED, SIM_SITE("counter"));
    sim_irq_restore(flags);
    sim_store(&shared->flag, 1, 4, SIM_RELAXED, SIM_SITE("flag"));
}

void handler_sees_counter(void*, CpuId) {
    shared->seen[0] = static_cast<std::int64_t>(shared->counter);
}

TEST(Machine, AHardirqNeverStrikesWhileIrqsAreOffButAnNmiDoes) {
    for (const bool is_nmi : {false, true}) {
        Machine& machine = fresh_machine(1);
        machine.add_task(0, irqs_off_section, nullptr, "section");
        Injection injection;
        injection.kind = is_nmi ? Injection::Kind::nmi : Injection::Kind::hardirq;
        injection.entry = handler_sees_counter;
        machine.add_injection(injection);
        machine.seal();
        int inside = 0;
        int fired = 0;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            shared->seen[0] = 0;
            const ExecutionResult result = machine.run(seed);
            fired += static_cast<int>(result.injections_fired[0]);
            inside += static_cast<int>(shared->seen[0]);
        }
        EXPECT_GT(fired, 10);
        EXPECT_EQ(inside > 0, is_nmi);
    }
}

// --- checkpoints --------------------------------------------------------------------------------

TEST(Checkpoint, EveryPositionContinuesToTheSameEndAnyNumberOfTimes) {
    Machine& machine = fresh_machine(3);
    shared->rounds = 1;
    for (CpuId cpu = 0; cpu < 3; ++cpu) machine.add_task(cpu, increment_under_lock, nullptr, "inc");
    machine.seal();
    const ExecutionResult whole = machine.run(7);
    Checkpoint bytes;
    for (std::uint64_t step = 1; step < whole.steps; ++step) {
        const ExecutionResult paused = machine.run_until(7, step);
        ASSERT_TRUE(paused.paused) << step;
        machine.save(bytes);
        const std::uint64_t hash = machine.state_hash();
        for (int times = 0; times < 3; ++times) {
            machine.restore(bytes);
            ASSERT_EQ(machine.state_hash(), hash);
            const ExecutionResult rest = machine.resume();
            ASSERT_EQ(rest.step_hash, whole.step_hash) << step;
            ASSERT_EQ(rest.state_hash, whole.state_hash) << step;
            ASSERT_EQ(rest.picks, whole.picks) << step;
        }
    }
}

// Frames have room that nobody writes, so the bytes of a suspended stack also depend on where a
// run was paused before; equal histories, pauses included, give equal bytes.
TEST(Checkpoint, ReexecutionFromBootReachesTheSameStateHash) {
    Machine& machine = fresh_machine(2);
    shared->rounds = 2;
    for (CpuId cpu = 0; cpu < 2; ++cpu) machine.add_task(cpu, increment_under_lock, nullptr, "inc");
    machine.seal();
    const ExecutionResult whole = machine.run(3);
    for (std::uint64_t step = 2; step < whole.steps; ++step) {
        const ExecutionResult reached = machine.run_until(3, step);
        const std::uint64_t direct = machine.state_hash();
        machine.run(step);  // something else in between
        machine.run_until(3, step);
        ASSERT_EQ(machine.state_hash(), direct) << step;
        machine.run_until(3, (step + 1) / 2);
        const ExecutionResult further = machine.resume(step);
        ASSERT_TRUE(further.paused);
        ASSERT_EQ(further.step_hash, reached.step_hash) << step;
        const ExecutionResult end = machine.resume();
        ASSERT_EQ(end.step_hash, whole.step_hash) << step;
        ASSERT_EQ(end.state_hash, whole.state_hash) << step;
    }
}

}  // namespace
}  // namespace lockstep
