// What scenario bodies do, seen from the registers they leave behind.
#include "scenarios/interpreter.h"

#include <gtest/gtest.h>

#include <map>

#include "scenarios/runner.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

std::string indented(const std::string& body) {
    std::string text = "    ";
    for (const char c : body) text += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return text;
}

// One program per CPU, run once by round-robin and by a few random schedules. Returns the outcomes
// as "p0@0.r0" -> value, if it was the same in every execution.
std::map<std::string, std::string> outcomes(const std::vector<std::string>& bodies,
                                            const std::string& head = "",
                                            const std::string& lock_class = "rqspinlock",
                                            const std::string& condition = "A.word == 0") {
    std::string text = "scenario: 1\nname: bodies\n" + head +
                       "machine: { cpus: " + std::to_string(bodies.size()) +
                       " }\nlocks: { A: " + lock_class + ", B: " + lock_class + " }\nprograms:\n";
    for (std::size_t i = 0; i < bodies.size(); ++i)
        text += "  p" + std::to_string(i) + ": |\n" + indented(bodies[i]) + "\n";
    text += "cpus:\n";
    for (std::size_t i = 0; i < bodies.size(); ++i)
        text += "  " + std::to_string(i) + ": { task: p" + std::to_string(i) + " }\n";
    text += "explore: { strategy: random, seeds: 1..20 }\nexpect:\n  always:\n    - " + condition +
            "\n";
    const RunReport report = run_scenario(scenario_from(text), open_port("rqspinlock"), {});
    for (const Failure& failure : report.failures)
        ADD_FAILURE() << failure.oracle << "/" << failure.word << ": " << failure.text;
    std::map<std::string, std::string> values;
    for (const auto& [outcome, executions] : report.outcomes) {
        const std::size_t equals = outcome.find(" = ");
        const std::string name = outcome.substr(0, equals);
        values[name] = executions == report.executions ? outcome.substr(equals + 3) : "varies";
    }
    return values;
}

TEST(Interpreter, AssignsAndCalculates) {
    auto values = outcomes({"r0 = 2 + 3 * 4;\nr1 = r0 == 14 ? -1 : 1;\nr2 = !r1;"});
    EXPECT_EQ(values["p0@0.r0"], "14");
    EXPECT_EQ(values["p0@0.r1"], "-1");
    EXPECT_EQ(values["p0@0.r2"], "0");
}

TEST(Interpreter, AConditionGuardsOneStatementOrABlock) {
    auto values =
        outcomes({"r0 = 1;\nif (r0) r1 = 5;\nif (!r0) r2 = 5;\n"
                  "if (r0 == 1) { r3 = 6; r4 = 7; }\nif (r0 == 2) { r5 = 6; }\nr6 = 1;"});
    EXPECT_EQ(values["p0@0.r1"], "5");
    EXPECT_FALSE(values.contains("p0@0.r2"));
    EXPECT_EQ(values["p0@0.r3"], "6");
    EXPECT_EQ(values["p0@0.r4"], "7");
    EXPECT_FALSE(values.contains("p0@0.r5"));
    EXPECT_EQ(values["p0@0.r6"], "1");
}

TEST(Interpreter, LoopsNestAndCount) {
    auto values = outcomes(
        {"r0 = 0;\nr1 = 0;\nrepeat (3) {\n  r0 = r0 + 1;\n  repeat (4) { r1 = r1 + 1; }\n}"});
    EXPECT_EQ(values["p0@0.r0"], "3");
    EXPECT_EQ(values["p0@0.r1"], "12");
}

TEST(Interpreter, AnUnknownConditionSkipsAndAnUnknownValueAssignsNothing) {
    auto values = outcomes({"if (r9 == 0) r0 = 1;\nr1 = r9 + 1;\nr2 = 3;\nif (r2 == 4) r9 = 1;"});
    EXPECT_FALSE(values.contains("p0@0.r0"));
    EXPECT_FALSE(values.contains("p0@0.r1"));
    EXPECT_EQ(values["p0@0.r2"], "3");
}

TEST(Interpreter, VariablesAreSharedAndBarriersSeparateRounds) {
    const std::string head = "variables: { x: 7, y: 0 }\n";
    auto values = outcomes({"r0 = READ_ONCE(x);\nWRITE_ONCE(y, r0 + 1);\nbarrier(2);\n"
                            "smp_mb();\nr1 = READ_ONCE(x);",
                            "smp_rmb();\nbarrier(2);\nr0 = READ_ONCE(y);\nr1 = r0;"},
                           head);
    EXPECT_EQ(values["p0@0.r0"], "7");
    EXPECT_EQ(values["p0@0.r1"], "7");
    EXPECT_EQ(values["p1@1.r0"], "8");
}

