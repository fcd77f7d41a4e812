// Complete searches with leaps of time while somebody can run: how many are allowed, and that as
// many as there are still is a finite search.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "scenarios/search.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

// `leaps` of the machine; two CPUs meet once, and one word counts who was inside.
std::string meeting(const std::string& leaps) {
    return "scenario: 1\nname: meeting\nmachine: { cpus: 2, clock: stalls, leaps: " + leaps +
           R"(, time_max: 3s }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
expect: { always: [ A.word == 0, count(worker.r0 == 0) >= 1 ] }
)";
}

SearchReport search_meeting(const std::string& leaps, bool reexecute = false) {
    SearchOptions options;
    options.keep_going = true;
    options.workers = 1;
    options.states_max = 400'000;
    options.bounds.reexecute = reexecute;
    return search(scenario_from(meeting(leaps)), open_port("rqspinlock"), options);
}

bool somebody_timed_out(const SearchReport& report) {
    for (const auto& [outcome, times] : report.harvest.outcomes)
        if (outcome.find("-ETIMEDOUT") != std::string::npos || outcome.ends_with("=-110"))
            return true;
    return false;
}

class StallsSearch : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }
};

TEST_F(StallsSearch, EveryLeapMoreIsMoreToSeeAndSnapshotsAgreeWithRunningAgain) {
    std::uint64_t states = 0;
    for (const char* const leaps : {"0", "1", "3"}) {
        const SearchReport report = search_meeting(leaps);
        EXPECT_EQ(describe_end(report), "complete") << leaps;
        EXPECT_TRUE(report.failures.empty()) << report.failures[0].text;
        EXPECT_FALSE(somebody_timed_out(report)) << "a timeout takes hundreds of polls";
        EXPECT_GT(report.counts.states, states) << leaps;
        EXPECT_EQ(search_meeting(leaps, true).counts.states, report.counts.states);
        states = report.counts.states;
    }
}

// Where nobody waits there is nothing to leap to: such a leap would only be used up.
TEST_F(StallsSearch, ALeapThatLeadsNowhereIsNone) {
    const auto counts_with = [](const std::string& leaps) {
        const Scenario scenario = scenario_from(
            "scenario: 1\nname: apart\nmachine: { cpus: 2, clock: stalls, leaps: " + leaps + R"( }
locks: { A: rqspinlock, B: rqspinlock }
programs:
  one: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
  two: |
    r0 = res_spin_lock(B);
    if (!r0) res_spin_unlock(B);
cpus: { 0: { task: one }, 1: { task: two } }
expect: { always: [ A.word == 0, B.word == 0 ] }
)");
        SearchOptions options;
        options.workers = 1;
        options.bounds.own_memory = false;  // which depends on whether leaps are left
        return search(scenario, open_port("rqspinlock"), options).counts;
    };
    const ExploreCounts none = counts_with("0"), some = counts_with("5");
    EXPECT_GT(none.states, 20U);
    EXPECT_EQ(some.states, none.states);
    EXPECT_EQ(some.transitions, none.transitions);
    EXPECT_EQ(some.ends, none.ends);
}

// Counted from however many, each leap would make a state of its own.
TEST_F(StallsSearch, AsManyLeapsAsThereAreIsACompleteSearchInWhichWaitersTimeOut) {
    const SearchReport report = search_meeting("unbounded");
    EXPECT_EQ(describe_end(report), "complete");
    EXPECT_TRUE(report.failures.empty()) << report.failures[0].text;
    EXPECT_TRUE(somebody_timed_out(report));
    const SearchReport few = search_meeting("3");
    EXPECT_GT(report.counts.states, few.counts.states);
}

Scenario of_library(const std::string& name) {
    const std::string path = LOCKSTEP_SOURCE_DIR "/scenarios/explore/" + name + ".yaml";
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return scenario_from(text);
}

// A handler in the middle of an unlock, and both CPUs as slow as one likes: no answer is a mystery.
TEST_F(StallsSearch, OfTheLibraryFindNothingThatIsNotDocumented) {
    for (const char* const port : {"rqspinlock", "rqspinlock-tas"})
        for (const char* const name : {"abba-2cpu-stalls", "abba-nmi-2cpu-stalls"}) {
            const Scenario scenario = of_library(name);
            SearchOptions options;
            options.keep_going = true;
            options.workers = 2;
            if (scenario.explore.injection_bound) options.bounds.injections = 1;
            const SearchReport report = search(scenario, open_port(port), options);
            EXPECT_EQ(describe_end(report), "complete") << name << " on " << port;
            EXPECT_TRUE(report.failures.empty()) << report.failures[0].text << " on " << port;
            EXPECT_TRUE(report.harvest.allowed.contains("truthful-errors/stale")) << name;
        }
}

}  // namespace
}  // namespace lockstep
