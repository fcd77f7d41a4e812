// What the sampling schedulers know about the executions to come: how long they are and how often
// each rare thing could happen in one. A campaign measures this once, before its first execution,
// and sets it here; it is constant while executions run, so it may live outside the arena.
//
// It is no part of a token: a replay needs the picks and nothing else.
#pragma once

#include <cstdint>

#include "sim/types.h"

namespace lockstep {

struct Estimates {
    static constexpr unsigned kDepthMax = 16;

    bool measured = false;      // false: everything below is a guess
    unsigned depth = 3;         // pct: ordering constraints a failure needs
    std::uint64_t steps = 256;  // of one execution
    // Occasions: at how many points of one execution each rare thing is an option.
    std::uint64_t injections[kInjectionsMax] = {};
    std::uint64_t give_ups = 0;
    std::uint64_t leaps = 0;
    std::uint64_t preempts = 0;
    // How often at most.
    std::uint32_t injection_times[kInjectionsMax] = {};
    std::uint32_t leaps_max = 0;
    // urw: accesses of each CPU to lock words, queue nodes and held tables.
    std::uint64_t selected[kCpusMax] = {};
};

const Estimates& estimates();
void set_estimates(const Estimates& known);

}  // namespace lockstep
