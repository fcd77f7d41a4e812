// Exhaustive searches: the same whatever way they are made, nothing lost by leaving steps out, and
// the same ends as models of two locks that know nothing of the machine.
#include "scenarios/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "scenarios/prepare.h"
#include "sim/explorer.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

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

class Search : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }
};
using SearchModel = Search;

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
    for (const char* const text : {kTwo, kAbba}) {
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
    for (const char* const text : {kTwo, kNmi, kAbba}) {
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
        EXPECT_LT(few.counts.states * 10, all.counts.states * 7);
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
    EXPECT_EQ(signature(again.failures[0]), signature(report.failures[0]));
    EXPECT_EQ(again.failures[0].result.step_hash, report.failures[0].result.step_hash);
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

// --- against models that know nothing of the machine ------------------------------------------

using Registers = std::vector<std::int64_t>;  // r1 and r2 of every CPU, then x and y

class Ends final : public Explorer::Client {
  public:
    explicit Ends(PreparedScenario& prepared) : prepared_(prepared) {}
    bool fresh(std::uint64_t hash) override { return seen_.insert(hash).second; }
    bool on_finding(const ExecutionResult&) override { return true; }
    void on_end(const ExecutionResult& result) override {
        EXPECT_EQ(result.reason, EndReason::finished);
        Registers end;
        for (const PreparedScenario::Runner& runner : prepared_.runners())
            for (const int reg : {1, 2}) end.push_back(runner.body.state->registers[reg]);
        for (const void* const variable : prepared_.surroundings().variables)
            end.push_back(*static_cast<const std::int64_t*>(variable));
        ends.insert(end);
    }
    std::set<Registers> ends;

  private:
    PreparedScenario& prepared_;
    std::set<std::uint64_t> seen_;
};

std::set<Registers> ends_of(const std::string& lock, unsigned cpus,
                            const ExploreBounds& bounds = {}) {
    const std::string text = "scenario: 1\nname: model\nmachine: { cpus: " + std::to_string(cpus) +
                             " }\nlocks: { A: " + lock +
                             " }\nvariables: { x: 0, y: 0 }\nprograms:\n  worker: |\n"
                             "    r0 = " +
                             std::string(lock == "rqspinlock" ? "res_spin_lock" : "spin_lock") +
                             "(A);\n    r1 = READ_ONCE(x);\n    WRITE_ONCE(x, r1 + 1);\n    " +
                             (lock == "rqspinlock" ? "res_spin_unlock" : "spin_unlock") +
                             "(A);\n    r2 = READ_ONCE(y);\n    WRITE_ONCE(y, r2 + r1 + 1);\n"
                             "cpus: { 0-" +
                             std::to_string(cpus - 1) +
                             ": { task: worker } }\nexpect: { always: [ x > 0 ] }\n";
    const Scenario scenario = scenario_from(text);
    const Port port = open_port(lock);
    PreparedScenario prepared(scenario, port);
    Ends client(prepared);
    Explorer explorer(bounds, client);
    explorer.begin();
    while (!explorer.done()) explorer.advance();
    return client.ends;
}

// The same with the CPUs in order of what they read.
std::set<Registers> by_what_was_read(const std::set<Registers>& ends, unsigned cpus) {
    std::set<Registers> all;
    for (const Registers& end : ends) {
        std::vector<std::pair<std::int64_t, std::int64_t>> read;
        for (unsigned c = 0; c < cpus; ++c) read.emplace_back(end[2 * c], end[2 * c + 1]);
        std::sort(read.begin(), read.end());
        Registers sorted;
        for (const auto& [first, second] : read) sorted.insert(sorted.end(), {first, second});
        sorted.insert(sorted.end(), end.begin() + 2 * cpus, end.end());
        all.insert(sorted);
    }
    return all;
}

TEST_F(SearchModel, CpusTakenForEachOtherEndAsTheyDoByThemselves) {
    ExploreBounds symmetry;
    symmetry.symmetry = true;
    for (const char* const lock : {"ticket", "mcs", "qspinlock", "rqspinlock"}) {
        const std::set<Registers> all = ends_of(lock, 3);
        const std::set<Registers> few = ends_of(lock, 3, symmetry);
        EXPECT_LT(few.size(), all.size()) << lock;
        EXPECT_EQ(by_what_was_read(few, 3), by_what_was_read(all, 3)) << lock;
    }
}

// A lock as a model sees it: what one CPU can do next, as a function of where it is.
struct Model {
    static constexpr unsigned kCpusMax = 3;
    std::array<int, kCpusMax> at{};  // 0.. inside the lock, then kInside.. the section and the rest
    std::array<int, kCpusMax> mine{};
    std::array<std::int64_t, kCpusMax> r1{}, r2{};
    std::int64_t x = 0, y = 0;
    int next = 0, owner = 0;               // ticket
    bool locked = false, pending = false;  // pending bit
    auto operator<=>(const Model&) const = default;
};
constexpr int kInside = 10, kReadY = 13, kDone = 15;

using LockStep = std::function<bool(Model&, unsigned cpu)>;  // false: it has to wait

bool ticket_step(Model& m, unsigned cpu) {
    if (m.at[cpu] == 0) {
        m.mine[cpu] = m.next++;
        m.at[cpu] = 1;
        return true;
    }
    if (m.owner != m.mine[cpu]) return false;
    m.at[cpu] = kInside;
    return true;
}

// (pending, locked): a free word is taken, else the pending bit, else one waits for both.
bool pending_step(Model& m, unsigned cpu) {
    if (m.at[cpu] == 0) {
        if (!m.locked && !m.pending) {
            m.locked = true;
            m.at[cpu] = kInside;
        } else if (!m.pending) {
            m.pending = true;
            m.at[cpu] = 1;
        } else {
            return false;
        }
        return true;
    }
    if (m.locked) return false;
    m.pending = false;
    m.locked = true;
    m.at[cpu] = kInside;
    return true;
}

bool model_step(Model& m, unsigned cpu, const LockStep& lock) {
    switch (m.at[cpu]) {
        case kInside:
            m.r1[cpu] = m.x;
            break;
        case kInside + 1:
            m.x = m.r1[cpu] + 1;
            break;
        case kInside + 2:
            ++m.owner;
            m.locked = false;
            break;
        case kReadY:
            m.r2[cpu] = m.y;
            break;
        case kReadY + 1:
            m.y = m.r2[cpu] + m.r1[cpu] + 1;
            break;
        case kDone:
            return false;
        default:
            return lock(m, cpu);
    }
    ++m.at[cpu];
    return true;
}

std::set<Registers> ends_of_model(const LockStep& lock, unsigned cpus) {
    std::set<Registers> ends;
    std::set<Model> seen;
    std::vector<Model> open = {Model{}};
    while (!open.empty()) {
        const Model now = open.back();
        open.pop_back();
        if (!seen.insert(now).second) continue;
        bool moved = false;
        for (unsigned cpu = 0; cpu < cpus; ++cpu) {
            Model after = now;
            if (!model_step(after, cpu, lock)) continue;
            moved = true;
            open.push_back(after);
        }
        if (moved) continue;
        Registers end;
        for (unsigned cpu = 0; cpu < cpus; ++cpu) {
            EXPECT_EQ(now.at[cpu], kDone);
            end.push_back(now.r1[cpu]);
            end.push_back(now.r2[cpu]);
        }
        end.push_back(now.x);
        end.push_back(now.y);
        ends.insert(end);
    }
    return ends;
}

TEST_F(SearchModel, ATicketLockReachesTheEndsOfItsModel) {
    for (const unsigned cpus : {2U, 3U}) {
        EXPECT_EQ(ends_of("ticket", cpus), ends_of_model(ticket_step, cpus)) << cpus;
    }
}

TEST_F(SearchModel, ThePendingBitProtocolReachesTheEndsOfItsModel) {
    EXPECT_EQ(ends_of("qspinlock", 2), ends_of_model(pending_step, 2));
    EXPECT_EQ(ends_of("rqspinlock", 2), ends_of_model(pending_step, 2));
    EXPECT_EQ(ends_of("qspinlock", 3), ends_of_model(pending_step, 3));
}

}  // namespace
}  // namespace lockstep
