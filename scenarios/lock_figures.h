// Figures about locks, counted from events: what /proc/lock_stat, the kernel's lock event counters
// and a latency histogram would say. A fold like an oracle, but it judges nothing.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sim/oracle.h"
#include "sim/types.h"

namespace lockstep {

struct Span {  // of times, in ns
    std::uint64_t count = 0;
    TimeNs total = 0;
    TimeNs least = 0;
    TimeNs most = 0;
    void add(TimeNs time);
    void add(const Span& other);
};

struct LockFigures {
    static constexpr unsigned kContexts = 4;
    static constexpr unsigned kBuckets = 40;  // powers of two of nanoseconds
    static constexpr unsigned kEventsMax = 64;

    struct PerLock {
        Span wait;  // of contended attempts, successful or not
        Span hold;
        std::uint64_t acquisitions = 0;
        std::uint64_t contention_bounces = 0;  // of each, where another CPU had it before
        std::uint64_t acquisition_bounces = 0;
        std::uint32_t last_cpu = ~std::uint32_t{0};
        std::uint32_t owner = ~std::uint32_t{0};  // the CPU that has it now, or ~0
    };
    struct Results {
        std::uint64_t success = 0, deadlock = 0, timeout = 0;
        std::uint64_t all() const { return success + deadlock + timeout; }
    };
    struct Named {
        char name[48] = {};
        std::uint64_t count = 0;
    };

    PerLock locks[kLocksMax];
    Results results[kCpusMax][kContexts];
    std::uint64_t latency[kContexts][kBuckets] = {};
    Span latencies[kContexts];
    Named events[kEventsMax];
};

static_assert(std::is_trivially_copyable_v<LockFigures>);

// Sums and extremes.
void add(LockFigures& into, const LockFigures& later);

// One per process: what the last one that was constructed has counted. The entry is for
// Machine::add_oracle.
const LockFigures& lock_figures();
const OracleEntry& lock_figures_entry();

}  // namespace lockstep
