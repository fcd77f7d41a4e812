// rqspinlock-tas: the fallback of the resilient lock for machines without queued spin locks. A
// test-and-set word with the same table of held locks and the same looks around; one second of
// patience, because nobody knows how many are ahead.
//
//     0 ── cmpxchg ──► 1 ── store-release 0 ──► 0
//
// As resilient_tas_spin_lock() in kernel/bpf/rqspinlock.c with CONFIG_QUEUED_SPINLOCKS=n. The
// entry is pushed once, before the first look, and popped once.
#pragma once

#include <cerrno>

#include "lock/held_locks.h"
#include "lock/patience.h"
#include "lock/port.h"
#include "lock/rqspinlock.h"

namespace lockstep {

struct RqTas {
    using Word = Atomic<std::uint32_t>;

    static void init(Word* lock) { WRITE_ONCE(*lock, 0); }

    static int acquire(Word* lock) {
        push_held_lock(lock);
        Patience patience(kTasPatience);
        for (;;) {
            std::uint32_t seen = lock->load(SIM_RELAXED, LOCK_SITE_TAS_WAIT("READ_ONCE(*lock)"));
            if (seen == 0 && atomic_try_cmpxchg(lock, &seen, 1)) return 0;
            if (out_of_patience<RqSteps>(lock, ~0u, patience)) {
                pop_failed_attempt();
                return patience.verdict;
            }
            cpu_relax();
        }
    }

    static void release(Word* lock) {
        smp_store_release(lock, 0);
        LOCK_POINT("rq.unlock.clear");
        pop_released_lock();
    }
};

// Fill in name, summary, operations and, for a broken one, caught_by.
Port rqspinlock_tas_description();

}  // namespace lockstep
