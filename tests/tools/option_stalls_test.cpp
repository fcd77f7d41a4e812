// --stalls: the scenario as if its file said so, in whatever way its machine is written, down to
// the repro file of what is found.
#include <gtest/gtest.h>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"
#include "tools/commands.h"
#include "tools/option_stalls.h"

namespace lockstep {
namespace {

const char* const kRest = R"(locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) mdelay(2);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
explore: { strategy: exhaustive }
expect: { always: [ A.word == 0 ] }
)";

Scenario with_machine(const std::string& machine) {
    const std::string text = "scenario: 1\nname: slow\n" + machine + kRest;
    ReadResult read = read_scenario("slow", text);
    if (!read.scenario) ADD_FAILURE() << text;
    return read.scenario.value_or(Scenario{});
}

TEST(OptionStalls, SetsClockAndLeapsHoweverTheMachineIsWritten) {
    for (const char* const machine :
         {"machine: { cpus: 2 }\n", "machine: { cpus: 2, clock: stalls, time_max: 2s }\n",
          "machine: { clock: quiescent, arch: [x86_64, generic], cpus: 2, }\n",
          "machine: { leaps: 7, clock: stalls,\n           cpus: 2 }  # small\n",
          "machine:\n  cpus: 2\n", "machine:\n    clock: stalls\n    leaps: 5\n    cpus: 2\n"})
        for (const char* const wanted : {"0", "12", "unbounded"}) {
            Scenario scenario = with_machine(machine);
            const Scenario before = scenario;
            use_stalls(scenario, wanted);
            EXPECT_EQ(scenario.machine.clock, ClockMode::stalls) << machine;
            EXPECT_EQ(scenario.machine.leaps_max,
                      std::string(wanted) == "unbounded" ? kLeapsUnbounded : std::stoul(wanted))
                << machine;
            EXPECT_EQ(scenario.machine.cpus, 2U);
            EXPECT_EQ(scenario.machine.time_max, before.machine.time_max) << machine;
            EXPECT_NE(scenario.hash, before.hash);
        }
    Scenario untouched = with_machine("machine: { cpus: 2 }\n");
    const std::string hash = untouched.hash;
    use_stalls(untouched, "");
    EXPECT_EQ(untouched.hash, hash);
}

TEST(OptionStalls, RefusesWhatIsNoNumberOfLeapsAndAClockWithoutLeaps) {
    for (const char* const bad : {"few", "1001", "-1", "1 }", "99999999999999999999"}) {
        Scenario scenario = with_machine("machine: { cpus: 2 }\n");
        EXPECT_THROW(use_stalls(scenario, bad), UsageError) << bad;
    }
    Scenario timed = with_machine("machine: { cpus: 2, clock: timed }\n");
    EXPECT_THROW(use_stalls(timed, "1"), UsageError);
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "lock-2cpu", "--stalls", "few"});
    EXPECT_EQ(ran.code, 64) << ran.out;
    EXPECT_TRUE(has(ran.err, "--stalls: expected a number up to 1000 or `unbounded`")) << ran.err;
}

TEST(OptionStalls, StatesTheBoundAndWhatIsFoundReplaysFromItsReproFile) {
    if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    const Sandbox sandbox;
    const Ran sound = sandbox.run({"explore", "lock-2cpu", "-p", "rqspinlock", "--stalls", "2"});
    EXPECT_EQ(sound.code, 0) << sound.out << sound.err;
    EXPECT_TRUE(has(sound.out, "clock with 2 stalls")) << sound.out;
    for (const char* const strategy : {"exhaustive", "random"}) {
        const Ran ran = sandbox.run({"explore", "lock-2cpu", "-p", "broken/ignored-cmpxchg",
                                     "--stalls", "2", "--strategy", strategy});
        EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
        const std::string line = line_with(ran.out, "lockstep replay ");
        ASSERT_NE(line, "") << ran.out;
        const Ran again = sandbox.shell(line.substr(line.find("lockstep replay")));
        EXPECT_EQ(again.code, 1) << again.out << again.err;
        EXPECT_TRUE(has(again.out, "mutual-exclusion")) << again.out;
    }
}

}  // namespace
}  // namespace lockstep
