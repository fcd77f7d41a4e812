// Patience: how long a waiter of a resilient lock goes on, and what it looks for meanwhile.
//
//     first look    AA    do we hold this lock already? If not, read the clock: the wait begins
//     later looks   time  is the duration over? -ETIMEDOUT
//     every 1 ms    ABBA  does the CPU that has our lock want one of ours? -EDEADLK
//
// Looking is expensive, so a waiter looks once in 65,536 spins: a 16-bit counter that wraps, as on
// x86. Cycles of three or more locks are not searched for; the clock ends them.
#pragma once

#include <cerrno>
#include <cstdint>

#include "lock/held_locks.h"
#include "lock/word.h"

namespace lockstep {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kPendingPatience = 250 * kMs;          // one critical section
constexpr std::uint64_t kHeadPatience = 2 * kPendingPatience;  // the owner's and the pending one's
constexpr std::uint64_t kTasPatience = 1000 * kMs;             // nobody knows how many are ahead
constexpr std::uint64_t kAbbaInterval = kMs;

struct Patience {
    std::uint64_t duration = 0;
    std::uint64_t deadline = 0;   // 0 = the wait has not begun
    std::uint64_t last_scan = 0;  // when we last looked for ABBA, or began
    std::uint16_t spins = 0;      // wraps; a look is due at 0
    int verdict = 0;              // what the last look said

    explicit Patience(std::uint64_t duration_ns) : duration(duration_ns) {}
};

// AA: the lock is in our own table below the top entry, which is the attempt itself.
bool holds_already(const void* lock);

// ABBA: some CPU has our lock below its top entry and, at the top, a lock that we hold. Gives up
// as soon as the word has none of the bits in `mask`: then there is nothing to wait for.
bool crosses_another_cpu(const Atomic<std::uint32_t>* word, std::uint32_t mask);

// One look. Returns 0, -EDEADLK or -ETIMEDOUT.
template <class Steps>
[[gnu::noinline]] int look_around(const Atomic<std::uint32_t>* word, std::uint32_t mask,
                                  Patience& patience) {
    if (patience.deadline == 0) {
        if (Steps::holds_already(word)) return -EDEADLK;
        patience.last_scan = sim_clock(SIM_SITE("ktime_get_mono_fast_ns()"));
        patience.deadline = patience.last_scan + patience.duration;
        return 0;
    }
    LOCK_POINT("rq.check");
    const std::uint64_t now = sim_clock(SIM_SITE("ktime_get_mono_fast_ns()"));
    if (now > patience.deadline) return -ETIMEDOUT;
    if (now <= patience.last_scan + kAbbaInterval) return 0;
    patience.last_scan = now;
    return crosses_another_cpu(word, mask) ? -EDEADLK : 0;
}

// For the condition of a wait: true when the wait must end without the lock. Turns between two
// looks only count, so a native spin takes them all at once.
template <class Steps>
[[gnu::always_inline]] inline bool out_of_patience(const Atomic<std::uint32_t>* word,
                                                   std::uint32_t mask, Patience& patience) {
    if (patience.spins++ == 0) {
        patience.verdict = Steps::look_around(word, mask, patience);
    } else {
        const auto to_next_look = static_cast<std::uint16_t>(-patience.spins);
        const std::int64_t taken = sim_spin_ahead(to_next_look);
        patience.spins = static_cast<std::uint16_t>(patience.spins + taken);
    }
    return patience.verdict != 0;
}

}  // namespace lockstep
