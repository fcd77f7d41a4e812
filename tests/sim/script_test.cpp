// The script: commands that lead an execution to an interleaving before the scheduler is asked.
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

using Until = ScriptCommand::Until;
using Verb = ScriptCommand::Verb;

ScriptCommand run_steps(CpuId cpu, Until until, std::uint32_t count = 0) {
    ScriptCommand command;
    command.cpu = cpu;
    command.until = until;
    command.count = count;
    return command;
}

ScriptCommand inject(std::uint32_t injection) {
    ScriptCommand command;
    command.verb = Verb::inject;
    command.count = injection;
    return command;
}

ScriptCommand leap(TimeNs duration) {
    ScriptCommand command;
    command.verb = Verb::leap;
    command.duration = duration;
    return command;
}

// CPU c stores 1, 2, 3 ... 9 to word c and notes what it saw of the other one before each.
void store_and_look(void*) {
    const unsigned own = Machine::instance().this_cpu();
    for (std::uint64_t i = 1; i <= 9; ++i) put(word(own), i);
}

// Stops the machine right behind the script: the first step that the scheduler decides.
ExecutionResult run_script(Machine& machine, const std::vector<ScriptCommand>& script) {
    machine.set_script(script);
    machine.seal();
    const ExecutionResult result = machine.run(5);
    EXPECT_EQ(result.script_done, script.size());
    return result;
}

// What the other CPU had done when this one made its first step.
void note_other_first(void*) {
    word(4) = 100 + word(0);
    put(word(1), 1);
}

TEST(Script, RunsACpuForAnExactNumberOfSteps) {
    for (std::uint32_t count = 1; count <= 9; ++count) {
        Machine& machine = new_machine(2);
        add_body(0, store_and_look);
        add_body(1, [](void*) {
            put(word(1), 1);
            word(4) = 100 + word(0);
        });
        run_script(machine, {run_steps(0, Until::steps, count), run_steps(1, Until::exited)});
        EXPECT_EQ(word(4), 100 + count);
    }
}

TEST(Script, RunWithoutAConditionIsOneStep) {
    Machine& machine = new_machine(2);
    add_body(0, store_and_look);
    add_body(1, [](void*) {
        put(word(1), 1);
        word(4) = 100 + word(0);
    });
    run_script(machine,
               {run_steps(0, Until::none), run_steps(0, Until::none), run_steps(1, Until::exited)});
    EXPECT_EQ(word(4), 102U);
}

TEST(Script, RunsACpuUntilItsTaskHasExited) {
    Machine& machine = new_machine(2);
    add_body(0, store_and_look);
    add_body(1, note_other_first);
    run_script(machine, {run_steps(0, Until::exited), run_steps(1, Until::exited)});
    EXPECT_EQ(word(0), 9U);
    EXPECT_EQ(machine.run(1).picks.size(), 0U) << "a script leaves nothing to be picked";
}

void pass_landmarks(void*) {
    Machine& m = Machine::instance();
    put(word(0), 1);
    m.note_acquire_begin(0, false);
    put(word(0), 2);
    sim_point(5);
    put(word(0), 3);
    m.note_acquire_end(0, 0);
    put(word(0), 4);
    m.reach_label(3, 1);
    put(word(0), 5);
    m.note_release_begin(0);
    m.note_release_end(0);
    spin_until_set(word(2));
}

void note_and_release(void*) {
    put(word(1), 1);
    word(4) = 100 + word(0);
    put(word(2), 1);
}

std::uint64_t position_after(ScriptCommand command) {
    Machine& machine = new_machine(2);
    add_body(0, pass_landmarks);
    add_body(1, note_and_release);
    run_script(machine, {command, run_steps(1, Until::exited)});
    return word(4);
}

