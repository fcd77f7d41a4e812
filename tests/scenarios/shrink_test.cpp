// Shrinking keeps the failure, never makes a token longer, and is done when it is done.
#include "scenarios/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/token.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

// Three CPUs, two rounds: enough for a queue.
const char* const kQueue = R"(scenario: 1
name: queue
machine: { cpus: 3 }
locks: { A: rqspinlock }
programs:
  worker: |
    repeat (2) {
      r0 = res_spin_lock(A);
      if (!r0) res_spin_unlock(A);
    }
cpus:
  0-2: { task: worker }
explore: { strategy: random, seeds: 1..200 }
expect:
  always:
    - A.word == 0
)";

// The first failure of a random schedule: round-robin fails by itself too often to be of use.
Failure random_failure(const Scenario& scenario, const Port& port) {
    RunOptions options;
    options.scheduler = "random";
    const RunReport report = run_scenario(scenario, port, options);
    EXPECT_FALSE(report.failures.empty()) << port.name;
    return report.failures.empty() ? Failure{} : report.failures.front();
}

Failure replayed(const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks) {
    RunOptions options;
    options.replay = picks;
    const RunReport report = run_scenario(scenario, port, options);
    EXPECT_FALSE(report.failures.empty());
    return report.failures.empty() ? Failure{} : report.failures.front();
}

Shrunk shrink_schedule_of(const Scenario& scenario, const Port& port,
                          const std::vector<PickRun>& picks) {
    ShrinkOptions options;
    options.keep_scenario = true;
    return shrink(scenario, port, picks, options);
}

std::uint32_t lines_in(const std::string& text) {
    return static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

class ShrinkOf : public testing::TestWithParam<const char*> {};

TEST_P(ShrinkOf, ABrokenLockKeepsTheFailureAndReplays) {
    const Scenario scenario = scenario_from(kQueue);
    const Port port = open_port(GetParam());
    const Failure failure = random_failure(scenario, port);
    const Shrunk shrunk = shrink_schedule_of(scenario, port, failure.picks);
    ASSERT_EQ(shrunk.refused, "");
    const Failure& small = shrunk.schedule.failure;
    EXPECT_LT(write_picks(small.picks).size(), write_picks(failure.picks).size());
    EXPECT_LT(cost_of(shrunk.schedule), cost_of(shrunk.given));
    EXPECT_EQ(failure_key(scenario, small), failure_key(scenario, failure));
    const Failure again = replayed(scenario, port, small.picks);
    EXPECT_EQ(failure_key(scenario, again), failure_key(scenario, failure));
    EXPECT_EQ(again.result.step_hash, small.result.step_hash);
}

TEST_P(ShrinkOf, AShrunkRunChangesNothing) {
    const Scenario scenario = scenario_from(kQueue);
    const Port port = open_port(GetParam());
    const Failure failure = random_failure(scenario, port);
    const Shrunk once = shrink_schedule_of(scenario, port, failure.picks);
    const Shrunk twice = shrink_schedule_of(scenario, port, once.schedule.failure.picks);
    EXPECT_EQ(twice.schedule.failure.picks, once.schedule.failure.picks);
    EXPECT_EQ(twice.given.choices, once.schedule.choices);
    const Shrunk same = shrink_schedule_of(scenario, port, failure.picks);
    EXPECT_EQ(same.schedule.failure.picks, once.schedule.failure.picks);
    EXPECT_EQ(same.executions, once.executions);
}

// The scenario too: it gets smaller, stays a scenario, fails in the same way and is then done.
TEST_P(ShrinkOf, TheScenarioOfABrokenLockGetsSmaller) {
    const Scenario scenario = scenario_from(kQueue);
    const Port port = open_port(GetParam());
    const Failure failure = random_failure(scenario, port);
    const Shrunk shrunk = shrink(scenario, port, failure.picks, {});
    ASSERT_TRUE(shrunk.smaller.has_value());
    const Scenario& small = shrunk.smaller->scenario;
    EXPECT_LT(lines_in(small.text), lines_in(scenario.text));
    ASSERT_TRUE(read_scenario("inline", small.text).scenario.has_value());
    const std::vector<PickRun>& picks = shrunk.smaller->best.failure.picks;
    EXPECT_LE(write_picks(picks).size(), write_picks(shrunk.schedule.failure.picks).size());
    const Failure again = replayed(small, port, picks);
    EXPECT_EQ(failure_key(small, again), failure_key(scenario, failure));
    EXPECT_EQ(again.result.step_hash, shrunk.smaller->best.failure.result.step_hash);

    const Shrunk twice = shrink(small, port, picks, {});
    EXPECT_FALSE(twice.smaller.has_value()) << twice.smaller->scenario.text;
    EXPECT_EQ(twice.schedule.failure.picks, picks);
}

INSTANTIATE_TEST_SUITE_P(Ports, ShrinkOf,
                         testing::Values("broken/counts-own-attempt", "broken/unlinked-node",
                                         "broken/never-queues", "broken/leaked-node",
                                         "broken/whole-word-unlock", "broken/sleepy-backoff"),
                         [](const testing::TestParamInfo<const char*>& port) {
                             std::string name = port.param;
                             for (char& c : name)
                                 if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                             return name;
                         });

// The second CPU faults if it finds the lock taken: that needs one switch in the middle.
int faulting_acquire(void* lock) {
    sim_preempt_disable();
    std::uint64_t expected = 0;
    if (sim_cmpxchg(lock, &expected, 1, 4, SIM_ACQUIRE, SIM_SITE("cmpxchg(lock, 0, 1)")) != 0)
        return 0;
    volatile int* volatile nowhere = nullptr;
    return *nowhere;
}

const char* const kPlain = R"(scenario: 1
name: plain
machine: { cpus: 2 }
locks: { A: tas }
programs:
  worker: |
    repeat (3) {
      spin_lock(A);
      smp_mb();
      spin_unlock(A);
    }
cpus:
  0-1: { task: worker }
explore: { strategy: random, seeds: 1..50 }
expect:
  always:
    - 1 == 1
)";

