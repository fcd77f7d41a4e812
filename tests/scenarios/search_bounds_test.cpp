// What a search says where one of its bounds cuts a path.
#include <gtest/gtest.h>

#include "scenarios/judge.h"
#include "scenarios/search.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

const char* const kDelayed = R"(scenario: 1
name: delayed
machine: { cpus: 3 }
locks: { A: rqspinlock }
programs:
  busy: mdelay(1);
  handler: udelay(1);
cpus: { 0-2: { task: busy } }
inject:
  - { ctx: nmi, cpu: 0, run: handler, at: any }
  - { ctx: nmi, cpu: 1, run: handler, at: any }
  - { ctx: nmi, cpu: 2, run: handler, at: any }
expect: { always: [ A.word == 0 ] }
)";

SearchReport delayed(std::uint32_t injections) {
    SearchOptions options;
    options.keep_going = true;
    options.workers = 1;
    options.bounds.injections = injections;
    return search(scenario_from(kDelayed), open_port("rqspinlock"), options);
}

// All CPUs only wait for time. Where a bound forbids the interrupts that are left, time goes on.
TEST(SearchBounds, OnInjectionsAreKeptAndCutNoPath) {
    if (kSanitized) GTEST_SKIP() << "sanitizers keep equal states apart";
    std::uint64_t fewer = 0;
    for (std::uint32_t injections = 0; injections <= 3; ++injections) {
        const SearchReport report = delayed(injections);
        EXPECT_FALSE(report.truncated) << injections;
        EXPECT_EQ(describe_end(report), "complete") << injections;
        EXPECT_GT(report.counts.states, fewer) << injections;
        fewer = report.counts.states;
    }
}

// Nobody is preempted by whoever begins.
TEST(SearchBounds, OnPreemptionsLeaveEveryCpuTheFirstStep) {
    if (kSanitized) GTEST_SKIP() << "sanitizers keep equal states apart";
    const Scenario scenario = scenario_from(R"(scenario: 1
name: first
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  writer: WRITE_ONCE(x, 1);
  reader: r0 = READ_ONCE(x);
cpus: { 0: { task: writer }, 1: { task: reader } }
expect:
  sometimes: [ "reader@1.r0 == 0", "reader@1.r0 == 1" ]
)");
    const Port port = open_port("rqspinlock");
    SearchOptions options;
    options.bounds.preemptions = 0;
    const SearchReport report = search(scenario, port, options);
    EXPECT_EQ(describe_end(report), "complete");
    EXPECT_EQ(report.counts.ends, 2U);
    EXPECT_TRUE(judge_absences(scenario, port, report.harvest).empty());
}

TEST(SearchBounds, OnBytesOfAPathThatCutItAreNeverToldAsComplete) {
    if (kSanitized) GTEST_SKIP() << "sanitizers run again from boot and keep no bytes";
    SearchOptions options;
    options.keep_going = true;
    options.workers = 1;
    options.bounds.path_bytes_max = 4096;
    const SearchReport cut = search(scenario_from(kDelayed), open_port("rqspinlock"), options);
    EXPECT_GT(cut.counts.truncated, 0U);
    EXPECT_TRUE(cut.unjudged);
    EXPECT_EQ(describe_end(cut), "not complete: paths were cut before their end");
}

}  // namespace
}  // namespace lockstep
