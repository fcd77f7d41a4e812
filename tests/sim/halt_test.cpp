// Halting and kicking, waits that are counted, and spin loops without a cpu_relax.
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

void halt_while_zero(void*) {
    sim_halt(&word(0), 0, 8, SIM_SITE("halt"));
    word(1) = 1;
}

TEST(Halt, ReturnsAtOnceIfTheWordIsAnotherOne) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        put(word(0), 5);
        halt_while_zero(nullptr);
    });
    machine.seal();
    EventRecord record;
    EXPECT_EQ(record.run(1).reason, EndReason::finished);
    EXPECT_EQ(record.of(EventKind::park).size(), 0U);
}

TEST(Halt, IsEndedByAKickAndNotByAStore) {
    Machine& machine = new_machine(2, "round-robin");
    add_body(0, halt_while_zero);
    add_body(1, [](void*) {
        sim_delay(10);
        put(word(0), 1);
        sim_delay(10);
        word(2) = word(1);
        sim_kick(0, SIM_SITE("kick"));
    });
    machine.seal();
    EventRecord record;
    EXPECT_EQ(record.run(1).reason, EndReason::finished);
    EXPECT_EQ(word(1), 1U);
    EXPECT_EQ(word(2), 0U) << "the store alone had woken it";
}

// Whatever the order of the look, the halt and the kick: it goes on.
TEST(Halt, AKickIsNeverLost) {
    Machine& machine = new_machine(2);
    add_body(0, halt_while_zero);
    add_body(1, [](void*) {
        put(word(0), 1);
        sim_kick(0, SIM_SITE("kick"));
    });
    machine.seal();
    for (std::uint64_t seed = 0; seed < 100; ++seed)
        EXPECT_EQ(machine.run(seed).reason, EndReason::finished) << seed;
}

TEST(Halt, WithoutAKickIsForEver) {
    Machine& machine = new_machine(2);
    add_body(0, halt_while_zero);
    add_body(1, [](void*) { put(word(0), 1); });
    machine.seal();
    unsigned stuck = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        stuck += machine.run(seed).reason == EndReason::stuck ? 1 : 0;
    EXPECT_GT(stuck, 0U);
    EXPECT_LT(stuck, 50U) << "where the store came before the look";
}

TEST(Halt, IsEndedByAnInterrupt) {
    Machine& machine = new_machine(1);
    add_body(0, halt_while_zero);
    Injection injection =
        injection_of(Injection::Kind::nmi, [](void*, CpuId) { word(3) = word(1); });
    injection.at.kind = Trigger::Kind::script;
    machine.add_injection(injection);
    ScriptCommand until_halted;
    until_halted.cpu = 0;
    until_halted.until = ScriptCommand::Until::waits;
    ScriptCommand nmi;
    nmi.verb = ScriptCommand::Verb::inject;
    machine.set_script({until_halted, nmi});
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::finished);
    EXPECT_EQ(word(1), 1U);
    EXPECT_EQ(word(3), 0U);
}

TEST(Halt, EndsForNoReasonAsOftenAsTheBudgetSays) {
    for (const unsigned budget : {0U, 1U, 3U}) {
        MachineConfig config;
        config.cpus = 2;
        config.spurious_wakeups_max = budget;
        Machine& machine = new_machine(config);
        add_body(0, [](void*) {
            while (get(word(0)) == 0) {
                sim_halt(&word(0), 0, 8, SIM_SITE("halt"));
                ++word(1);
            }
        });
        add_body(1, [](void*) {
            for (unsigned i = 0; i < 10; ++i) put(word(2), i);
        });
        machine.seal();
        std::uint64_t most = 0;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            EXPECT_EQ(machine.run(seed).reason, EndReason::stuck);
            most = std::max(most, word(1));
        }
        EXPECT_EQ(most, budget);
    }
}

// --- counted waits
// ---------------------------------------------------------------------------------

// Looks a few times, then counts a round and begins again.
void count_rounds_until_set(void*) {
    while (get(word(0)) == 0) {
        for (int left = 8; left > 0 && get(word(0)) == 0; --left) {
            sim_wait_counted();
            sim_relax(SIM_SITE("cpu_relax()"));
        }
        put(word(1), word(1) + 1);
    }
}

TEST(CountedWait, EndsEarlyBesideSomebodyWhoActsAndTakesNoTime) {
    Machine& machine = new_machine(2);
    add_body(0, count_rounds_until_set);
    add_body(1, [](void*) {
        for (unsigned i = 1; i <= 5; ++i) put(word(2), i);
        put(word(0), 1);
    });
    machine.seal();
    std::uint64_t most = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        EXPECT_EQ(machine.run(seed).reason, EndReason::finished);
        EXPECT_EQ(machine.now(), 0U) << seed;
        most = std::max(most, word(1));
    }
    EXPECT_GE(most, 2U) << "it never gave up";
    EXPECT_LE(most, 7U) << "it gave up more often than the other one wrote";
}

TEST(CountedWait, TakesItsTimeWhereNobodyActs) {
    Machine& machine = new_machine(2, "round-robin");
    add_body(0, count_rounds_until_set);
    add_body(1, [](void*) {
        sim_delay(100 * kNsPerUs);
        put(word(0), 1);
    });
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::finished);
    EXPECT_GE(machine.now(), 100 * kNsPerUs);
    // One round is 8 turns of about 42 ns: some 300 of them, and not one for each nanosecond.
    EXPECT_GT(word(1), 100U);
    EXPECT_LT(word(1), 400U);
}

// --- bare spins
// ------------------------------------------------------------------------------------

void spin_bare(void*) {
    while (sim_spin_load(&word(0), 8, SIM_RELAXED, SIM_SITE("look")) == 0) {
    }
    word(1) = 1;
}

TEST(BareSpin, IsParkedUntilTheWordChanges) {
    Machine& machine = new_machine(2, "round-robin");
    add_body(0, spin_bare);
    add_body(1, [](void*) {
        for (unsigned i = 0; i < 100; ++i) put(word(2), i);
        put(word(0), 1);
    });
    machine.seal();
    EventRecord record;
    const ExecutionResult result = record.run(1);
    EXPECT_EQ(result.reason, EndReason::finished);
    EXPECT_LT(result.steps, 120U) << "it went on looking";
    EXPECT_GE(record.of(EventKind::park).size(), 1U);
}

TEST(BareSpin, ThatNobodyEndsIsStuck) {
    Machine& machine = new_machine(1);
    add_body(0, spin_bare);
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::stuck);
}

// A first look is no waiting: a task that reads a word twice in two places goes on.
TEST(BareSpin, TwoLooksFromTwoPlacesAreNoSpin) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        sim_spin_load(&word(0), 8, SIM_RELAXED, SIM_SITE("one"));
        sim_spin_load(&word(0), 8, SIM_RELAXED, SIM_SITE("two"));
        word(1) = 1;
    });
    machine.seal();
    EXPECT_EQ(machine.run(1).reason, EndReason::finished);
    EXPECT_EQ(word(1), 1U);
}

}  // namespace
}  // namespace lockstep
