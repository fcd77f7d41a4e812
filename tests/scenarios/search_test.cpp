// Exhaustive searches: the same whatever way they are made, and nothing lost by leaving steps out.
#include "scenarios/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

const char* const kTwo = R"(scenario: 1
name: two
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) WRITE_ONCE(x, 1);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
expect: { always: [ A.word == 0, count(worker.r0 == 0) == 2 ] }
)";

// With a third CPU there is a queue.
const char* const kQueueOfThree = R"(scenario: 1
name: three
machine: { cpus: 3 }
locks: { A: qspinlock }
programs:
  worker: |
    spin_lock(A);
    spin_unlock(A);
cpus: { 0-2: { task: worker } }
expect: { always: [ A.word == 0 ] }
)";

const char* const kNmi = R"(scenario: 1
name: nmi
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    l0: r0 = res_spin_lock(A);
    l1: if (!r0) res_spin_unlock(A);
  handler: |
    h0: r0 = res_spin_lock(A);
    h1: if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
inject:
  - { ctx: nmi, cpu: 0, run: handler, at: any }
  - { ctx: nmi, cpu: 1, run: handler, at: any }
explore: { strategy: exhaustive, injection_bound: 1 }
expect: { always: [ A.word == 0 ] }
allow: [truthful-errors/stale]
)";

const char* const kAbba = R"(scenario: 1
name: abba
machine: { cpus: 2 }
locks: { A: rqspinlock, B: rqspinlock }
programs:
  ab: |
    r0 = res_spin_lock(A);
    if (!r0) r1 = res_spin_lock(B);
    if (!r0 && !r1) res_spin_unlock(B);
    if (!r0) res_spin_unlock(A);
  ba: |
    r0 = res_spin_lock(B);
    if (!r0) r1 = res_spin_lock(A);
    if (!r0 && !r1) res_spin_unlock(A);
    if (!r0) res_spin_unlock(B);
cpus: { 0: { task: ab }, 1: { task: ba } }
expect: { always: [ A.word == 0 ] }
)";

// One preempts the other, and which is the next to run is part of the state of both.
const char* const kTwoTasks = R"(scenario: 1
name: tasks
machine: { cpus: 1 }
locks: { A: rqspinlock }
programs:
  once: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
  nested: |
    r0 = res_spin_lock(A);
    if (!r0) r1 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0: { tasks: [once, nested] } }
expect: { always: [ A.word == 0 ] }
)";

class Search : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }
};

SearchReport search_text(const std::string& text, const SearchOptions& options,
                         const std::string& port = "rqspinlock") {
    const Scenario scenario = scenario_from(text);
    SearchOptions used = options;
    if (scenario.explore.injection_bound && !used.bounds.injections)
        used.bounds.injections = static_cast<std::uint32_t>(*scenario.explore.injection_bound);
    return search(scenario, open_port(port), used);
}

SearchOptions keep_going(unsigned workers = 1) {
    SearchOptions options;
    options.keep_going = true;
    options.workers = workers;
    return options;
}

TEST_F(Search, EveryNumberOfWorkersFindsTheSameStatesAndEnds) {
    for (const char* const text : {kTwo, kNmi, kAbba}) {
        const SearchReport one = search_text(text, keep_going(1));
        EXPECT_EQ(one.end, SearchReport::End::complete);
        EXPECT_TRUE(one.failures.empty()) << one.failures[0].text;
        for (const unsigned workers : {2U, 5U}) {
            const SearchReport more = search_text(text, keep_going(workers));
            EXPECT_EQ(more.end, SearchReport::End::complete);
            EXPECT_EQ(more.counts.states, one.counts.states) << workers;
            EXPECT_EQ(more.counts.transitions, one.counts.transitions) << workers;
            EXPECT_EQ(more.counts.ends, one.counts.ends) << workers;
            EXPECT_EQ(more.harvest.outcomes, one.harvest.outcomes) << workers;
        }
    }
}

