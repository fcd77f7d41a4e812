// Tasks: run queues, preemption, sleeping, stopping, per-CPU data, and machines of many CPUs.
#include <set>

#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

// Two tasks of one CPU: how often did the other one run between two of my steps?
void notice_the_other(void* self) {
    const auto own = reinterpret_cast<std::uintptr_t>(self);
    for (std::uint64_t i = 1; i <= 6; ++i) {
        put(word(0), own);
        if (get(word(0)) != own) ++word(2);
    }
}

void add_pair(Body body) {
    for (std::uintptr_t id = 1; id <= 2; ++id)
        Machine::instance().add_task(0, body, reinterpret_cast<void*>(id), "pair");
}

TEST(Task, TwoTasksOfACpuPreemptEachOtherAtAnyStep) {
    Machine& machine = new_machine(1);
    add_pair(notice_the_other);
    machine.seal();
    std::uint64_t noticed = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        noticed += word(2);
    }
    EXPECT_GT(noticed, 20U);
}

TEST(Task, NobodyIsPreemptedWhilePreemptionOrIrqsAreOff) {
    for (const bool irqs : {false, true}) {
        Machine& machine = new_machine(1);
        add_pair(irqs ? [](void* self) {
            const std::uint64_t flags = sim_irq_save();
            notice_the_other(self);
            sim_irq_restore(flags);
        } : [](void* self) {
            sim_preempt_disable();
            notice_the_other(self);
            sim_preempt_enable();
        });
        machine.seal();
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
            ASSERT_EQ(word(2), 0U);
        }
    }
}

TEST(Task, NobodyIsPreemptedInsideAnInterrupt) {
    Machine& machine = new_machine(1);
    add_pair(notice_the_other);
    Injection softirq = injection_of(Injection::Kind::softirq, [](void*, CpuId) {
        put(word(0), 9);
        for (int i = 0; i < 8; ++i)
            if (get(word(0)) != 9) ++word(3);
        ++word(4);
    });
    machine.add_injection(softirq);
    machine.seal();
    std::uint64_t struck = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        machine.run(seed);
        ASSERT_EQ(word(3), 0U);
        struck += word(4);
    }
    EXPECT_GT(struck, 50U);
}

TEST(Task, ASleepingTaskLeavesItsCpuToTheOthersAndComesBackInTime) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        sim_sleep(3 * kNsPerMs);
        word(0) = Machine::instance().now();
        word(1) = get(word(2));
    });
    add_body(0, [](void*) {
        sim_preempt_disable();
        put(word(2), 1);
        sim_preempt_enable();
    });
    machine.seal();
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        ASSERT_EQ(word(0), 3 * kNsPerMs);
        ASSERT_EQ(word(1), 1U);
    }
}

TEST(Task, SleepingInAHandlerIsAWarningAndADelay) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) { put(word(0), 1); });
    Injection hardirq =
        injection_of(Injection::Kind::hardirq, [](void*, CpuId) { sim_sleep(kNsPerMs); });
    hardirq.at.kind = Trigger::Kind::step;
    machine.add_injection(hardirq);
    machine.seal();
    EventRecord record;
    const ExecutionResult result = record.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_EQ(result.time, kNsPerMs);
    EXPECT_EQ(record.of(EventKind::warn).size(), 1U);
}

// --- tasks made by tasks ------------------------------------------------------------------------

void until_told_to_stop(void*) {
    while (sim_task_should_stop() == 0) {
        put(word(1), word(1) + 1);
        sim_sleep(kNsPerMs);
    }
    word(2) = 1;
}

void make_and_stop(void*) {
    const int task = sim_task_create(until_told_to_stop, nullptr, "kthread");
    sim_task_bind(task, 1);
    put(word(0), 1);
    word(3) = word(1);  // it has not run yet
    sim_task_wake(task);
    sim_sleep(5 * kNsPerMs + kNsPerMs / 2);
    sim_task_stop(task);
    word(4) = word(2);
}

TEST(Task, ACreatedTaskRunsWhenWokenAndEndsBeforeStopReturns) {
    Machine& machine = new_machine(2);
    add_body(0, make_and_stop);
    machine.seal();
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        ASSERT_EQ(word(3), 0U);
        ASSERT_EQ(word(1), 6U) << "one turn at once and one after each millisecond of sleep";
        ASSERT_EQ(word(4), 1U);
    }
}

