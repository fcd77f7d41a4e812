// The words every room uses: CPUs, contexts, virtual time, limits, error numbers.
#pragma once

#include <cstdint>

namespace lockstep {

using CpuId = std::uint8_t;
using TaskId = std::uint16_t;
using TimeNs = std::uint64_t;
using LockId = std::uint8_t;    // index of a lock of the scenario, in the order of declaration
using PointId = std::uint16_t;  // lock point (sim/points.h); 0 = none

constexpr unsigned kCpusMax = 64;
constexpr unsigned kTasksMax = 128;
constexpr unsigned kContextsMax = 4;  // per CPU: task, softirq, hardirq, nmi
constexpr unsigned kLocksMax = 64;
constexpr unsigned kInjectionsMax = 32;
constexpr TimeNs kNever = ~TimeNs{0};
constexpr TimeNs kNsPerUs = 1'000;
constexpr TimeNs kNsPerMs = 1'000'000;
constexpr TimeNs kNsPerSec = 1'000'000'000;

// Linux error numbers, as lock calls return them (negated).
constexpr int kEbusy = 16;
constexpr int kEdeadlk = 35;
constexpr int kEtimedout = 110;

// In nesting order: a context is only ever interrupted by a later one.
enum class Context : std::uint8_t { task, softirq, hardirq, nmi };

constexpr const char* context_name(Context context) {
    constexpr const char* kNames[] = {"task", "softirq", "hardirq", "nmi"};
    return kNames[static_cast<unsigned>(context)];
}

}  // namespace lockstep