TEST_F(Search, TheNumbersOfEndsOfSmallCasesAreKnown) {
    EXPECT_EQ(search_text(kTwo, keep_going()).counts.ends, 1U);
    EXPECT_EQ(search_text(kAbba, keep_going()).counts.ends, 4U);
    EXPECT_EQ(search_text(kNmi, keep_going()).counts.ends, 13U);
}

TEST_F(Search, SnapshotsAndRunningAgainFromBootAgree) {
    for (const char* const text : {kTwo, kQueueOfThree, kNmi, kAbba, kTwoTasks}) {
        const SearchReport snapshots = search_text(text, keep_going());
        SearchOptions options = keep_going();
        options.bounds.reexecute = true;
        const SearchReport again = search_text(text, options);
        EXPECT_EQ(again.counts.states, snapshots.counts.states);
        EXPECT_EQ(again.counts.transitions, snapshots.counts.transitions);
        EXPECT_EQ(again.harvest.outcomes, snapshots.harvest.outcomes);
    }
}

TEST_F(Search, NoByteChangesWithoutAMarkAndNoTwoStatesShareAHash) {
    for (const char* const text : {kTwo, kNmi, kAbba, kTwoTasks}) {
        SearchOptions options = keep_going();
        options.bounds.verify = true;
        options.exact = true;
        const SearchReport checked = search_text(text, options);
        EXPECT_EQ(checked.end, SearchReport::End::complete);
        EXPECT_EQ(checked.counts.ends, search_text(text, keep_going()).counts.ends);
    }
}

// Of a wait that is over nothing must remain, or every round multiplies the states.
TEST_F(Search, ASecondRoundBeginsWhereTheFirstBegan) {
    const auto ends_after = [](const char* rounds) {
        std::string text = kTwo;
        const std::string body = "worker: |\n";
        text.insert(text.find(body) + body.size(), std::string("    repeat (") + rounds + ") {\n");
        text.insert(text.find("cpus: { 0-1"), "    }\n");
        return search_text(text, keep_going()).counts.ends;
    };
    EXPECT_EQ(ends_after("1"), 1U);
    EXPECT_EQ(ends_after("3"), 2U);  // a node given back keeps what was in it
}

TEST_F(Search, LeavingOutStepsThatNobodyNoticesLosesNoOutcome) {
    for (const char* const text : {kTwo, kQueueOfThree, kNmi, kAbba}) {
        const SearchReport few = search_text(text, keep_going());
        SearchOptions options = keep_going();
        options.bounds.every_step = true;
        const SearchReport all = search_text(text, options);
        EXPECT_GT(all.counts.states, few.counts.states);
        std::set<std::string> of_few, of_all, allowed_few, allowed_all;
        for (const auto& [outcome, times] : few.harvest.outcomes) of_few.insert(outcome);
        for (const auto& [outcome, times] : all.harvest.outcomes) of_all.insert(outcome);
        for (const auto& [finding, times] : few.harvest.allowed) allowed_few.insert(finding);
        for (const auto& [finding, times] : all.harvest.allowed) allowed_all.insert(finding);
        EXPECT_EQ(of_few, of_all);
        EXPECT_EQ(allowed_few, allowed_all);
    }
}

// "worker@1.r0=0" of any CPU.
std::set<std::string> without_cpus(const std::map<std::string, std::uint64_t>& outcomes) {
    std::set<std::string> all;
    for (const auto& [outcome, times] : outcomes) {
        const std::size_t at = outcome.find('@');
        all.insert(outcome.substr(0, at) + outcome.substr(outcome.find('.', at)));
    }
    return all;
}

TEST_F(Search, TakingCpusForEachOtherLosesNoOutcome) {
    const std::string three =
        std::string(kTwo).replace(std::string(kTwo).find("cpus: 2"), 7, "cpus: 3");
    const std::string third =
        "cpus: { 0-2: { task: worker } }\nexpect: { always: [ A.word == 0 ] }\n";
    const std::string plain = three.substr(0, three.find("cpus: { 0-1")) + third;
    for (const std::string& text : {plain, std::string(kNmi)}) {
        const SearchReport all = search_text(text, keep_going());
        SearchOptions options = keep_going();
        options.bounds.symmetry = true;
        const SearchReport few = search_text(text, options);
        EXPECT_EQ(few.end, SearchReport::End::complete);
        EXPECT_LT(few.counts.states * 6, all.counts.states * 5);
        EXPECT_EQ(without_cpus(few.harvest.outcomes), without_cpus(all.harvest.outcomes));
        EXPECT_EQ(few.harvest.allowed.size(), all.harvest.allowed.size());
        options.workers = 3;
        EXPECT_EQ(search_text(text, options).counts.states, few.counts.states);
    }
}

