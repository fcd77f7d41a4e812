// Whole campaigns: what a scenario expects, what it allows, and what never happened.
#include "scenarios/runner.h"

#include <gtest/gtest.h>

#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

RunReport run(const std::string& text, const std::string& port_name, RunOptions options = {}) {
    const Scenario scenario = scenario_from(text);
    const Port port = open_port(port_name);
    return run_scenario(scenario, port, options);
}

std::string all_texts(const RunReport& report) {
    std::string text;
    for (const Failure& failure : report.failures)
        text += failure.oracle + "/" + failure.word + ": " + failure.text + "\n";
    return text;
}

// The only failure of a run that must have exactly one.
Failure only_failure(const RunReport& report) {
    EXPECT_EQ(report.failures.size(), 1u) << all_texts(report);
    EXPECT_EQ(report.verdict, RunReport::Verdict::not_as_expected);
    return report.failures.empty() ? Failure{} : report.failures[0];
}

TEST(Runner, TwoCpusTakeTurns) {
    const RunReport report = run(kContention, "rqspinlock");
    EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected) << all_texts(report);
    EXPECT_EQ(report.executions, 51u);
    EXPECT_EQ(report.bounds,
              "2 CPUs, sc memory, quiescent clock, 0 injections, "
              "1 round-robin and 50 random schedules");
}

TEST(Runner, AnNmiOnTheOwnersCpuIsToldOfTheDeadlock) {
    const RunReport report = run(kAaNmi, "rqspinlock");
    EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected) << all_texts(report);
    ASSERT_EQ(report.first.size(), 2u);
    EXPECT_EQ(report.first[1].program, "handler");
    EXPECT_EQ(report.first[1].reg, "r0");
    EXPECT_EQ(report.first[1].lock, "A");
    EXPECT_EQ(report.first[1].ret, -kEdeadlk);
}

TEST(Runner, AWorkerAndThisProcessComeToTheSame) {
    RunOptions here;
    here.in_process = true;
    const RunReport in_worker = run(kContention, "rqspinlock");
    const RunReport in_process = run(kContention, "rqspinlock", here);
    EXPECT_EQ(in_worker.steps, in_process.steps);
    EXPECT_EQ(in_worker.outcomes, in_process.outcomes);
    EXPECT_EQ(in_worker.first_result.step_hash, in_process.first_result.step_hash);
}

TEST(Runner, EverythingIsTheSameTheSecondTime) {
    RunOptions twice;
    twice.twice = true;
    for (const char* const text : {kContention, kAaNmi})
        for (const char* const port : {"rqspinlock", "rqspinlock-tas"}) {
            const RunReport report = run(text, port, twice);
            EXPECT_TRUE(report.failures.empty()) << all_texts(report);
        }
}

TEST(Runner, AViolatedAlwaysNamesItsLineAndTheRegisters) {
    const std::string text = replaced(kAaNmi, "handler@0.r0 == -EDEADLK", "handler@0.r0 == 0");
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.kind, Failure::Kind::expectation);
    EXPECT_EQ(failure.line, 21u);
    EXPECT_EQ(failure.text,
              "`handler@0.r0 == 0` must always hold and does not "
              "(worker@0: r0 = 0; handler@0: r0 = -EDEADLK)");
}

TEST(Runner, AFailuresPicksReplayIt) {
    const std::string text =
        replaced(kContention, "worker@0.r0 == 0 && worker@1.r0 == 0", "max_wait_ns == 0");
    const std::string slow = replaced(text, "if (!r0)", "mdelay(1);\n    if (!r0)");
    const Failure failure = only_failure(run(slow, "rqspinlock"));
    RunOptions options;
    options.replay = failure.picks;
    const RunReport again = run(slow, "rqspinlock", options);
    EXPECT_EQ(again.executions, 1u);
    const Failure replayed = only_failure(again);
    EXPECT_EQ(replayed.text, failure.text);
    EXPECT_EQ(replayed.result.step_hash, failure.result.step_hash);
    EXPECT_EQ(replayed.result.diverged_at, 0u);
}

