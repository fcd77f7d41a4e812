// Waiting: what parks a context, what wakes it, and what it costs.
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

std::vector<std::uint32_t> wake_reasons(const EventRecord& record) {
    std::vector<std::uint32_t> reasons;
    for (const Event& event : record.of(EventKind::wake)) reasons.push_back(event.aux);
    return reasons;
}

constexpr auto kByStore = static_cast<std::uint32_t>(WakeReason::store);
constexpr auto kByInterrupt = static_cast<std::uint32_t>(WakeReason::interrupt);

Machine& machine_without_event_stream(unsigned cpus) {
    MachineConfig config;
    config.cpus = cpus;
    config.event_stream = false;
    return new_machine(config);
}

// Counts how often a WFE came back.
void wfe_until_set(void*) {
    for (std::uint64_t value = get(word(0)); value == 0; value = get(word(0))) {
        sim_wait_change(&word(0), value, 8, SIM_SITE("wfe"));
        ++word(1);
    }
}

ScriptCommand run_cpu(CpuId cpu, ScriptCommand::Until until) {
    ScriptCommand command;
    command.cpu = cpu;
    command.until = until;
    return command;
}

std::uint64_t wakes_when_the_other_cpu(Body body, EventRecord& record) {
    Machine& machine = machine_without_event_stream(2);
    add_body(0, wfe_until_set);
    add_body(1, body);
    machine.set_script({run_cpu(0, ScriptCommand::Until::waits)});
    machine.seal();
    record.run(1);
    return word(1);
}

TEST(Wait, WfeIsWokenByAStoreToItsCacheLineAndByNoOther) {
    EventRecord record;
    EXPECT_EQ(wakes_when_the_other_cpu([](void*) { put(word(0), 1); }, record), 1U);
    EXPECT_EQ(wakes_when_the_other_cpu([](void*) { put(word(2), 1); }, record), 0U);
    EXPECT_EQ(record.events.back().value, static_cast<std::uint64_t>(EndReason::stuck));
    EXPECT_EQ(
        wakes_when_the_other_cpu([](void*) { put(sim_shared->lines[0].neighbour, 1); }, record),
        1U);
    EXPECT_EQ(wake_reasons(record), (std::vector<std::uint32_t>{kByStore}));
}

TEST(Wait, WfeIsWokenByAnInterrupt) {
    Machine& machine = machine_without_event_stream(1);
    add_body(0, wfe_until_set);
    ScriptCommand nmi;
    nmi.verb = ScriptCommand::Verb::inject;
    Injection injection = injection_of(Injection::Kind::nmi, [](void*, CpuId) {});
    injection.at.kind = Trigger::Kind::script;
    machine.add_injection(injection);
    machine.set_script({run_cpu(0, ScriptCommand::Until::waits), nmi});
    machine.seal();
    EventRecord record;
    EXPECT_EQ(record.run(1).script_done, 2U);
    EXPECT_EQ(word(1), 1U);
    EXPECT_EQ(wake_reasons(record), (std::vector<std::uint32_t>{kByInterrupt}));
}

TEST(Wait, WfeReturnsAtOnceIfTheWordIsNoLongerWhatWasSeen) {
    Machine& machine = machine_without_event_stream(1);
    add_body(0, [](void*) { sim_wait_change(&word(0), 5, 8, SIM_SITE("wfe")); });
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::finished);
}

TEST(Wait, ASpinnerIsWokenByAChangeOfItsWordOnly) {
    Machine& machine = new_machine(2);
    add_body(0, [](void*) { spin_until_set(word(0)); });
    add_body(1, [](void*) {
        put(word(0), 0);                         // no change
        put(sim_shared->lines[0].neighbour, 1);  // another word of the line
        put(word(0), 1);
    });
    machine.set_script({run_cpu(0, ScriptCommand::Until::waits)});
    machine.seal();
    EventRecord record;
    EXPECT_EQ(record.run(1).reason, EndReason::finished);
    EXPECT_EQ(wake_reasons(record), (std::vector<std::uint32_t>{kByStore}));
}

TEST(Wait, ARetryThatWroteSomethingIsNotParked) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        while (get(word(0)) < 50) {
            put(word(0), get(word(0)) + 1);
            sim_relax(SIM_SITE("cpu_relax()"));
        }
    });
    machine.seal();
    EventRecord record;
    EXPECT_EQ(record.run(1).reason, EndReason::finished);
    EXPECT_EQ(record.of(EventKind::park).size(), 0U);
    EXPECT_EQ(machine.now(), 0U);
}

// As the pending waiter of a queued lock: looks a bounded number of times, then goes on.
void look_a_few_times(void*) {
    for (int left = 512; get(word(0)) == 0; --left) {
        if (left == 0) {
            word(1) = 1;
            return;
        }
        sim_wait_bounded();
        sim_relax(SIM_SITE("cpu_relax()"));
    }
    word(1) = 2;
}

TEST(Wait, ABoundedWaitGivesUpUnderSomeSchedulesAndIsServedUnderOthers) {
    Machine& machine = new_machine(2);
    add_body(0, look_a_few_times);
    add_body(1, [](void*) {
        for (int i = 0; i < 10; ++i) put(word(2), 1);
        put(word(0), 1);
    });
    machine.seal();
    int gave_up = 0;
    int served = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(result.reason, EndReason::finished);
        ASSERT_LT(result.steps, 600U);
        if (word(1) == 1) ++gave_up;
        if (word(1) == 2) ++served;
    }
    EXPECT_GT(gave_up, 20);
    EXPECT_GT(served, 20);
}

TEST(Wait, ABoundedWaitThatNobodyServesEndsByItself) {
    Machine& machine = new_machine(1);
    add_body(0, look_a_few_times);
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::finished);
    EXPECT_EQ(word(1), 1U);
    EXPECT_LT(machine.now(), kNsPerMs);
}

TEST(Wait, AWaitUntilLooksAtItsConditionAfterEveryStep) {
    Machine& machine = new_machine(2);
    add_body(0, [](void*) {
        Machine::instance().wait_until([](void*) { return word(0) == 7; }, nullptr);
        word(1) = word(0);
    });
    add_body(1, [](void*) {
        for (std::uint64_t i = 1; i <= 7; ++i) put(word(0), i);
    });
    machine.seal();
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished);
        ASSERT_EQ(word(1), 7U);
    }
}

TEST(Wait, ADelayKeepsTheCpuAndASleepDoesNot) {
    for (const bool sleeps : {false, true}) {
        Machine& machine = new_machine(1);
        add_body(0, sleeps ? [](void*) {
            sim_sleep(kNsPerMs);
            word(1) = word(0);
        } : [](void*) {
            sim_preempt_disable();
            sim_delay(kNsPerMs);
            word(1) = word(0);
            sim_preempt_enable();
        });
        machine.add_task(
            0, [](void*) { put(word(0), 1); }, nullptr, "other");
        ScriptCommand first_waits = run_cpu(0, ScriptCommand::Until::steps);
        first_waits.count = 2;
        machine.set_script({first_waits});
        machine.seal();
        ASSERT_EQ(machine.run(1).reason, EndReason::finished);
        EXPECT_EQ(word(1), sleeps ? 1U : 0U);
    }
}

}  // namespace
}  // namespace lockstep
