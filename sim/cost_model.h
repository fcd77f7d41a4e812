// The cost model of clock mode `timed`: what each step costs, in virtual nanoseconds.
//
// A model, not a measurement: the figures are of the size one reads for a server CPU at 2.5 GHz
// and are the same for every port. They decide who is ahead of whom, so that histograms have a
// sensible shape; they say nothing about any real machine. docs/clock-modes.md shows this table.
#pragma once

#include "sim/types.h"

namespace lockstep {

struct CostEntry {
    const char* name;
    TimeNs ns;
    const char* meaning;
};

enum class Cost : std::uint8_t {
    hit,
    locked,
    shared,
    transfer,
    memory,
    fence,
    clock,
    flags,
    mark,
    interrupt,
    task_switch,
    turn,
};

// In the order of Cost.
inline constexpr CostEntry kCosts[] = {
    {"hit", 1, "an access to a cache line this CPU has, for a store: has alone"},
    {"locked", 8, "besides, if the access is a locked instruction"},
    {"shared", 40, "a load of a line that other CPUs have unchanged"},
    {"transfer", 60, "an access to a line another CPU wrote; a store to one others have"},
    {"memory", 90, "the first access of all to a line"},
    {"fence", 10, "a full fence; every other fence costs a hit"},
    {"clock", 20, "a look at the clock"},
    {"flags", 2, "irqs off or on, the end of a handler or a task"},
    {"mark", 1, "a step that touches no memory: a label, the beginning of a delay"},
    {"interrupt", 300, "an interrupt is taken, besides its handler's own steps"},
    {"task_switch", 1500, "another task gets the CPU"},
    {"turn", 42, "one turn of a spin loop that saw nothing new"},
};

constexpr TimeNs cost_of(Cost what) {
    return kCosts[static_cast<unsigned>(what)].ns;
}

// A line that comes from another CPU takes up to this much longer, which is what a seed varies.
constexpr TimeNs kTransferSpreadNs = 16;
// The turns of one wait take up to this many 64ths of a nanosecond longer: no two CPUs spin alike.
constexpr std::uint32_t kTurnSpread64 = 64;
// And a tick of the event stream is noticed up to this much later.
constexpr std::uint32_t kTickSpreadNs = 1000;
// How long a task keeps a CPU that another one waits for.
constexpr TimeNs kSliceNs = 3 * kNsPerMs;
// Periods of performance counters are given in cycles.
constexpr std::uint64_t kCyclesPerUs = 2500;

}  // namespace lockstep