TEST(Runner, AReplayOfForeignPicksSaysWhereItDiverged) {
    RunOptions options;
    options.replay = std::vector<PickRun>{{0, 2, 1}, {0, 7, 1}};
    const RunReport report = run(kContention, "rqspinlock", options);
    EXPECT_EQ(report.first_result.diverged_at, 2u);
}

TEST(Runner, ASometimesThatNeverHeldIsAFailure) {
    const std::string text =
        std::string(kContention) + "  sometimes: [ worker@0.r0 == -EDEADLK ]\n";
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.kind, Failure::Kind::never_seen);
    EXPECT_EQ(failure.text, "`worker@0.r0 == -EDEADLK` held in no execution");
    const std::string held = std::string(kContention) + "  sometimes: [ worker@0.r0 == 0 ]\n";
    EXPECT_TRUE(run(held, "rqspinlock").failures.empty());
}

TEST(Runner, ANeverThatHeldIsAFailure) {
    const std::string text = std::string(kContention) + "  never: [ worker@0.r0 == 0 ]\n";
    EXPECT_EQ(only_failure(run(text, "rqspinlock")).kind, Failure::Kind::expectation);
    const std::string fine = std::string(kContention) + "  never: [ worker@0.r0 == 1 ]\n";
    EXPECT_TRUE(run(fine, "rqspinlock").failures.empty());
}

TEST(Runner, AnInjectionThatNeverFiredIsAFailureNotAPass) {
    const std::string text =
        replaced(replaced(kAaNmi, "at: { program: worker, label: cs }", "at: { step: 100000 }"),
                 "    - handler@0.r0 == -EDEADLK\n", "");
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.kind, Failure::Kind::never_fired);
    EXPECT_EQ(failure.line, 16u);
}

TEST(Runner, AnAlwaysAboutAHandlerThatNeverRanIsNotAPass) {
    const std::string text =
        replaced(kAaNmi, "at: { program: worker, label: cs }", "at: { step: 100000 }");
    const RunReport report = run(text, "rqspinlock");
    ASSERT_EQ(report.failures.size(), 2u) << all_texts(report);
    EXPECT_EQ(report.failures[0].kind, Failure::Kind::never_seen);
    EXPECT_EQ(report.failures[1].kind, Failure::Kind::never_fired);
}

TEST(Runner, SomeSeedsOnlyDoNotJudgeWhatNeverHappened) {
    RunOptions options;
    options.seed_first = 1;
    const std::string text = std::string(kContention) + "  sometimes: [ worker@0.r0 == 1 ]\n";
    const RunReport report = run(text, "rqspinlock", options);
    EXPECT_EQ(report.executions, 1u);
    EXPECT_TRUE(report.failures.empty()) << all_texts(report);
}

const char* const kPendingNmi = R"(scenario: 1
name: pending-nmi
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  owner: |
    r0 = res_spin_lock(A);
    wait_until(A.pending);
    mdelay(5);
    res_spin_unlock(A);
  waiter: |
    wait_until(A.locked);
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
  handler: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus:
  0: { task: waiter }
  1: { task: owner }
inject:
  - { ctx: nmi, cpu: 0, run: handler, at: { point: [rq.pending.set, rq.pending.wait], lock: A } }
explore: { strategy: round-robin }
expect:
  always:
    - handler@0.r0 == -EDEADLK
    - waiter@0.r0 == 0
  sometimes:
    - at == rq.pending.set
    - at == rq.pending.wait
)";

TEST(Runner, EveryPointOfAnInjectionHasItsExecution) {
    const RunReport report = run(kPendingNmi, "rqspinlock");
    EXPECT_EQ(report.executions, 2u);
    EXPECT_TRUE(report.failures.empty()) << all_texts(report);
}

