// The arena: one fixed-address region that holds everything that changes during an execution.
//
//   kBase      the hot line, the machine's state, oracles, the scheduler      ("inner" part)
//   kUser      locks, per-CPU copies, scenario data: what simulated code sees  ("user" part)
//   kStacks    one stack per task, each above a guard page
//
// Both parts grow upwards and are never freed piecemeal; a checkpoint copies their used bytes and
// the live part of each stack. User addresses are equal in every build because that part holds
// nothing of ours.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/types.h"

namespace lockstep::arena {

constexpr std::uint64_t kBase = 0x200000000000ULL;
constexpr std::size_t kInnerSize = std::size_t{8} << 20;
constexpr std::uint64_t kUser = kBase + kInnerSize;
constexpr std::size_t kUserSize = std::size_t{8} << 20;
constexpr std::uint64_t kStacks = kUser + kUserSize;
constexpr std::size_t kGuardSize = 4096;
#ifdef LOCKSTEP_SANITIZE
constexpr std::size_t kStackSize = std::size_t{512} << 10;
#else
constexpr std::size_t kStackSize = std::size_t{64} << 10;
#endif

// Maps the region once per process; exits with a message if the address is taken.
void map();

struct StackRange {
    std::byte* bottom;  // lowest usable byte; the guard page is below
    std::byte* top;
};
constexpr std::size_t kStackSlot = kGuardSize + kStackSize;
// Stack tops are staggered so that equal frames of different tasks do not share cache sets.
inline StackRange stack_of(TaskId task) {
    constexpr std::size_t kStagger = 192;
    constexpr std::size_t kStaggerSteps = 16;
    auto* const bottom = reinterpret_cast<std::byte*>(kStacks + kStackSlot * task + kGuardSize);
    return {bottom, bottom + kStackSize - kStagger * (task % kStaggerSteps)};
}

// True if a fault at this address hit a guard page: a stack overflow.
bool is_guard(std::uint64_t address);

}  // namespace lockstep::arena