TEST_F(Search, WithoutSymmetryNothingOfItIsInAState) {
    // Two programs that differ by a name only: no CPU can be taken for another.
    std::string text = kTwo;
    text.replace(text.find("cpus: { 0-1: { task: worker } }"), 31,
                 "cpus: { 0: { task: worker }, 1: { task: other } }");
    text.replace(text.find("cpus: {"), 0,
                 "  other: |\n    r0 = res_spin_lock(A);\n    if (!r0) "
                 "WRITE_ONCE(x, 1);\n    if (!r0) res_spin_unlock(A);\n");
    text.replace(text.find("count(worker.r0 == 0) == 2"), 26, "x == 1");
    EXPECT_EQ(search_text(text, keep_going()).counts.ends,
              search_text(kTwo, keep_going()).counts.ends);
}

TEST_F(Search, AFailureIsFoundWithPicksThatReplayIt) {
    const SearchReport report = search_text(kTwo, SearchOptions{}, "broken/ignored-cmpxchg");
    EXPECT_EQ(report.end, SearchReport::End::failure);
    ASSERT_FALSE(report.failures.empty());
    RunOptions options;
    options.replay = report.failures[0].picks;
    const RunReport again =
        run_scenario(scenario_from(kTwo), open_port("broken/ignored-cmpxchg"), options);
    ASSERT_FALSE(again.failures.empty());
    EXPECT_NE(report.failures[0].site, "");
    Failure found = report.failures[0];
    found.site.clear();  // which a run does not look for
    EXPECT_EQ(signature(again.failures[0]), signature(found));
    EXPECT_EQ(again.failures[0].result.step_hash, report.failures[0].result.step_hash);
}

// A waiter warns: CPU0 where it saw the lock taken, CPU1 where it looked again.
int warning_acquire(void* lock) {
    static sim_site here = {"lock.c", "acquire", "WARN(taken)", 1, 0, 0, 0};
    sim_preempt_disable();
    for (;;) {
        std::uint64_t expected = 0;
        if (sim_cmpxchg(lock, &expected, 1, 4, SIM_ACQUIRE, SIM_SITE("cmpxchg(lock, 0, 1)")) != 0)
            return 0;
        if (sim_cpu() == 0) sim_warn(&here);
        sim_load(lock, 4, SIM_RELAXED, SIM_SITE("READ_ONCE(*lock)"));
        if (sim_cpu() == 1) sim_warn(&here);
        sim_relax(SIM_SITE("cpu_relax()"));
    }
}

TEST_F(Search, FindingsOfDifferentPlacesAreTwo) {
    std::string text = kQueueOfThree;
    text.replace(text.find("cpus: 3"), 7, "cpus: 2");
    text.replace(text.find("cpus: { 0-2"), 11, "cpus: { 0-1");
    text.replace(text.find("qspinlock"), 9, "tas");
    for (const unsigned workers : {1U, 2U}) {
        const SearchReport report =
            search(scenario_from(text), test_port(warning_acquire), keep_going(workers));
        std::set<std::string> places;
        for (const Failure& failure : report.failures) places.insert(failure.site);
        EXPECT_EQ(places.size(), report.failures.size());
        EXPECT_GE(places.size(), 2U);
    }
}