TEST(Task, ATaskStoppedBeforeItWasWokenNeverRuns) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        const int task = sim_task_create([](void*) { word(0) = 1; }, nullptr, "never");
        sim_task_stop(task);
        word(1) = 1;
    });
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::finished);
    EXPECT_EQ(word(0), 0U);
    EXPECT_EQ(word(1), 1U);
}

TEST(Task, TasksThatAnExecutionMadeAreGoneInTheNextOne) {
    Machine& machine = new_machine(2);
    add_body(0, make_and_stop);
    machine.seal();
    const ExecutionResult once = machine.run(3);
    for (int i = 0; i < 300; ++i) ASSERT_EQ(machine.run(3).step_hash, once.step_hash) << i;
}

TEST(Task, ThereIsAnEndToTheNumberOfTasks) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        for (;; ++word(0))
            if (sim_task_create([](void*) {}, nullptr, "one of many") < 0) break;
    });
    machine.seal();
    machine.run(1);
    EXPECT_EQ(word(0), kTasksMax - 1);
}

// --- many CPUs ----------------------------------------------------------------------------------

std::uint64_t per_cpu_template = 7;

void use_own_copy(void*) {
    for (int i = 0; i < 3; ++i)
        sim_this_cpu_rmw(&per_cpu_template, SIM_ADD, sim_cpu() + 1, 8, SIM_SITE("add"));
}

TEST(Task, SixtyFourCpusRunAndEachHasItsOwnPerCpuData) {
    Machine& machine = new_machine(kCpusMax);
    machine.map_per_cpu(&per_cpu_template, sizeof per_cpu_template);
    for (unsigned c = 0; c < kCpusMax; ++c) add_body(static_cast<CpuId>(c), use_own_copy);
    machine.seal();
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        std::set<void*> copies;
        for (unsigned c = 0; c < kCpusMax; ++c) {
            auto* const copy = static_cast<std::uint64_t*>(sim_per_cpu(&per_cpu_template, c));
            ASSERT_EQ(*copy, 7 + 3 * (c + 1));
            copies.insert(copy);
        }
        ASSERT_EQ(copies.size(), kCpusMax);
        ASSERT_EQ(per_cpu_template, 7U) << "the template itself is never written";
    }
}

TEST(Task, APerCpuUpdateIsOneStepAndCannotBeSplitByAnInterrupt) {
    Machine& machine = new_machine(1);
    machine.map_per_cpu(&per_cpu_template, sizeof per_cpu_template);
    add_body(0, use_own_copy);
    Injection nmi = injection_of(Injection::Kind::nmi, [](void*, CpuId) { use_own_copy(nullptr); });
    nmi.times = 2;
    machine.add_injection(nmi);
    machine.seal();
    std::uint64_t struck = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const std::uint64_t fired = machine.run(seed).injections_fired[0];
        ASSERT_EQ(*static_cast<std::uint64_t*>(sim_per_cpu(&per_cpu_template, 0)), 10 + 3 * fired);
        struck += fired;
    }
    EXPECT_GT(struck, 20U);
}

// --- limits -------------------------------------------------------------------------------------

TEST(Task, AnExecutionEndsAtItsLimitOfSteps) {
    MachineConfig config;
    config.cpus = 2;
    config.steps_max = 500;
    Machine& machine = new_machine(config);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        add_body(cpu, [](void*) {
            for (;;) put(word(0), 1);
        });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::step_limit);
    EXPECT_EQ(result.steps, 500U);
}

TEST(Task, AnExecutionEndsAtItsLimitOfTime) {
    MachineConfig config;
    config.time_max = 10 * kNsPerMs;
    Machine& machine = new_machine(config);
    add_body(0, [](void*) {
        for (;;) sim_delay(kNsPerMs);
    });
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::time_limit);
    EXPECT_EQ(result.time, 11 * kNsPerMs);
}

TEST(Task, ABugEndsTheExecutionAtOnce) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        put(word(0), 1);
        sim_bug(SIM_SITE("BUG_ON(1)"));
    });
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::bug);
    EXPECT_EQ(word(0), 1U);
}

