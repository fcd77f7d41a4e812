// Sampling campaigns: they find broken locks, stop when they are told to, and come to the same
// result however many workers make them.
#include "scenarios/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "sim/schedulers/portfolio.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

const char* const kThree = R"(scenario: 1
name: three
machine: { cpus: 3 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) r1 = READ_ONCE(x);
    if (!r0) WRITE_ONCE(x, r1 + 1);
    if (!r0) res_spin_unlock(A);
cpus:
  0-2: { task: worker }
expect:
  always:
    - A.word == 0
)";

const char* const kAnyNmi = R"(scenario: 1
name: nmi
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
  handler: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus:
  0-1: { task: worker }
inject:
  - { ctx: nmi, cpu: 0, run: handler, at: any }
expect:
  always:
    - A.word == 0
allow: [truthful-errors/stale]
)";

SamplingReport run(const std::string& text, const std::string& port, SamplingOptions options) {
    if (!options.executions && !options.plateau && !options.seconds) options.executions = 500;
    return sample(scenario_from(text), open_port(port), options);
}

SamplingOptions with(const std::string& strategy, std::uint64_t executions) {
    SamplingOptions options;
    options.strategy = strategy;
    options.executions = executions;
    options.workers = 1;
    return options;
}

// --- broken locks --------------------------------------------------------------------------------

struct Broken {
    const char* port;
    std::uint64_t within;  // executions, for every strategy
};

class Strategy : public testing::TestWithParam<std::string> {};

TEST_P(Strategy, FindsBrokenLocksByTheirOracleWithinAStatedNumberOfExecutions) {
    for (const Broken& broken :
         {Broken{"broken/ignored-cmpxchg", 500}, Broken{"broken/leaked-node", 100},
          Broken{"broken/whole-word-unlock", 100}, Broken{"broken/stale-entry", 10},
          Broken{"broken/preempt-leak", 100}}) {
        const SamplingReport report = run(kThree, broken.port, with(GetParam(), broken.within));
        const std::string oracle = open_port(broken.port).caught_by;
        const bool caught = std::any_of(
            report.discoveries.begin(), report.discoveries.end(),
            [&oracle](const Discovery& found) { return found.failure.oracle == oracle; });
        EXPECT_TRUE(caught) << broken.port;
    }
}

TEST_P(Strategy, EndsWithTheFirstExecutionThatFailsUnlessToldOtherwise) {
    const SamplingReport report = run(kThree, "broken/leaked-node", with(GetParam(), 1000));
    EXPECT_EQ(report.end, SamplingReport::End::failure);
    ASSERT_FALSE(report.discoveries.empty());
    for (const Discovery& found : report.discoveries) {
        EXPECT_EQ(found.execution, report.harvest.executions);
        EXPECT_EQ(found.failure.seed, found.execution);
        EXPECT_EQ(found.times, 1U);
        EXPECT_FALSE(found.failure.picks.empty());
        EXPECT_TRUE(found.strategy.starts_with(GetParam()));
    }
}

TEST_P(Strategy, FindsNothingInASoundLock) {
    const SamplingReport report = run(kThree, "rqspinlock", with(GetParam(), 300));
    EXPECT_TRUE(report.discoveries.empty());
    EXPECT_EQ(report.harvest.executions, 300U);
    EXPECT_EQ(report.end, SamplingReport::End::executions);
    EXPECT_GT(report.covered("site"), 20U);
    EXPECT_GT(report.covered("point"), 5U);
    EXPECT_GT(report.covered("pair"), 20U);
    EXPECT_GT(report.harvest.steps_max, report.harvest.steps_min);
    EXPECT_EQ(report.harvest.truncated, 0U);
}

TEST_P(Strategy, RunTwiceMakesTheSameStepsAndEndsInTheSameState) {
    for (const char* machine : {"{ cpus: 2 }", "{ cpus: 2, clock: stalls, leaps: 2 }"}) {
        std::string text = kAnyNmi;
        text.replace(text.find("{ cpus: 2 }"), 11, machine);
        SamplingOptions options = with(GetParam(), 400);
        options.twice = true;
        options.keep_going = true;
        for (const Discovery& found : run(text, "rqspinlock", options).discoveries)
            EXPECT_NE(found.failure.kind, Failure::Kind::nondeterminism) << found.failure.text;
    }
}