TEST(Runner, APointThatIsNeverReachedIsToldByName) {
    const std::string text =
        replaced(replaced(kPendingNmi, "[rq.pending.set, rq.pending.wait]",
                          "[rq.pending.wait, rq.tas.wait]"),
                 "  sometimes:\n    - at == rq.pending.set\n    - at == rq.pending.wait\n", "");
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.kind, Failure::Kind::never_fired);
    EXPECT_NE(failure.text.find("rq.tas.wait"), std::string::npos) << failure.text;
}

TEST(Runner, AScenarioForOtherPortsIsSkippedWithTheReason) {
    const std::string text = "requires: has(tas)\n" + std::string(kContention);
    const RunReport report = run(text, "rqspinlock");
    EXPECT_EQ(report.verdict, RunReport::Verdict::skipped);
    EXPECT_NE(report.skip_reason.find("has(tas)"), std::string::npos);
    EXPECT_EQ(report.executions, 0u);
    EXPECT_EQ(run(text, "rqspinlock-tas").verdict, RunReport::Verdict::as_expected);
}

TEST(Runner, AScenarioForAKernelWithoutAPendingByteIsSkippedWhereThereIsOne) {
    const auto about = [](const std::string& cpus) {
        return replaced(kContention, "cpus: 2 }", "cpus: 2, nr_cpus: " + cpus + " }");
    };
    EXPECT_EQ(run(about("16384"), "rqspinlock").verdict, RunReport::Verdict::skipped);
    EXPECT_EQ(run(about("64"), "rqspinlock").verdict, RunReport::Verdict::as_expected);
    EXPECT_EQ(run(about("16384"), "rqspinlock-tas").verdict, RunReport::Verdict::as_expected);
}

TEST(Runner, AnExpectationForOtherPortsIsNotJudged) {
    const std::string text = std::string(kContention) +
                             "  never:\n    - { if: \"has(tas)\", cond: \"worker@0.r0 == 0\" }\n";
    EXPECT_TRUE(run(text, "rqspinlock").failures.empty());
    EXPECT_FALSE(run(text, "rqspinlock-tas").failures.empty());
}

TEST(Runner, AScriptThatCannotGoOnIsAFailure) {
    const std::string text = replaced(
        kContention, "explore:", "script: [ run cpu0 until point rq.head.wait ]\nexplore:");
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.kind, Failure::Kind::script_stuck);
    EXPECT_NE(failure.text.find("command 1"), std::string::npos) << failure.text;
}

TEST(Runner, AScriptBeginsEveryExecution) {
    const std::string text = replaced(replaced(kContention, "explore:",
                                               "script:\n  - run cpu1 until holds A\n"
                                               "  - run cpu0 until waits\nexplore:"),
                                      "- A.word == 0", "- events(rq.pending.set) == 1");
    const RunReport report = run(text, "rqspinlock");
    EXPECT_TRUE(report.failures.empty()) << all_texts(report);
}

TEST(Runner, AllFailuresAreCollectedIfAskedFor) {
    const std::string text =
        replaced(kContention, "- A.word == 0", "- A.word == 1\n    - A.word == 2");
    RunOptions options;
    options.stop_at_failure = false;
    const RunReport all = run(text, "rqspinlock", options);
    EXPECT_EQ(all.executions, 51u);
    EXPECT_EQ(all.failures.size(), 2u) << all_texts(all);
    EXPECT_EQ(run(text, "rqspinlock").executions, 1u);
}

TEST(Runner, ProgressEndsAtTheTotal) {
    RunOptions options;
    std::uint64_t last = 0;
    options.progress = [&last](std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(done, total);
        last = done;
    };
    run(kContention, "rqspinlock", options);
    EXPECT_EQ(last, 51u);
}

volatile std::sig_atomic_t runner_interrupted = 0;

