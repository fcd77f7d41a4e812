// Interrupts: which context may interrupt which, what the interrupted one sees of it, and what
// makes an injection strike.
#include <map>

#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

using Kind = Injection::Kind;

// Words: 0 the task's position, 1 deepest nesting seen, 2.. by test.
void note_depth() {
    const std::uint64_t depth = Machine::instance().this_depth();
    if (depth > word(1)) word(1) = depth;
}

void three_stores(void*) {
    for (std::uint64_t i = 1; i <= 3; ++i) put(word(0), i);
}

void short_handler(void*, CpuId) {
    note_depth();
    put(word(2), 1);
    put(word(2), 2);
}

TEST(Interrupt, ASoftirqAHardirqAndAnNmiNestUpToDepthThree) {
    Machine& machine = new_machine(1);
    add_body(0, three_stores);
    for (const Kind kind : {Kind::softirq, Kind::hardirq, Kind::nmi})
        machine.add_injection(injection_of(kind, short_handler));
    machine.seal();
    std::uint64_t deepest = 0;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        ASSERT_LE(word(1), 3U);
        deepest = std::max(deepest, word(1));
    }
    EXPECT_EQ(deepest, 3U);
}

TEST(Interrupt, AContextIsOnlyInterruptedByALaterOneOfTaskSoftirqHardirqNmi) {
    Machine& machine = new_machine(1);
    add_body(0, three_stores);
    for (const Kind kind : {Kind::softirq, Kind::hardirq, Kind::nmi}) {
        Injection injection = injection_of(kind, short_handler);
        injection.times = 2;
        machine.add_injection(injection);
    }
    machine.seal();
    EventRecord record;
    std::map<std::pair<Context, Context>, int> interrupted_by;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        ASSERT_EQ(record.run(seed).reason, EndReason::finished);
        std::vector<Context> stack = {Context::task};
        for (const Event& event : record.events) {
            if (event.kind == EventKind::context_enter) {
                ++interrupted_by[{stack.back(), event.context}];
                stack.push_back(event.context);
            }
            if (event.kind == EventKind::context_exit) {
                ASSERT_EQ(stack.back(), event.context);
                stack.pop_back();
            }
            if (event.kind == EventKind::store) {
                ASSERT_EQ(event.context, stack.back());
                ASSERT_EQ(event.depth + 1U, stack.size());
            }
        }
        ASSERT_EQ(stack.size(), 1U);
    }
    EXPECT_EQ(interrupted_by.size(), 6U);
    for (const auto& [pair, times] : interrupted_by) EXPECT_LT(pair.first, pair.second) << times;
}

void masked_handler(void*, CpuId) {
    const std::uint64_t flags = sim_irq_save();
    put(word(2), 1);
    put(word(2), 0);
    sim_irq_restore(flags);
}

void see_masked(void*, CpuId) {
    word(3) += word(2);
    ++word(4);
}

TEST(Interrupt, AHardirqWaitsWhileASoftirqHasIrqsOff) {
    Machine& machine = new_machine(1);
    add_body(0, three_stores);
    machine.add_injection(injection_of(Kind::softirq, masked_handler));
    Injection hardirq = injection_of(Kind::hardirq, see_masked);
    hardirq.times = 3;
    machine.add_injection(hardirq);
    machine.seal();
    std::uint64_t struck = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        machine.run(seed);
        ASSERT_EQ(word(3), 0U);
        struck += word(4);
    }
    EXPECT_GT(struck, 100U);
}

void note_flags(void*, CpuId) {
    word(2) = 1 + static_cast<std::uint64_t>(sim_irqs_disabled());
}

TEST(Interrupt, IrqsAreOffInAHardirqAndAnNmiButNotInASoftirq) {
    for (const Kind kind : {Kind::softirq, Kind::hardirq, Kind::nmi}) {
        Machine& machine = new_machine(1);
        add_body(0, [](void*) {
            put(word(0), 1);
            word(3) = 1 + static_cast<std::uint64_t>(sim_irqs_disabled());
        });
        Injection injection = injection_of(kind, note_flags);
        injection.at.kind = Trigger::Kind::step;
        machine.add_injection(injection);
        machine.seal();
        ASSERT_EQ(machine.run(1).injections_fired[0], 1U);
        EXPECT_EQ(word(2), kind == Kind::softirq ? 1U : 2U);
        EXPECT_EQ(word(3), 1U) << "and they are on again afterwards";
    }
}

// The handler looks at how far the other CPU and the interrupted task come while it runs.
void count_up(void*) {
    for (std::uint64_t i = 1; i <= 40; ++i) put(word(Machine::instance().this_cpu() + 2U), i);
}

void watch_both(void*, CpuId) {
    const std::uint64_t own = get(word(2));
    const std::uint64_t other = get(word(3));
    for (int i = 0; i < 10; ++i) put(word(4), static_cast<std::uint64_t>(i));
    word(5) = get(word(2)) - own;
    word(6) = get(word(3)) - other;
}

TEST(Interrupt, TheInterruptedContextStandsStillWhileOtherCpusGoOn) {
    Machine& machine = new_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu) add_body(cpu, count_up);
    Injection nmi = injection_of(Kind::nmi, watch_both);
    nmi.at.kind = Trigger::Kind::step;
    nmi.at.step = 20;
    machine.add_injection(nmi);
    machine.seal();
    std::uint64_t others = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        ASSERT_EQ(machine.run(seed).injections_fired[0], 1U);
        ASSERT_EQ(word(5), 0U);
        others += word(6);
    }
    EXPECT_GT(others, 300U);
}

