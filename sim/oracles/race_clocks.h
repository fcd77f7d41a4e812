// Who knows of whose accesses: vector clocks with small numbers, and for each piece of lock memory
// the last accesses of each CPU. What data-race judges by; holds no verdict.
//
// CPU a's epoch counts the moments at which it let others know. An access is written down with the
// epoch of its CPU, and CPU b comes after it if b has learnt of that epoch:
//
//     a: plain store x (epoch 3)    a: store-release y (others may learn of 3; a goes on with 4)
//     b: load-acquire y (learns of a's 3)        b: plain load x: 3 <= 3, ordered
//
// Epochs must not grow for ever, or no state would ever come again. Only their order means
// something, so before each new one the epochs of that CPU, wherever they stand, are renumbered
// 1, 2, 3 ...; what every CPU knows of becomes 0, the same as never.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sim/types.h"

namespace lockstep {

constexpr unsigned kRaceCpus = 8;
constexpr unsigned kRaceLocks = 8;
constexpr unsigned kNodePlaces = 16;   // four nodes of next (two places), locked and count
constexpr unsigned kTablePlaces = 32;  // the count, and the entries
constexpr unsigned kOwnPlaces = kNodePlaces + kTablePlaces;
constexpr unsigned kWordPlaces = 4;  // bytes of a lock word

using Epoch = std::uint8_t;

struct Knowledge {
    Epoch of[kRaceCpus] = {};

    void join(const Knowledge& other) {
        for (unsigned c = 0; c < kRaceCpus; ++c)
            if (of[c] < other.of[c]) of[c] = other.of[c];
    }
};

// A piece of memory that is read and written as a whole.
struct RacePlace {
    Epoch plain_read[kRaceCpus] = {};
    Epoch marked_read[kRaceCpus] = {};
    Epoch marked_write[kRaceCpus] = {};
    Knowledge published;  // what its present value hands on to who reads it
    Epoch plain_write = 0;
    CpuId plain_writer = 0;
    // Bit = CPU that wrote it last by a marked access, or has read that value: for this one place
    // it comes after all marked writes, as memory is coherent.
    std::uint8_t seen = 0;
    std::uint8_t unused = 0;
};
static_assert(std::has_unique_object_representations_v<RacePlace>);

// The plain load a context made last, if it has accessed nothing since.
struct RaceLoad {
    std::uint64_t value = 0;
    std::uint32_t offset = 0;
    std::uint16_t object = 0;
    std::uint16_t size = 0;  // 0: none
};
static_assert(std::has_unique_object_representations_v<RaceLoad>);

struct RaceCpu {
    Knowledge knows;
    Knowledge seen;                // by relaxed reads: becomes known at an acquire fence
    Knowledge fenced;              // at the last release fence: what relaxed stores publish
    RacePlace places[kOwnPlaces];  // of its queue nodes, then of its held table
    std::uint64_t known = 0;       // bit = a place that is not all zeroes; few ever are not
    RaceLoad loads[kContextsMax];
    std::uint16_t node_object = 0xffff;
    std::uint16_t table_object = 0xffff;
    std::uint32_t unused = 0;
};
static_assert(kOwnPlaces <= 64);
static_assert(std::has_unique_object_representations_v<RaceCpu>);

struct RaceLock {
    RacePlace word[kWordPlaces];
    Epoch section = 0;  // what the lock protects was last touched then, by
    CpuId section_cpu = 0;
    std::uint16_t unused = 0;
};
static_assert(std::has_unique_object_representations_v<RaceLock>);

// What all clocks of a machine lie in.
struct RaceMemory {
    unsigned cpus;
    unsigned locks;
    RaceLock* lock;
    RaceCpu* cpu;
};

// REQUIRES: cpu < memory.cpus <= kRaceCpus. The CPU's next accesses are not yet known to anybody.
void begin_epoch(const RaceMemory& memory, CpuId cpu);

}  // namespace lockstep