TEST_P(Strategy, LetsAnInjectionStrikeEarlyLateAndNotAtAll) {
    std::string text = kAnyNmi;
    text.replace(text.find("    - A.word == 0\n"), 18,
                 "    - A.word == 0\n  never:\n    - \"fired(0) == 0\"\n");
    SamplingOptions options = with(GetParam(), 300);
    options.keep_going = true;
    const SamplingReport report = run(text, "rqspinlock", options);
    ASSERT_FALSE(report.discoveries.empty());
    // "Never not fired" is violated by those executions in which it did not strike.
    EXPECT_GT(report.discoveries[0].times, 5U);
    EXPECT_LT(report.discoveries[0].times, 150U);
}

INSTANTIATE_TEST_SUITE_P(All, Strategy, testing::Values("random", "pct", "pos", "urw", "portfolio"),
                         [](const auto& each) { return each.param; });

// --- the same result
// ------------------------------------------------------------------------------

struct Bytes {
    std::string harvest;
    std::vector<std::uint64_t> found;
    std::uint64_t last_news;
    friend bool operator==(const Bytes&, const Bytes&) = default;
};

Bytes result_with(unsigned workers, const std::string& port, SamplingOptions options) {
    options.workers = workers;
    const SamplingReport report = run(kThree, port, options);
    Bytes bytes{"", {}, report.last_news};
    Harvest harvest = report.harvest;
    harvest.next = 0;
    for (Failure& failure : harvest.failures) failure.result.state_hash = 0;
    harvest.first_result.state_hash = 0;  // the heap of a process may lie elsewhere
    bytes.harvest = pack(harvest);
    for (const Discovery& found : report.discoveries) {
        bytes.found.push_back(found.execution);
        bytes.found.push_back(found.times);
    }
    return bytes;
}

TEST(Sampling, DoesNotDependOnTheNumberOfWorkers) {
    SamplingOptions options = with("portfolio", 700);
    const Bytes first_only = result_with(1, "broken/leaked-node", options);
    EXPECT_EQ(result_with(2, "broken/leaked-node", options), first_only);
    EXPECT_EQ(result_with(5, "broken/leaked-node", options), first_only);
    options.keep_going = true;
    const Bytes all = result_with(1, "broken/leaked-node", options);
    EXPECT_EQ(result_with(3, "broken/leaked-node", options), all);
    EXPECT_GT(all.found.size(), first_only.found.size());
}