TEST(Script, RunsACpuUntilItPassesAPointALabelOrOwnsALock) {
    ScriptCommand point = run_steps(0, Until::point);
    point.point = 5;
    EXPECT_EQ(position_after(point), 102U);
    point.lock = 0;  // the attempt in progress is for this lock
    EXPECT_EQ(position_after(point), 102U);
    ScriptCommand holds = run_steps(0, Until::holds);
    holds.lock = 0;
    EXPECT_EQ(position_after(holds), 103U);
    ScriptCommand label = run_steps(0, Until::label);
    label.program = 3;
    label.label = 1;
    EXPECT_EQ(position_after(label), 104U);
    EXPECT_EQ(position_after(run_steps(0, Until::waits)), 105U);
}

TEST(Script, ACommandThatCannotBeMetIsSeenInTheResult) {
    Machine& machine = new_machine(2);
    add_body(0, store_and_look);
    add_body(1, store_and_look);
    ScriptCommand holds = run_steps(0, Until::holds);
    holds.lock = 3;
    machine.set_script({run_steps(1, Until::none), holds, run_steps(1, Until::exited)});
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.reason, EndReason::finished) << "the scheduler goes on";
    EXPECT_EQ(result.script_done, 1U);
}

TEST(Script, AnNmiOfTheScriptStrikesBetweenTheStepsItNames) {
    for (std::uint32_t count = 1; count <= 4; ++count) {
        Machine& machine = new_machine(1);
        add_body(0, store_and_look);
        Injection nmi =
            injection_of(Injection::Kind::nmi, [](void*, CpuId) { word(4) = 100 + word(0); });
        nmi.at.kind = Trigger::Kind::script;
        machine.add_injection(nmi);
        const ExecutionResult result =
            run_script(machine, {run_steps(0, Until::steps, count), inject(0)});
        EXPECT_EQ(result.injections_fired[0], 1U);
        EXPECT_EQ(word(4), 100 + count);
    }
}

TEST(Script, AnInjectionOfTheScriptNeverStrikesByItself) {
    Machine& machine = new_machine(1);
    add_body(0, store_and_look);
    Injection nmi = injection_of(Injection::Kind::nmi, [](void*, CpuId) {});
    nmi.at.kind = Trigger::Kind::script;
    machine.add_injection(nmi);
    machine.seal();
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        ASSERT_EQ(machine.run(seed).injections_fired[0], 0U);
}

TEST(Script, AHardirqThatCannotBeTakenNowFailsTheScript) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        const std::uint64_t flags = sim_irq_save();
        put(word(0), 1);
        sim_irq_restore(flags);
    });
    Injection hardirq = injection_of(Injection::Kind::hardirq, [](void*, CpuId) {});
    hardirq.at.kind = Trigger::Kind::script;
    machine.add_injection(hardirq);
    machine.set_script({run_steps(0, Until::steps, 2), inject(0)});
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.script_done, 1U);
    EXPECT_EQ(result.reason, EndReason::finished);
}

TEST(Script, ALeapMovesTheClockByExactlyThatMuch) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        put(word(0), 1);
        word(1) = sim_clock(SIM_SITE("clock"));
        word(2) = sim_clock(SIM_SITE("clock"));
    });
    run_script(machine, {run_steps(0, Until::steps, 2), leap(7 * kNsPerMs), leap(kNsPerMs),
                         run_steps(0, Until::exited)});
    EXPECT_EQ(word(1), 0U);
    EXPECT_EQ(word(2), 8 * kNsPerMs);
}

TEST(Script, ACpuWokenByALeapCanBeRunByTheNextCommand) {
    for (const bool other_sleeps : {false, true}) {
        Machine& machine = new_machine(2);
        add_body(0, [](void*) {
            sim_delay(5 * kNsPerMs);
            word(0) = Machine::instance().now();
        });
        if (other_sleeps)
            add_body(1, [](void*) { sim_delay(50 * kNsPerMs); });
        else
            add_body(1, store_and_look);
        run_script(machine, {run_steps(0, Until::none), run_steps(1, Until::none),
                             leap(6 * kNsPerMs), run_steps(0, Until::exited)});
        EXPECT_EQ(word(0), 6 * kNsPerMs);
    }
}

}  // namespace
}  // namespace lockstep