TEST(Runner, AnInterruptedRunReportsWhatThereIs) {
    runner_interrupted = 0;
    RunOptions options;
    options.interrupted = &runner_interrupted;
    options.seed_first = 1;
    options.seed_last = 1'000'000'000;
    options.progress = [](std::uint64_t, std::uint64_t) { runner_interrupted = 1; };
    const RunReport report = run(kContention, "rqspinlock", options);
    EXPECT_TRUE(report.interrupted);
    EXPECT_GT(report.executions, 0u);
    EXPECT_NE(report.bounds.find("ended after"), std::string::npos) << report.bounds;
}

TEST(Runner, APlateauEndsTheCampaign) {
    const std::string text =
        replaced(kContention, "seeds: 1..50", "seeds: 1..5000, stop: { plateau: 20 }");
    const RunReport report = run(text, "rqspinlock");
    EXPECT_TRUE(report.failures.empty()) << all_texts(report);
    EXPECT_EQ(report.executions, 21u);
}

TEST(Runner, AFindingIsAFailureUnlessTheScenarioAllowsIt) {
    const Failure failure = only_failure(run(kContention, "broken/leaked-entry"));
    EXPECT_EQ(failure.kind, Failure::Kind::finding);
    EXPECT_EQ(failure.oracle + "/" + failure.word, "held-table/leak");
    ASSERT_TRUE(failure.finding.has_value());
    EXPECT_EQ(failure.text, failure.finding->text);

    const std::string allowed = std::string(kContention) + "allow: [ held-table/leak ]\n";
    const RunReport report = run(allowed, "broken/leaked-entry");
    EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected) << all_texts(report);
    EXPECT_EQ(report.allowed, std::vector<std::string>{"held-table/leak (51 executions)"});

    const std::string other = std::string(kContention) + "allow: [ held-table/stale ]\n";
    EXPECT_EQ(only_failure(run(other, "broken/leaked-entry")).word, "leak");
    const std::string elsewhere =
        std::string(kContention) + "allow:\n  - { finding: held-table, if: has(tas) }\n";
    EXPECT_EQ(only_failure(run(elsewhere, "broken/leaked-entry")).word, "leak");
}

TEST(Runner, ARequiredFindingThatNobodyMadeIsAFailure) {
    const std::string text =
        std::string(kContention) + "allow:\n  - { finding: held-table/leak, required: true }\n";
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.kind, Failure::Kind::never_found);
    EXPECT_EQ(failure.line, 18u);
    EXPECT_TRUE(run(text, "broken/leaked-entry").failures.empty());
}

TEST(Runner, AWaitForWhatNeverComesIsAFinding) {
    const std::string text =
        replaced(kContention, "if (!r0)", "wait_until(exited(worker));\n    if (!r0)");
    const Failure failure = only_failure(run(text, "rqspinlock"));
    EXPECT_EQ(failure.oracle, "progress");
    EXPECT_EQ(failure.word, "stuck");
    EXPECT_EQ(failure.result.reason, EndReason::stuck);
}

TEST(Runner, AStepLimitIsNeverAPass) {
    const std::string text = replaced(kContention, "seeds: 1..50", "seeds: 1..50, max_steps: 5");
    const RunReport report = run(text, "rqspinlock");
    ASSERT_FALSE(report.failures.empty());
    EXPECT_EQ(report.failures[0].oracle, "progress") << all_texts(report);
}

TEST(Runner, ALockOfAnotherClassComesFromItsOwnPort) {
    std::string text = replaced(kContention, "A: rqspinlock", "A: qspinlock");
    text = replaced(text, "r0 = res_spin_lock(A);", "spin_lock(A); r0 = 0;");
    text = replaced(text, "res_spin_unlock(A);", "spin_unlock(A);");
    const RunReport report = run(text, "rqspinlock");
    EXPECT_TRUE(report.failures.empty()) << all_texts(report);
}

}  // namespace
}  // namespace lockstep