TEST(Interpreter, ABarrierIsUsedAgainAndAgain) {
    const std::string head = "variables: { x: 0 }\n";
    // CPU 0 counts, the others look; without the barriers they would meet any value.
    const std::string looker =
        "repeat (5) { barrier(3); barrier(3); r0 = READ_ONCE(x); barrier(3); }";
    auto values = outcomes({"repeat (5) { barrier(3); r0 = READ_ONCE(x); WRITE_ONCE(x, r0 + 1); "
                            "barrier(3); barrier(3); }",
                            looker, looker},
                           head);
    EXPECT_EQ(values["p0@0.r0"], "4");
    EXPECT_EQ(values["p1@1.r0"], "5");
    EXPECT_EQ(values["p2@2.r0"], "5");
}

TEST(Interpreter, WaitUntilSeesLocksVariablesAndTheEndOfTasks) {
    const std::string head = "variables: { x: 0 }\n";
    auto values = outcomes({"r0 = res_spin_lock(A);\nwait_until(x == 1);\nres_spin_unlock(A);",
                            "wait_until(A.locked);\nr0 = 5;\nWRITE_ONCE(x, 1);\n"
                            "wait_until(exited(p0) && A.word == 0);\nr1 = 6;"},
                           head);
    EXPECT_EQ(values["p0@0.r0"], "0");
    EXPECT_EQ(values["p1@1.r1"], "6");
}

TEST(Interpreter, DelaysTakeTheTimeTheySay) {
    outcomes({"mdelay(2);"}, "", "rqspinlock", "time_ns == 2ms");
    outcomes({"udelay(30);"}, "", "rqspinlock", "time_ns == 30us");
    outcomes({"ndelay(40);"}, "", "rqspinlock", "time_ns == 40ns");
    outcomes({"mdelay(2);", "mdelay(3);"}, "", "rqspinlock", "time_ns == 3ms");
}

TEST(Interpreter, TheWaitOfAnAcquireIsItsLongest) {
    outcomes({"wait_until(A.locked);\nrepeat (2) { r0 = res_spin_lock(A); res_spin_unlock(A); }",
              "r0 = res_spin_lock(A);\nwait_until(A.pending);\nmdelay(7);\nres_spin_unlock(A);"},
             "", "rqspinlock", "max_wait_ns == 7ms && p0@0.wait_ns == 7ms && p1@1.wait_ns == 0");
}

TEST(Interpreter, TrylockDoesNotWait) {
    auto plain = outcomes({"r0 = spin_trylock(A);\nr1 = spin_trylock(A);\n"
                           "if (!r0) spin_unlock(A);\nr2 = spin_lock(B);\nspin_unlock(B);"},
                          "", "tas");
    EXPECT_EQ(plain["p0@0.r0"], "0");
    EXPECT_EQ(plain["p0@0.r1"], "-EBUSY");
    EXPECT_EQ(plain["p0@0.r2"], "0");
}

TEST(Interpreter, IrqFlagsGoIntoTheirOwnRegister) {
    auto values =
        outcomes({"r0 = res_spin_lock_irqsave(A, flags);\n"
                  "if (!r0) res_spin_unlock_irqrestore(A, flags);\n"
                  "local_irq_save(outer);\nlocal_irq_save(inner);\n"
                  "local_irq_restore(inner);\nlocal_irq_restore(outer);\n"
                  "preempt_disable();\npreempt_enable();\n"
                  "local_irq_disable();\nlocal_irq_enable();\nr1 = 1;"});
    EXPECT_EQ(values["p0@0.r0"], "0");
    EXPECT_EQ(values["p0@0.r1"], "1");
}

TEST(Interpreter, AFailedAcquireIsARegisterLikeAnyOther) {
    auto values =
        outcomes({"r0 = res_spin_lock(A);\nr1 = res_spin_lock(A);\n"
                  "if (r1 == -EDEADLK) r2 = 1;\n"
                  "if (!r0) res_spin_unlock(A);"});
    EXPECT_EQ(values["p0@0.r1"], "-EDEADLK");
    EXPECT_EQ(values["p0@0.r2"], "1");
}

TEST(Interpreter, ASleepingTaskLeavesTheCpuToAnother) {
    const std::string text = R"(scenario: 1
name: sleeper
machine: { cpus: 1 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  sleeper: |
    WRITE_ONCE(x, 1);
    msleep(3);
    r0 = READ_ONCE(x);
  other: |
    wait_until(x == 1);
    WRITE_ONCE(x, 2);
cpus:
  0: { tasks: [sleeper, other] }
explore: { strategy: round-robin }
expect:
  always: [ sleeper@0.r0 == 2, time_ns >= 3ms ]
)";
    const RunReport report = run_scenario(scenario_from(text), open_port("rqspinlock"), {});
    for (const Failure& failure : report.failures) ADD_FAILURE() << failure.text;
    EXPECT_EQ(report.executions, 1u);
}

}  // namespace
}  // namespace lockstep