// --- a scheduler that does not want to be asked
// ---------------------------------------------------

// Goes on with the running CPU and changes over before every sixteenth step. With `patience` it
// says so in advance instead of being asked.
class Patient final : public Scheduler {
  public:
    const char* name() const override { return "patient"; }
    void begin(std::uint64_t) override {}
    Pick pick(const Choices& choices) override {
        const auto phase = static_cast<std::uint32_t>(choices.step % 16);
        if (phase == 15 && changed_at_ != choices.step) {
            changed_at_ = choices.step;
            return {(choices.current + 1) % choices.count, 0};
        }
        if (choices.current == choices.count) return {0, 0};
        return {choices.current, patience && phase < 14 ? 14 - phase : 0};
    }
    static inline bool patience = false;

  private:
    std::uint64_t changed_at_ = 0;
};

const SchedulerEntry kPatient = {"patient", "", sizeof(Patient), alignof(Patient),
                                 [](void* memory) -> Scheduler* { return new (memory) Patient; }};

void lock_and_count(void*) {
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t flags = sim_irq_save();
        for (std::uint64_t expected = 0;
             sim_cmpxchg(&word(0), &expected, 1, 8, SIM_ACQUIRE, SIM_SITE("take")) == 0;
             expected = 0)
            sim_relax(SIM_SITE("cpu_relax()"));
        put(word(1), get(word(1)) + 1);
        put(word(0), 0);
        sim_irq_restore(flags);
        put(word(2), 0);
        put(word(2), 1);
        sim_preempt_disable();
        put(word(2), 2);
        sim_preempt_enable();
    }
}

TEST(Task, PicksMadeInAdvanceAreTheSameExecutionAsPicksAskedForOneByOne) {
    Machine& machine = new_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        for (int i = 0; i < 2; ++i) add_body(cpu, lock_and_count);
    machine.add_injection(
        injection_of(Injection::Kind::hardirq, [](void*, CpuId) { put(word(3), 1); }));
    Injection at_step = injection_of(Injection::Kind::nmi, [](void*, CpuId) { put(word(3), 2); });
    at_step.at.kind = Trigger::Kind::step;
    at_step.at.step = 30;
    machine.add_injection(at_step);
    machine.set_scheduler(kPatient);
    machine.seal();
    Patient::patience = false;
    const ExecutionResult asked = machine.run(1);
    Patient::patience = true;
    const ExecutionResult told = machine.run(1);
    EXPECT_EQ(asked.reason, EndReason::finished);
    EXPECT_EQ(asked.step_hash, told.step_hash);
    EXPECT_EQ(asked.picks, told.picks);
}

// Speaks when preemption goes off, which takes no step: in the middle of what a pick lasts for.
class EveryPreemptOff final : public Oracle {
  public:
    const char* name() const override { return "every-preempt-off"; }
    std::uint64_t interest() const override { return event_bit(EventKind::preempt_off); }
    void begin(const OracleSetup&) override {}
    void on_event(const Event& event, FindingSink& sink) override {
        sink.report(name(), "off", event, "CPU%u may not be preempted", event.cpu);
    }
};

TEST(Task, StoppedAtAFindingInTheMiddleOfAPickItGoesOnAsIfItHadNotBeen) {
    Machine& machine = new_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu) add_body(cpu, lock_and_count);
    machine.add_oracle({"every-preempt-off", "", sizeof(EveryPreemptOff), alignof(EveryPreemptOff),
                        0, [](void* memory) -> Oracle* { return new (memory) EveryPreemptOff; }});
    machine.set_scheduler(kPatient);
    machine.seal();
    Patient::patience = true;
    const ExecutionResult whole = machine.run(1);
    for (std::size_t stop = 0; stop < whole.findings.size(); ++stop) {
        std::size_t made = 0;
        machine.stop_at([&](const Finding&) { return made++ == stop; });
        ASSERT_TRUE(machine.run(1).paused);
        machine.stop_at(nullptr);
        const ExecutionResult resumed = machine.resume();
        EXPECT_EQ(resumed.steps, whole.steps);
        EXPECT_EQ(resumed.picks, whole.picks) << "stopped at finding " << stop;
    }
    EXPECT_GE(whole.findings.size(), 4U);
}

}  // namespace
}  // namespace lockstep
