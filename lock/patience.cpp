// The two deadlock searches of the resilient locks, over the tables of held locks.
#include "lock/patience.h"

#include <algorithm>

namespace lockstep {

PerCpu<HeldLocks> held_locks;

bool holds_already(const void* lock) {
    LOCK_POINT("rq.check");
    HeldLocks* mine = held_locks.this_cpu();
    const int count = std::min(READ_ONCE(mine->count), kHeldSlots);
    for (int slot = 0; slot < count - 1; ++slot)
        if (READ_ONCE(mine->slots[slot]) == lock) return true;
    return false;
}

namespace {

// Is `wanted` one of ours? The top entry is our own attempt and does not count.
bool we_hold(const void* wanted, int our_count) {
    HeldLocks* mine = held_locks.this_cpu();
    for (int slot = 0; slot < our_count - 1; ++slot)
        if (READ_ONCE(mine->slots[slot]) == wanted) return true;
    return false;
}

}  // namespace

// The other CPUs' tables may change while we read. In a real deadlock they do not: both sides
// wait. So a scan that raced only misses, and the next one comes a millisecond later.
[[gnu::noinline]] bool crosses_another_cpu(const Atomic<std::uint32_t>* word, std::uint32_t mask) {
    const int our_count = std::min(READ_ONCE(held_locks.this_cpu()->count), kHeldSlots);
    for (unsigned cpu = 0; cpu < sim_cpus(); ++cpu) {
        HeldLocks* theirs = held_locks.of(cpu);
        const int count = READ_ONCE(theirs->count);
        if ((smp_load_acquire(word) & mask) == 0) return false;

        // A deadlock takes a held lock and an attempt: two entries. Past the last slot the top
        // entry is not in the table, and what that CPU wants cannot be known.
        if (cpu == sim_cpu() || count < 2 || count > kHeldSlots) continue;
        const void* wanted = READ_ONCE(theirs->slots[count - 1]);
        if (wanted == nullptr) continue;  // it is just coming or going

        for (int slot = 0; slot < count - 1; ++slot) {
            if (READ_ONCE(theirs->slots[slot]) != word) continue;
            return we_hold(wanted, our_count);  // it has our lock; nobody else can
        }
    }
    return false;
}

}  // namespace lockstep