TEST_F(Search, BreadthFirstFindsAShortestWay) {
    SearchOptions options;
    options.breadth_first = true;
    const SearchReport broad = search_text(kTwo, options, "broken/ignored-cmpxchg");
    const SearchReport deep = search_text(kTwo, SearchOptions{}, "broken/ignored-cmpxchg");
    ASSERT_FALSE(broad.failures.empty());
    ASSERT_FALSE(deep.failures.empty());
    EXPECT_LT(broad.counts.depth_max, deep.counts.depth_max);
    SearchOptions everything = options;
    everything.keep_going = true;
    const SearchReport whole = search_text(kTwo, everything);
    EXPECT_EQ(whole.end, SearchReport::End::complete);
    EXPECT_EQ(whole.counts.ends, search_text(kTwo, keep_going()).counts.ends);
}

TEST_F(Search, BoundsOnPreemptionsAndInjectionsGrowWithTheSpace) {
    std::uint64_t before = 0;
    for (const std::uint32_t bound : {0U, 1U, 2U}) {
        SearchOptions options = keep_going();
        options.bounds.preemptions = bound;
        const SearchReport report = search_text(kTwo, options);
        EXPECT_EQ(report.end, SearchReport::End::complete);
        EXPECT_GT(report.counts.states, before);
        before = report.counts.states;
    }
    SearchOptions none = keep_going();
    none.bounds.injections = 0;
    const SearchReport quiet = search_text(kNmi, none);
    for (const auto& fired : quiet.harvest.fired)
        for (const std::uint64_t times : fired) EXPECT_EQ(times, 0U);
}

TEST_F(Search, LimitsEndItWithTheirNameAndNeverAsComplete) {
    for (const unsigned workers : {1U, 2U}) {
        SearchOptions few = keep_going(workers);
        few.states_max = 500;
        const SearchReport states = search_text(kNmi, few);
        EXPECT_EQ(describe_end(states), "stopped: as many states as asked for");
        EXPECT_GE(states.counts.states, 500U);
        EXPECT_LT(states.counts.states, 1000U);  // they look at it now and then
    }
    SearchOptions options = keep_going();
    options.states_max = 500;
    options.breadth_first = true;
    EXPECT_EQ(search_text(kNmi, options).end, SearchReport::End::states);
    volatile std::sig_atomic_t interrupted = 1;
    options = keep_going();
    options.interrupted = &interrupted;
    const SearchReport cut = search_text(kNmi, options);
    EXPECT_EQ(cut.end, SearchReport::End::interrupted);
    EXPECT_EQ(describe_end(cut), "interrupted");
}

TEST_F(Search, ALimitThatIsMetAtTheVeryEndTakesNothingAway) {
    const SearchReport whole = search_text(kAbba, keep_going());
    SearchOptions options = keep_going();
    options.states_max = whole.counts.states;
    const SearchReport just_enough = search_text(kAbba, options);
    EXPECT_EQ(just_enough.end, SearchReport::End::complete);
    EXPECT_EQ(just_enough.counts.states, whole.counts.states);
}

TEST_F(Search, AFinishedCheckpointTellsTheSameAgainAndOfAnotherSearchIsRefused) {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("search-" + std::to_string(getpid()))).string();
    SearchOptions options = keep_going(2);
    options.checkpoint = path;
    const SearchReport first = search_text(kTwo, options);
    const SearchReport again = search_text(kTwo, options);
    EXPECT_EQ(again.resumed, 1U);
    EXPECT_EQ(again.counts.states, first.counts.states);
    EXPECT_EQ(again.harvest.outcomes, first.harvest.outcomes);
    EXPECT_THROW(search_text(kAbba, options), CheckpointError);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
    EXPECT_THROW(search_text(kTwo, options), CheckpointError);
    std::ofstream(path, std::ios::trunc) << "something else";
    EXPECT_THROW(search_text(kTwo, options), CheckpointError);
    std::filesystem::remove(path);
}

TEST_F(Search, WhatIsInMemoryOnlyTakesNoCheckpoint) {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("memory-" + std::to_string(getpid()))).string();
    SearchOptions broad = keep_going(), exact = keep_going();
    broad.checkpoint = exact.checkpoint = path;
    broad.breadth_first = exact.exact = true;
    EXPECT_THROW(search_text(kTwo, broad), CheckpointError);
    EXPECT_THROW(search_text(kTwo, exact), CheckpointError);
    EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace lockstep