TEST(Shrink, ARunThatCrashesIsMadeSmallerToo) {
    const Scenario scenario = scenario_from(kPlain);
    const Port port = test_port(faulting_acquire);
    const Failure failure = random_failure(scenario, port);
    ASSERT_EQ(failure.kind, Failure::Kind::crashed) << failure.text;
    const Shrunk shrunk = shrink_schedule_of(scenario, port, failure.picks);
    ASSERT_EQ(shrunk.refused, "");
    EXPECT_LE(shrunk.schedule.choices.size(), 2U);
    const Failure again = replayed(scenario, port, shrunk.schedule.failure.picks);
    EXPECT_EQ(again.kind, Failure::Kind::crashed);
    EXPECT_EQ(again.text, failure.text);
    const Shrunk twice = shrink_schedule_of(scenario, port, shrunk.schedule.failure.picks);
    EXPECT_EQ(twice.schedule.failure.picks, shrunk.schedule.failure.picks);
}

TEST(Shrink, RefusesARunThatDoesNotFail) {
    const Scenario scenario = scenario_from(kContention);
    const Shrunk shrunk = shrink_schedule_of(scenario, open_port("rqspinlock"), {});
    EXPECT_NE(shrunk.refused.find("does not fail"), std::string::npos) << shrunk.refused;
}

TEST(Shrink, RefusesPicksThatDoNotFit) {
    const Scenario scenario = scenario_from(kContention);
    const Shrunk shrunk = shrink_schedule_of(scenario, open_port("rqspinlock"), {PickRun{1, 7, 1}});
    EXPECT_NE(shrunk.refused.find("do not fit"), std::string::npos) << shrunk.refused;
}

TEST(Shrink, EndsWithTheBestSoFarWhenItIsInterrupted) {
    const Scenario scenario = scenario_from(kQueue);
    const Port port = open_port("broken/unlinked-node");
    const Failure failure = random_failure(scenario, port);
    static volatile std::sig_atomic_t interrupted = 0;
    interrupted = 0;
    ShrinkOptions options;
    options.keep_scenario = true;
    options.interrupted = &interrupted;
    options.progress = [](const std::string&) { interrupted = 1; };  // at the first success
    const Shrunk shrunk = shrink(scenario, port, failure.picks, options);
    EXPECT_TRUE(shrunk.interrupted);
    EXPECT_LT(cost_of(shrunk.schedule), cost_of(shrunk.given));
    EXPECT_EQ(failure_key(scenario, shrunk.schedule.failure), failure_key(scenario, failure));
}

TEST(Shrink, EndsWithTheBestSoFarAtItsLimitAndGoesOnTheNextTime) {
    const Scenario scenario = scenario_from(kQueue);
    const Port port = open_port("broken/unlinked-node");
    const Failure failure = random_failure(scenario, port);
    ShrinkOptions options;
    options.keep_scenario = true;
    options.executions_max = 10;
    const Shrunk part = shrink(scenario, port, failure.picks, options);
    EXPECT_TRUE(part.exhausted);
    EXPECT_FALSE(part.interrupted);
    EXPECT_EQ(failure_key(scenario, part.schedule.failure), failure_key(scenario, failure));
    options.executions_max = 2'000;
    const Shrunk rest = shrink(scenario, port, part.schedule.failure.picks, options);
    EXPECT_FALSE(rest.exhausted);
    EXPECT_LT(cost_of(rest.schedule), cost_of(part.schedule));
    // No execution at all: nothing is found, and nothing is lost.
    options.keep_scenario = false;
    options.executions_max = 0;
    const Shrunk none = shrink(scenario, port, failure.picks, options);
    EXPECT_TRUE(none.exhausted);
    EXPECT_EQ(cost_of(none.schedule), cost_of(none.given));
    EXPECT_FALSE(none.smaller.has_value());
}

