// Fairness figures: how often each CPU was given each lock and how long it had to wait for it. The
// fairness oracle judges the order of service; these are figures and no verdict. Collected only
// where somebody asks for them.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/oracle.h"
#include "sim/types.h"

namespace lockstep {

// Of one lock, over any number of executions.
struct LockFairness {
    std::vector<std::uint64_t> acquisitions;  // per CPU
    std::uint64_t refused = 0;                // attempts that came back without the lock
    // The longest of all waits, refused or not: in steps of the whole machine, and in virtual time,
    // which need not be the same one.
    std::uint64_t wait_steps = 0;
    CpuId wait_steps_cpu = 0;
    TimeNs wait_ns = 0;
    CpuId wait_ns_cpu = 0;
};

// Sums and maxima; of equal waits the first stands.
void add(LockFairness& into, const LockFairness& later);

// To be watched by as one more oracle of the machine; it judges nothing.
const OracleEntry& fairness_figures();
// Adds what the execution made last came to. REQUIRES: it was watched by fairness_figures().
void take_fairness_figures(std::vector<LockFairness>& into);

}  // namespace lockstep