TEST(Sampling, StopsAtAPlateauThatDoesNotDependOnTheNumberOfWorkersEither) {
    SamplingOptions options = with("urw", 100'000);
    options.plateau = 200;
    options.workers = 1;
    const SamplingReport report = run(kThree, "rqspinlock", options);
    EXPECT_EQ(report.end, SamplingReport::End::plateau);
    EXPECT_GE(report.harvest.executions - report.last_news, 200U);
    EXPECT_LT(report.harvest.executions - report.last_news, 200U + 64U);
    EXPECT_EQ(result_with(3, "rqspinlock", options), result_with(1, "rqspinlock", options));
}

TEST(Sampling, ATimeLimitEndsACampaignThatWouldNotEnd) {
    SamplingOptions options;
    options.strategy = "random";
    options.seconds = 0.3;
    const SamplingReport report = run(kThree, "rqspinlock", options);
    EXPECT_EQ(report.end, SamplingReport::End::seconds);
    EXPECT_GT(report.harvest.executions, 0U);
}

volatile std::sig_atomic_t asked = 0;

TEST(Sampling, IsInterruptedWithWhatThereIs) {
    asked = 0;
    SamplingOptions options = with("random", 1'000'000'000);
    options.interrupted = &asked;
    options.progress = [](std::uint64_t done, std::size_t) {
        if (done > 200) asked = 1;
    };
    const SamplingReport report = run(kThree, "rqspinlock", options);
    EXPECT_EQ(report.end, SamplingReport::End::interrupted);
    EXPECT_GT(report.harvest.executions, 200U);
}

TEST(Sampling, TellsFailuresApartByWhereTheyHappened) {
    SamplingOptions options = with("random", 300);
    options.keep_going = true;
    const SamplingReport report = run(kThree, "broken/leaked-node", options);
    ASSERT_FALSE(report.discoveries.empty());
    std::uint64_t before = 0;
    for (const Discovery& found : report.discoveries) {
        EXPECT_GE(found.execution, before);
        EXPECT_GE(found.times, 1U);
        EXPECT_LE(found.times, 300U);
        EXPECT_NE(found.failure.site, "");
        before = found.execution;
    }
}

// --- crashes -------------------------------------------------------------------------------------

int crash_sometimes(void* lock) {
    const std::uint64_t seen = sim_load(lock, 4, SIM_RELAXED, SIM_SITE("READ_ONCE(*lock)"));
    if (seen != 0) *static_cast<volatile int*>(nullptr) = 1;
    return test_acquire(lock);
}

TEST(Sampling, GoesOnBehindEveryCrash) {
    std::string text = kThree;
    text.replace(text.find("A: rqspinlock"), 13, "A: tas");
    for (std::size_t at = text.find("res_spin_"); at != std::string::npos;
         at = text.find("res_spin_"))
        text.replace(at, 9, "spin_");
    const Scenario scenario = scenario_from(text);
    const Port port = test_port(crash_sometimes);
    SamplingOptions options = with("random", 100);
    options.keep_going = true;
    options.workers = 2;
    const SamplingReport report = sample(scenario, port, options);
    EXPECT_EQ(report.harvest.executions, 100U);
    ASSERT_FALSE(report.discoveries.empty());
    EXPECT_EQ(report.discoveries[0].failure.kind, Failure::Kind::crashed);
    EXPECT_GT(report.discoveries[0].times, 1U);
}

TEST(PairsMissed, AreThoseThatOnlyTheOtherReached) {
    Harvest chosen, other;
    chosen.covered = {{"pair a -> b", 0}, {"site a", 0}};
    other.covered = {{"pair a -> b", 0}, {"pair b -> a", 5}, {"site b", 0}};
    EXPECT_EQ(pairs_missed(open_port("rqspinlock"), chosen, other),
              std::vector<std::string>{"pair b -> a"});
    EXPECT_TRUE(pairs_missed(open_port("rqspinlock"), other, chosen).empty());
}

// --- the guarantee
// --------------------------------------------------------------------------------

TEST(Guarantee, IsThatOfPctForThisScenario) {
    SamplingReport report;
    report.strategy = "pct";
    report.estimates.depth = 3;
    report.estimates.steps = 100;
    const std::string text = guarantee(scenario_from(kThree), report);
    EXPECT_NE(text.find("depth 3 among 3 CPUs in 100 steps"), std::string::npos) << text;
    EXPECT_NE(text.find("1/30000 "), std::string::npos) << text;
    EXPECT_EQ(text.find("injections"), std::string::npos);
    EXPECT_NE(guarantee(scenario_from(kAnyNmi), report).find("places of the injections"),
              std::string::npos);
    report.estimates.depth = 1;
    EXPECT_NE(guarantee(scenario_from(kThree), report).find("1/3 "), std::string::npos);
    report.strategy = "portfolio";
    EXPECT_NE(guarantee(scenario_from(kThree), report).find("execution by pct, every fourth"),
              std::string::npos);
    for (std::uint64_t seed = 1; seed <= 8; ++seed)
        EXPECT_EQ(std::string(portfolio_member(seed)), portfolio_member(seed + 4));
    report.strategy = "pos";
    EXPECT_EQ(guarantee(scenario_from(kThree), report), "");
}

}  // namespace
}  // namespace lockstep