TEST(Shrink, DropsCpusInjectionsAndStatementsThatDoNotMatter) {
    const Scenario scenario = scenario_from(R"(scenario: 1
name: too-much
machine: { cpus: 4 }
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 0, y: 0 }
programs:
  worker: |
    WRITE_ONCE(x, 1);
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
    r1 = READ_ONCE(x);
  handler: |
    WRITE_ONCE(y, 1);
cpus:
  0-2: { task: worker }
  3: { task: worker }
inject:
  - { ctx: nmi, cpu: 2, run: handler, at: any }
  - { ctx: nmi, cpu: 1, run: handler, at: any }
explore: { strategy: random, seeds: 1..50 }
expect:
  always:
    - worker@3.r0 == 0
    - A.word == 0 && y <= 1
)");
    const Port port = open_port("broken/leaked-entry");
    const Failure failure = random_failure(scenario, port);
    const Shrunk shrunk = shrink(scenario, port, failure.picks, {});
    ASSERT_TRUE(shrunk.smaller.has_value());
    const Scenario& small = shrunk.smaller->scenario;
    EXPECT_EQ(small.injections.size(), 0U) << small.text;
    EXPECT_EQ(small.tasks.size(), 1U) << small.text;
    EXPECT_EQ(small.machine.cpus, 1U) << small.text;
    EXPECT_EQ(small.locks.size(), 1U) << small.text;
    ASSERT_EQ(small.programs.size(), 1U) << small.text;
    EXPECT_LE(small.programs[0].statements.size(), 2U) << small.text;
    EXPECT_TRUE(small.variables.empty()) << small.text;
}

TEST(Shrink, KeepsTheConditionThatIsViolated) {
    std::string text = kContention;
    text.replace(text.find("A.word == 0"), 11, "worker@1.r0 == 1");
    const Scenario scenario = scenario_from(text);
    const Port port = open_port("rqspinlock");
    const Failure failure = random_failure(scenario, port);
    ASSERT_EQ(failure.kind, Failure::Kind::expectation);
    const Shrunk shrunk = shrink(scenario, port, failure.picks, {});
    ASSERT_TRUE(shrunk.smaller.has_value());
    const std::vector<Expectation>& left = shrunk.smaller->scenario.expectations;
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].condition.text, "worker@1.r0 == 1");
}

// The lock in the key: the same oracle about another lock is another failure.
TEST(FailureKey, TellsLocksApartButNotSchedules) {
    const Scenario scenario = scenario_from(kQueue);
    Failure failure;
    failure.oracle = "mutual-exclusion";
    failure.word = "two-owners";
    failure.finding.emplace();
    failure.finding->lock = 0;
    failure.text = "CPU1 task was given A, which CPU0 task still owns";
    const std::string on_a = failure_key(scenario, failure);
    failure.text = "CPU12 task was given A, which CPU3 task still owns";
    failure.seed = 7;
    EXPECT_EQ(failure_key(scenario, failure), on_a);
    failure.text = "CPU1 task releases A without owning it";
    EXPECT_NE(failure_key(scenario, failure), on_a);
    failure.text = "CPU1 task was given A, which CPU0 task still owns";
    failure.finding->lock = kNoLock;
    EXPECT_NE(failure_key(scenario, failure), on_a);
}

TEST(FailureKey, OfAConditionIsTheConditionWithoutTheRegisters) {
    const Scenario scenario = scenario_from(kQueue);
    Failure one, other;
    one.kind = other.kind = Failure::Kind::expectation;
    one.text = "`x == 1` must always hold and does not (worker@0: r0 = 0)";
    other.text = "`x == 1` must always hold and does not (worker@0: r0 = 1)";
    one.line = 3;
    EXPECT_EQ(failure_key(scenario, one), failure_key(scenario, other));
    other.text = "`x == 2` must always hold and does not (worker@0: r0 = 0)";
    EXPECT_NE(failure_key(scenario, one), failure_key(scenario, other));
}

// A run whose attempts would all be long if they were followed to their ends.
TEST(Trial, IsGivenUpWhenItGoesOnMuchLongerThanTheRunItIsComparedWith) {
    const char* const text = R"(scenario: 1
name: long
machine: { cpus: 1 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    repeat (200000) { WRITE_ONCE(x, 1); }
cpus:
  0: { task: worker }
expect:
  always: [ A.word == 7 ]
)";
    const Scenario scenario = scenario_from(text);
    const Port port = open_port("rqspinlock");
    TrialBench bench(port, nullptr);
    bench.use(scenario);
    bench.aim({});
    const TrialAnswer whole = bench.attempt({});
    ASSERT_TRUE(whole.reproduced);
    TrialGoal goal;
    goal.key = failure_key(scenario, whole.failures.front());
    goal.site = site_of(scenario, whole.failures.front());
    for (const Failure& failure : whole.failures) goal.also.insert(failure_key(scenario, failure));
    const std::uint64_t before = bench.effort();
    bench.aim(goal);
    EXPECT_TRUE(bench.attempt({}).reproduced);
    const std::uint64_t long_way = bench.effort() - before;
    goal.steps = 100;
    bench.aim(goal);
    EXPECT_FALSE(bench.attempt({}).reproduced);
    EXPECT_LT(bench.effort() - before - long_way, long_way / 10);
}

}  // namespace
}  // namespace lockstep
