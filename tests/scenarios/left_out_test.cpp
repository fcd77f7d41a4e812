// What happens behind a step that a search leaves out, and others can see, is seen in every order:
// the same ends and findings as if every step were a choice.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "scenarios/search.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

struct SeenCase {
    const char* name;
    const char* text;
};

const SeenCase kSeen[] = {
    // A condition that looks at a table without an access.
    {"Held", R"yaml(scenario: 1
name: held-wait
machine: { cpus: 2 }
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 0, y: 0 }
programs:
  p: |
    r0 = res_spin_lock(A);
    WRITE_ONCE(x, 1);
    res_spin_unlock(A);
    r0 = res_spin_lock(B);
    WRITE_ONCE(y, 1);
    res_spin_unlock(B);
  q: |
    wait_until(x == 1);
    r0 = res_spin_lock(A);
    if (!r0) {
      wait_until(held(0) == 0);
      r1 = READ_ONCE(y);
      res_spin_unlock(A);
    }
cpus: { 0: { task: p }, 1: { task: q } }
explore: { strategy: exhaustive }
expect: { always: [ "A.word == 0" ], never: [ "q@1.r0 == 0 && q@1.r1 == 0" ] }
)yaml"},
    // A register behind the call, that another CPU waits for.
    {"Register", R"yaml(scenario: 1
name: regs-wait
machine: { cpus: 2 }
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 0, y: 0 }
programs:
  p: |
    r0 = res_spin_lock(A);
    WRITE_ONCE(x, 1);
    res_spin_unlock(A);
    r5 = 1;
    WRITE_ONCE(y, 1);
  q: |
    r2 = READ_ONCE(x);
    if (r2 == 1) {
      r0 = res_spin_lock(A);
      wait_until(!returned(p@0.r5));
      res_spin_unlock(A);
    }
cpus: { 0: { task: p }, 1: { task: q } }
explore: { strategy: exhaustive }
expect: { always: [ "held(0) == 0" ], never: ["returned(q@1.r0) && A.word == 0"] }
allow: [ progress ]
)yaml"},
    // The end of the task behind the call.
    {"Exit", R"yaml(scenario: 1
name: exc
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  p: |
    r0 = res_spin_lock(A);
    WRITE_ONCE(x, 1);
    res_spin_unlock(A);
  q: |
    r1 = READ_ONCE(x);
    if (r1) {
      r0 = res_spin_lock(A);
      wait_until(!exited(p));
      res_spin_unlock(A);
    }
cpus: { 0: { task: p }, 1: { task: q } }
explore: { strategy: exhaustive }
expect: { never: ["returned(q@1.r0) && A.word == 0 && held(1) == 0"] }
allow: [ progress ]
)yaml"},
    // A barrier behind the call.
    {"Barrier", R"yaml(scenario: 1
name: bar2
machine: { cpus: 3 }
locks: { A: rqspinlock }
variables: { x: 0, z: 0 }
programs:
  p: |
    r0 = res_spin_lock(A);
    WRITE_ONCE(x, 1);
    res_spin_unlock(A);
    barrier(2);
    r1 = 5;
  q: |
    r0 = res_spin_lock(A);
    v = READ_ONCE(x);
    res_spin_unlock(A);
    if (v) {
      WRITE_ONCE(z, 1);
      barrier(2);
    }
  s: |
    v = READ_ONCE(z);
    if (v) { barrier(2); }
cpus: { 0: { task: p }, 1: { task: q }, 2: { task: s } }
explore: { strategy: exhaustive }
expect: { never: [ "q@1.v == 1 && s@2.v == 1 && !returned(p@0.r1)" ] }
allow: [ progress ]
)yaml"},
    // An injection that strikes at a label, whatever the bound on the others.
    {"AimedNmi", R"yaml(scenario: 1
name: bl4
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0, y: 0 }
programs:
  p: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
  q: |
    r0 = res_spin_lock(A);
    cs: WRITE_ONCE(y, 1);
    if (!r0) res_spin_unlock(A);
  h0: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0: { task: p }, 1: { task: q } }
inject:
  - { ctx: nmi, cpu: 0, run: h0, at: { program: q, label: cs } }
explore: { strategy: exhaustive, injection_bound: 0 }
expect: { always: [ "A.word == 0" ] }
)yaml"},
    // The clock at the beginning of a delay, after a handler that took time.
    {"Delay", R"yaml(scenario: 1
name: mark-delay
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0, q: 0, z: 0 }
programs:
  o: |
    udelay(100);
    WRITE_ONCE(x, 1);
    udelay(1400);
    v = READ_ONCE(z);
  w: |
    v = READ_ONCE(q);
    mdelay(1);
    WRITE_ONCE(z, 1);
  h: |
    WRITE_ONCE(q, 1);
    v = READ_ONCE(x);
    mdelay(1);
cpus: { 0: { task: o }, 1: { task: w } }
inject:
  - { ctx: nmi, cpu: 1, run: h, at: any }
explore: { strategy: exhaustive }
expect: { never: [ "w@1.v == 0 && h@1.v == 0 && o@0.v == 0" ] }
)yaml"},
    // A leap before the count of nodes is lowered.
    {"Leaps", R"yaml(scenario: 1
name: cnt2
machine: { cpus: 3, clock: stalls, leaps: 1 }
locks: { A: rqspinlock }
variables: { x: 0, z: 0 }
programs:
  a: |
    r0 = res_spin_lock(A);
    WRITE_ONCE(z, 1);
    res_spin_unlock(A);
  p: |
    r0 = res_spin_lock(A);
    if (!r0) { mdelay(1); WRITE_ONCE(x, 1); res_spin_unlock(A); }
cpus: { 0: { task: a }, 1: { task: p }, 2: { task: p } }
explore: { strategy: exhaustive }
expect: { always: [ "A.word == 0" ], sometimes: [ "max_wait_ns == 0", "max_wait_ns > 0"] }
allow: [truthful-errors, collateral, progress, bounded-time]
)yaml"},
};

std::set<std::string> signatures(const SearchReport& report) {
    std::set<std::string> all;
    for (const Failure& failure : report.failures) all.insert(failure.oracle + " " + failure.word);
    for (const auto& [finding, times] : report.harvest.allowed) all.insert(finding);
    return all;
}

class LeftOut : public testing::TestWithParam<SeenCase> {};

TEST_P(LeftOut, WhatOthersCanSeeBehindItIsSeenInEveryOrder) {
    if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    const Scenario scenario = scenario_from(GetParam().text);
    SearchOptions options;
    options.keep_going = true;
    if (const auto& bound = scenario.explore.injection_bound)
        options.bounds.injections = static_cast<std::uint32_t>(*bound);
    const SearchReport few = search(scenario, open_port("rqspinlock"), options);
    options.bounds.every_step = true;
    const SearchReport all = search(scenario, open_port("rqspinlock"), options);
    EXPECT_EQ(few.end, SearchReport::End::complete);
    EXPECT_LT(few.counts.states, all.counts.states);
    EXPECT_EQ(few.counts.ends, all.counts.ends);
    EXPECT_EQ(signatures(few), signatures(all));
}

INSTANTIATE_TEST_SUITE_P(Each, LeftOut, testing::ValuesIn(kSeen),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace lockstep
