// Scenarios written into a test: reads the text and fails the test with the reader's words if it
// is not a scenario.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "scenarios/scenario.h"

namespace lockstep {

// REQUIRES: `text` is a scenario; `name:` in it decides nothing here.
inline Scenario scenario_from(const std::string& text) {
    ReadResult result = read_scenario("inline", text);
    for (const Problem& problem : result.problems)
        ADD_FAILURE() << describe_problem("inline", problem);
    if (!result.scenario) std::abort();
    return std::move(*result.scenario);
}

// Two CPUs meet on one lock.
inline const char* const kContention = R"(scenario: 1
name: contention
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus:
  0: { task: worker }
  1: { task: worker }
explore: { strategy: random, seeds: 1..50 }
expect:
  always:
    - worker@0.r0 == 0 && worker@1.r0 == 0
    - A.word == 0
)";

// An NMI wants the lock that the task below it holds.
inline const char* const kAaNmi = R"(scenario: 1
name: aa-nmi
machine: { cpus: 1 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    cs: mdelay(20);
    if (!r0) res_spin_unlock(A);
  handler: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus:
  0: { task: worker }
inject:
  - { ctx: nmi, cpu: 0, run: handler, at: { program: worker, label: cs } }
explore: { strategy: random, seeds: 1..5 }
expect:
  always:
    - worker@0.r0 == 0
    - handler@0.r0 == -EDEADLK
    - A.word == 0 && held(0) == 0
)";

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

}  // namespace lockstep
