// The word of a queued spin lock: four bytes that hold the owner, one waiter and a queue.
//
//      31      18 17   16 15     8 7      0       little-endian, so that
//     ┌──────────┬───────┬────────┬────────┐        locked          is byte 0,
//     │ cpu + 1  │ index │pending │ locked │        pending         is byte 1,
//     └──────────┴───────┴────────┴────────┘        locked_pending  is half 0,
//      tail: the last node of the queue             tail            is half 1
//
// A state is written (tail, pending, locked); n is a tail that is not 0, * is any value. Parts are
// read and written with their own size: the owner clears its byte without touching the others.
#pragma once

#include <cstdint>

#include "lock/mcs_node.h"
#include "lock/per_cpu.h"
#include "lock/word.h"

namespace lockstep {

union QueuedWord {
    Atomic<std::uint32_t> val;
    struct {
        Atomic<std::uint8_t> locked, pending;
    } byte;
    struct {
        Atomic<std::uint16_t> locked_pending, tail;
    } half;
};
static_assert(sizeof(QueuedWord) == 4);

constexpr std::uint32_t kLocked = 1u << 0;
constexpr std::uint32_t kLockedMask = 0x000000ff;
constexpr std::uint32_t kPending = 1u << 8;
constexpr std::uint32_t kPendingMask = 0x0000ff00;
constexpr std::uint32_t kLockedPendingMask = kLockedMask | kPendingMask;
constexpr std::uint32_t kTailMask = 0xffff0000;
constexpr unsigned kTailShift = 16;
constexpr unsigned kTailIndexShift = 16;
constexpr unsigned kTailCpuShift = 18;

// A CPU can wait in four contexts at once: task, softirq, hardirq and nmi.
constexpr int kQueueNodes = 4;

struct alignas(64) QueueNodes {
    McsNode nodes[kQueueNodes];
};

// How often a newcomer looks before it stops hoping that (0,1,0) becomes (0,0,1).
constexpr int kPendingLoops = 1 << 9;

constexpr std::uint32_t encode_tail(unsigned cpu, int index) {
    return ((cpu + 1) << kTailCpuShift) | (static_cast<std::uint32_t>(index) << kTailIndexShift);
}

inline McsNode* decode_tail(std::uint32_t tail, PerCpu<QueueNodes>& nodes) {
    const unsigned cpu = (tail >> kTailCpuShift) - 1;
    const unsigned index = (tail >> kTailIndexShift) & 3;
    return &nodes.of(cpu)->nodes[index];
}

// (0,0,0) -> (0,0,1). Looks first: a write that must fail would only take the line from others.
inline bool queued_trylock(QueuedWord* lock) {
    std::uint32_t seen = READ_ONCE(lock->val);
    return seen == 0 && atomic_try_cmpxchg_acquire(&lock->val, &seen, kLocked);
}

// A newcomer that sees exactly (0,1,0) waits a little for (0,0,1): the pending waiter is about to
// claim. The number of looks is bounded, or a stream of newcomers could keep it here for ever.
inline std::uint32_t await_pending_claim(QueuedWord* lock, std::uint32_t seen) {
    if (seen != kPending) return seen;
    int looks = kPendingLoops;
    return smp_cond_load_relaxed_bounded(&lock->val, VAL != kPending || looks-- == 0);
}

// (*,*,*) -> (*,1,*); returns the state before. On x86 this is a locked bit-test-and-set, which
// reports the old bit only, and then a separate look at the rest. The look may be the one that
// finds the lock free, so it is an acquire; on x86 itself every load is one.
inline std::uint32_t set_pending(QueuedWord* lock) {
    return atomic_fetch_or(kPending, &lock->val) & kPendingMask;
}
inline std::uint32_t look_beside_pending(QueuedWord* lock) {
    return smp_load_acquire(&lock->val) & ~kPendingMask;
}

// (*,1,*) -> (*,0,*)
inline void clear_pending(QueuedWord* lock) {
    WRITE_ONCE(lock->byte.pending, 0);
}

// (*,1,0) -> (*,0,1)
inline void clear_pending_set_locked(QueuedWord* lock) {
    WRITE_ONCE(lock->half.locked_pending, kLocked);
}

// (p,*,*) -> (n,*,*); returns the old tail. The node behind the new tail must be visible before:
// the callers' smp_wmb() sees to that.
inline std::uint32_t xchg_tail(QueuedWord* lock, std::uint32_t tail) {
    const auto half = static_cast<std::uint16_t>(tail >> kTailShift);
    return static_cast<std::uint32_t>(xchg_relaxed(&lock->half.tail, half)) << kTailShift;
}

// (*,*,0) -> (*,*,1), by the queue head: nobody else can take a lock that has a tail.
inline void set_locked(QueuedWord* lock) {
    WRITE_ONCE(lock->byte.locked, kLocked);
}

constexpr WordLayout queued_word_layout() {
    WordLayout layout;
    layout.shape = WordLayout::Shape::queued;
    layout.locked_mask = kLockedMask;
    layout.pending_mask = kPendingMask;
    layout.tail_mask = kTailMask;
    layout.tail_index_shift = kTailIndexShift;
    layout.tail_cpu_shift = kTailCpuShift;
    return layout;
}

}  // namespace lockstep