void count_steps(void*) {
    for (std::uint64_t i = 1; i <= 5; ++i) put(word(Machine::instance().this_cpu()), i);
}

TEST(Interrupt, AStepTriggerStrikesAsSoonAsSoManyStepsHaveBeenMadeByAllCpusTogether) {
    for (unsigned cpus = 1; cpus <= 3; ++cpus)
        for (std::uint64_t step = 0; step <= 4; ++step) {
            Machine& machine = new_machine(cpus);
            for (unsigned c = 0; c < cpus; ++c) add_body(static_cast<CpuId>(c), count_steps);
            Injection nmi = injection_of(
                Kind::nmi, [](void*, CpuId) { word(4) = 100 + word(0) + word(1) + word(2); });
            nmi.at.kind = Trigger::Kind::step;
            nmi.at.step = step;
            machine.add_injection(nmi);
            machine.seal();
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                machine.run(seed);
                ASSERT_EQ(word(4), 100 + step) << cpus;
            }
        }
}

TEST(Interrupt, ALabelTriggerStrikesBeforeTheStepBehindTheLabel) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        put(word(0), 1);
        Machine::instance().reach_label(7, 2);
        put(word(0), 2);
    });
    Injection nmi = injection_of(Kind::nmi, [](void*, CpuId) { word(2) = word(0); });
    nmi.at.kind = Trigger::Kind::label;
    nmi.at.program = 7;
    nmi.at.label = 2;
    machine.add_injection(nmi);
    machine.seal();
    EXPECT_EQ(machine.run(1).injections_fired[0], 1U);
    EXPECT_EQ(word(2), 1U);
}

TEST(Interrupt, AnInjectionStrikesAsOftenAsItMayAndNotMore) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        for (std::uint64_t i = 0; i < 200; ++i) put(word(0), i);
    });
    Injection nmi = injection_of(Kind::nmi, [](void*, CpuId) { ++word(2); });
    nmi.times = 3;
    machine.add_injection(nmi);
    machine.seal();
    std::uint64_t most = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(word(2), result.injections_fired[0]);
        most = std::max(most, word(2));
    }
    EXPECT_EQ(most, 3U);
}

void pass_two_points(void*) {
    sim_point(2);
    put(word(0), 2);
    sim_point(3);
    put(word(0), 3);
}

TEST(Interrupt, EachPointOfAnInjectionIsAFamilyOfExecutions) {
    Machine& machine = new_machine(1);
    add_body(0, pass_two_points);
    Injection nmi = injection_of(Kind::nmi, [](void*, CpuId) { word(2) = word(0) + 100; });
    nmi.at.kind = Trigger::Kind::point;
    nmi.at.points[0] = 2;
    nmi.at.points[1] = 3;
    nmi.at.point_count = 2;
    machine.add_injection(nmi);
    machine.seal();
    std::map<std::uint64_t, int> seen;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(result.injections_fired[0], 1U);
        ASSERT_EQ(result.picks.size(), 1U);
        EXPECT_EQ(word(2), result.picks[0].index == 0 ? 100U : 102U);
        ++seen[word(2)];
    }
    EXPECT_EQ(seen.size(), 2U);
}

TEST(Interrupt, AnInjectionAimedAtTheOwnerStrikesTheCpuThatOwnsTheLock) {
    Machine& machine = new_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        add_body(cpu, [](void*) {
            Machine& m = Machine::instance();
            m.note_acquire_begin(0, false);
            for (std::uint64_t expected = 0;
                 sim_cmpxchg(&word(0), &expected, 1, 8, SIM_ACQUIRE, SIM_SITE("take")) == 0;
                 expected = 0)
                sim_relax(SIM_SITE("cpu_relax()"));
            m.note_acquire_end(0, 0);
            word(1) = m.this_cpu() + 1U;
            put(word(2), 1);
            word(1) = 0;
            m.note_release_begin(0);
            put(word(0), 0);
            m.note_release_end(0);
        });
    Injection nmi = injection_of(
        Kind::nmi, [](void*, CpuId cpu) { word(4) += word(1) == cpu + 1U ? 1U : 1000U; });
    nmi.role = Role::owner;
    nmi.role_lock = 0;
    nmi.times = 2;
    machine.add_injection(nmi);
    machine.seal();
    std::uint64_t fired = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        ASSERT_LT(word(4), 1000U);
        fired += word(4);
    }
    EXPECT_GT(fired, 50U);
}

TEST(Interrupt, TheEventsOfAnInterruptComeInTheirOrder) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) { spin_until_set(word(2)); });
    Injection nmi = injection_of(Kind::nmi, short_handler);
    nmi.at.kind = Trigger::Kind::any;
    machine.add_injection(nmi);
    machine.seal();
    EventRecord record;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        record.run(seed);
        std::string order;
        for (const Event& event : record.events) {
            if (event.kind == EventKind::task_start) order += "start ";
            if (event.kind == EventKind::inject_fired) order += "fired ";
            if (event.kind == EventKind::context_enter) order += "enter ";
            if (event.kind == EventKind::context_exit) order += "exit ";
            if (event.kind == EventKind::task_end) order += "end ";
            if (event.kind == EventKind::execution_end) order += "over";
        }
        // At boot the task has not started, but its CPU can be interrupted.
        EXPECT_TRUE(order == "start fired enter exit end over" ||
                    order == "fired enter exit start end over")
            << order;
    }
}

}  // namespace
}  // namespace lockstep
