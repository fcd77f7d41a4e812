// The table of held locks: what every CPU owns and, as its top entry, what it is trying to get.
// All resilient locks share it; from it they read who waits for whom.
//
//     CPU 0 holds A, wants B        count 2   [ A, B, -, - ... ]
//     CPU 1 holds B, wants A        count 2   [ B, A, -, - ... ]      that is an ABBA deadlock
//
// A CPU writes its own table only, from all of its contexts: an NMI pushes and pops above what it
// interrupted. Other CPUs read it at any moment. Locks must be released in the opposite order of
// their acquisition. The count goes on past the last slot, so that pushes and pops still balance;
// a release without an acquire makes it negative, and then there is no slot either (the kernel,
// which trusts its callers, writes in front of its table). The kernel reads its own CPU's table
// with plain accesses; here every access is marked.
#pragma once

#include <cstdint>

#include "lock/per_cpu.h"
#include "lock/point.h"
#include "lock/port.h"
#include "lock/word.h"

namespace lockstep {

// With the count, 31 slots fill four cache lines exactly.
constexpr int kHeldSlots = 31;

struct alignas(64) HeldLocks {
    Atomic<std::int32_t> count;
    Atomic<const void*> slots[kHeldSlots];
};
static_assert(sizeof(HeldLocks) == 256);

extern PerCpu<HeldLocks> held_locks;

// Whether the entry that makes the count this high has a slot, which is number count - 1.
constexpr bool has_held_slot(int count) {
    return count >= 1 && count <= kHeldSlots;
}

// Before an attempt. The count goes up first: an interrupt that strikes now uses the slot above
// ours, and clears it again, instead of overwriting what we are about to write.
inline void push_held_lock(const void* lock) {
    LOCK_POINT("rq.entry.grab");
    const int count = this_cpu_inc_return(held_locks->count);
    if (!has_held_slot(count)) return;
    this_cpu_write(held_locks->slots[count - 1], lock);
    LOCK_POINT("rq.entry.held");
}

// After a failed attempt. The barrier keeps the cleared slot ahead of the count: the next attempt
// raises the count again, and a remote CPU must not find the lock we gave up in our top slot.
inline void pop_failed_attempt() {
    HeldLocks* mine = held_locks.this_cpu();
    const int count = READ_ONCE(mine->count);
    if (has_held_slot(count)) {
        LOCK_POINT("rq.error.entry");
        WRITE_ONCE(mine->slots[count - 1], nullptr);
    }
    smp_wmb();
    this_cpu_dec(held_locks->count);
}

// After the word has been released, and not before: an NMI in between finds an entry without an
// owned lock, which costs it a failed attempt; the other way round it would wait for ever.
inline void pop_released_lock() {
    HeldLocks* mine = held_locks.this_cpu();
    const int count = READ_ONCE(mine->count);
    if (has_held_slot(count)) {
        WRITE_ONCE(mine->slots[count - 1], nullptr);
        LOCK_POINT("rq.unlock.entry");
    }
    this_cpu_dec(held_locks->count);
}

constexpr HeldTableLayout held_table_layout() {
    HeldTableLayout layout;
    layout.count_offset = 0;
    layout.entries_offset = 8;
    layout.entry_size = 8;
    layout.entries = kHeldSlots;
    return layout;
}

}  // namespace lockstep
