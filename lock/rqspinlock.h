// rqspinlock, step by step: a queued spin lock that returns an error instead of hanging.
//
// RqSpinlock<Steps> is the algorithm; RqSteps are its steps, each with a name. A lock that is
// broken on purpose (lock/broken/) replaces one step and keeps the rest.
//
//     (tail, pending, locked)                                       gives up after
//
//     uncontended   (0,0,0) ─────────────────────────► (0,0,1)      -
//     one waits     (0,0,1) ─► (0,1,1) ─► (0,1,0) ───► (0,0,1)      250 ms, -EDEADLK
//       gives up               (*,1,*) ─► (*,0,*)
//     a queue       (*,*,*) ─► (n,*,*) ─► (n,0,0) ─┬─► (0,0,1)      500 ms at the head, -EDEADLK
//                                                  └─► (n,0,1)
//       last gives up          (n,*,*) ─► (0,*,*)
//     unlock        (*,*,1) ─────────────────────────► (*,*,0)
//
// Same accesses to word, table and nodes as kernel/bpf/rqspinlock.c on x86_64, in the same order
// and size. Differences: no access is plain, and there is no switch to the test-and-set fallback
// (virt_spin_lock_key); that one is a lock of its own, rqspinlock_tas.cpp.
#pragma once

#include <cerrno>
#include <cstdint>
#include <vector>

#include "lock/held_locks.h"
#include "lock/mcs_node.h"
#include "lock/operations.h"
#include "lock/patience.h"
#include "lock/per_cpu.h"
#include "lock/point.h"
#include "lock/port.h"
#include "lock/queued_word.h"

namespace lockstep {

extern PerCpu<QueueNodes> rq_nodes;

// What a waiter finds in its node when its turn has come.
constexpr std::int32_t kYouAreHead = 1;
constexpr std::int32_t kQueueDestroyed = 2;

// (n,*,*) -> (0,*,*) if the tail is still `tail`. Compares the whole word, as not every machine
// has a 16-bit cmpxchg, so owners and pending waiters may come and go meanwhile.
bool reset_tail(QueuedWord* lock, std::uint32_t tail);

// The waits that watch the clock rest as Relaxing does.
struct RqSteps : Relaxing {
    // --- the table of held locks, and looking around ---
    static void push_entry(QueuedWord* lock) { push_held_lock(lock); }
    static void pop_failed_entry() { pop_failed_attempt(); }
    static void pop_released_entry() { pop_released_lock(); }
    static bool holds_already(const void* lock) { return lockstep::holds_already(lock); }
    static int look_around(const Atomic<std::uint32_t>* word, std::uint32_t mask, Patience& left) {
        return lockstep::look_around<RqSteps>(word, mask, left);
    }

    // --- the word ---
    // (0,0,0) -> (0,0,1); otherwise *seen is what stood there.
    static bool take_if_free(QueuedWord* lock, std::uint32_t* seen) {
        return atomic_try_cmpxchg_acquire(&lock->val, seen, kLocked);
    }
    // (*,1,0) -> (*,0,1)
    static void claim_as_pending(QueuedWord* lock) { clear_pending_set_locked(lock); }
    // (*,*,1) -> (*,*,0)
    static void unlock(QueuedWord* lock) { smp_store_release(&lock->byte.locked, 0); }

    // --- the queue ---
    // An NMI that interrupted a waiter of its CPU must not queue: it could end up behind the very
    // waiter it keeps from running. A fifth nested waiter has no node.
    static bool may_queue(int index) {
        return index < kQueueNodes && !(sim_in_nmi() != 0 && index > 0);
    }
    static void link_behind(std::uint32_t old_tail, McsNode* node) {
        McsNode* prev = decode_tail(old_tail, rq_nodes);
        WRITE_ONCE(prev->next, node);
    }
    static void hand_over(McsNode* next) {
        LOCK_POINT("rq.head.handover");
        smp_store_release(&next->granted, kYouAreHead);
    }
    static void give_node_back() { this_cpu_dec(rq_nodes->nodes[0].count); }

    // --- what an error does to whom ---
    // Is AA looked for before queueing, and how does an attempt end that finds it?
    static constexpr bool kLooksBeforeQueueing = true;
    static void leave_before_queueing() { pop_failed_attempt(); }
    // One attempt of a waiter that may not queue.
    static int try_without_queueing(QueuedWord* lock) {
        LOCK_POINT("rq.queue.trylock");
        return queued_trylock(lock) ? 0 : -EDEADLK;
    }
    // Those behind a head in a deadlock are not part of the cycle and stay.
    static constexpr bool kDeadlockedHeadLeavesAlone = true;
    // True if nobody is behind a head that leaves: then the tail is reset.
    static bool leaver_is_last(QueuedWord* lock, std::uint32_t tail) {
        return reset_tail(lock, tail);
    }
    static constexpr int kFlushedVerdict = -ETIMEDOUT;
};

template <class Steps>
struct RqSpinlock {
    using Word = QueuedWord;

    static void init(Word* lock) { WRITE_ONCE(lock->val, 0); }

    // The entry comes before the lock: an NMI between the two must already see what its CPU is
    // about to own.
    static int acquire(Word* lock) {
        Steps::push_entry(lock);
        std::uint32_t seen = 0;
        const bool taken = Steps::take_if_free(lock, &seen);
        LOCK_POINT("rq.fast.taken");
        return taken ? 0 : acquire_slowly(lock, seen);
    }

    static void release(Word* lock) {
        Steps::unlock(lock);
        LOCK_POINT("rq.unlock.clear");
        Steps::pop_released_entry();
    }

    [[gnu::noinline]] static int acquire_slowly(Word* lock, std::uint32_t seen) {
        seen = await_pending_claim(lock, seen);
        if ((seen & ~kLockedMask) != 0) return acquire_by_queue(lock);

        // (*,*,*) -> (*,1,*)
        seen = set_pending(lock);
        LOCK_POINT("rq.pending.set");
        seen |= look_beside_pending(lock);
        if ((seen & ~kLockedMask) == 0) return acquire_as_pending(lock, seen);

        // Somebody is pending or queued already. If the pending bit is our doing, undo it.
        if ((seen & kPendingMask) == 0) clear_pending(lock);
        return acquire_by_queue(lock);
    }

    // (0,1,*): only the owner, if any, is ahead of us.
    static int acquire_as_pending(Word* lock, std::uint32_t seen) {
        Patience patience(kPendingPatience);
        if ((seen & kLockedMask) != 0)
            LOCK_COND_ACQUIRE_BY(
                Steps, LOCK_SITE_PENDING_WAIT, &lock->byte.locked,
                VAL == 0 || out_of_patience<Steps>(&lock->val, kLockedMask, patience));
        if (patience.verdict != 0) {
            clear_pending(lock);  // (*,1,*) -> (*,0,*)
            sim_lock_event("rqspinlock_lock_timeout");
            Steps::pop_failed_entry();
            return patience.verdict;
        }
        LOCK_POINT("rq.pending.claim");
        Steps::claim_as_pending(lock);
        sim_lock_event("lock_pending");
        return 0;
    }

    // A look for AA comes first: once in the queue only the head looks around, and an NMI whose
    // CPU owns the lock would keep everybody waiting for the head to do so.
    static int acquire_by_queue(Word* lock) {
        if (Steps::kLooksBeforeQueueing && Steps::holds_already(lock)) {
            Steps::leave_before_queueing();
            return -EDEADLK;
        }
        sim_lock_event("lock_slowpath");
        McsNode* first = &rq_nodes.this_cpu()->nodes[0];
        const int index = READ_ONCE(first->count);
        WRITE_ONCE(first->count, index + 1);
        LOCK_POINT("rq.queue.node");
        sim_contention_begin(lock, 1);

        int ret = 0;
        if (Steps::may_queue(index)) {
            ret = acquire_with_node(lock, first + index, encode_tail(sim_cpu(), index));
        } else {
            sim_lock_event("lock_no_node");
            ret = Steps::try_without_queueing(lock);
        }

        sim_contention_end(lock, ret);
        Steps::give_node_back();
        if (ret != 0) Steps::pop_failed_entry();
        return ret;
    }

    static int acquire_with_node(Word* lock, McsNode* node, std::uint32_t tail) {
        WRITE_ONCE(node->granted, 0);
        WRITE_ONCE(node->next, nullptr);
        if (queued_trylock(lock)) return 0;  // perhaps it was let go while we got our node

        smp_wmb();  // the node must be clean before anybody can reach it
        const std::uint32_t old = xchg_tail(lock, tail);
        LOCK_POINT("rq.queue.tail");
        McsNode* next = nullptr;
        if ((old & kTailMask) != 0) {
            Steps::link_behind(old, node);
            LOCK_POINT("rq.queue.link");
            const std::int32_t granted =
                LOCK_COND_ACQUIRE(LOCK_SITE_QUEUE_WAIT, &node->granted, VAL != 0);
            if (granted == kQueueDestroyed) {
                destroy_queue(lock, node, tail);
                return Steps::kFlushedVerdict;
            }
            next = READ_ONCE(node->next);
        }
        return acquire_as_head(lock, node, next, tail);
    }

    // (n,*,*): wait for (n,0,0). `next` is NULL if nobody was seen behind us yet.
    static int acquire_as_head(Word* lock, McsNode* node, McsNode* next, std::uint32_t tail) {
        Patience patience(kHeadPatience);
        std::uint32_t seen = LOCK_COND_ACQUIRE_BY(
            Steps, LOCK_SITE_HEAD_WAIT, &lock->val,
            (VAL & kLockedPendingMask) == 0 ||
                out_of_patience<Steps>(&lock->val, kLockedPendingMask, patience));
        if (patience.verdict == -EDEADLK && Steps::kDeadlockedHeadLeavesAlone)
            leave_queue(lock, node, tail);
        else if (patience.verdict != 0)
            destroy_queue(lock, node, tail);
        if (patience.verdict != 0) return patience.verdict;

        // (n,0,0) -> (0,0,1) if nobody queued behind us, else (n,0,0) -> (n,0,1).
        if ((seen & kTailMask) == tail) {
            LOCK_POINT("rq.head.claim");
            if (atomic_try_cmpxchg_relaxed(&lock->val, &seen, kLocked)) return 0;
        }
        LOCK_POINT("rq.head.claim");
        set_locked(lock);
        if (next == nullptr) next = smp_cond_load_relaxed(&node->next, VAL != nullptr);
        Steps::hand_over(next);
        return 0;
    }

    // A head in a deadlock leaves alone.
    static void leave_queue(Word* lock, McsNode* node, std::uint32_t tail) {
        if (!Steps::leaver_is_last(lock, tail))
            Steps::hand_over(smp_cond_load_relaxed(&node->next, VAL != nullptr));
    }

    // A head that timed out takes everybody behind it along, one after the other: whoever is ahead
    // is stuck, and one timeout for all ends faster than one for each.
    static void destroy_queue(Word* lock, McsNode* node, std::uint32_t tail) {
        if (!reset_tail(lock, tail)) {
            McsNode* next = smp_cond_load_relaxed(&node->next, VAL != nullptr);
            LOCK_POINT("rq.queue.destroy");
            WRITE_ONCE(next->granted, kQueueDestroyed);
        }
        sim_lock_event("rqspinlock_lock_timeout");
    }
};

// What all variants share; fill in name, summary, operations and, for a broken one, caught_by.
Port rqspinlock_description();
LockBounds rqspinlock_bounds();
// The lock points of the two resilient locks, and in which file they stand.
std::vector<PortPoint> resilient_points(bool queued);

void lose_features(Port& port, const std::vector<std::string>& lost);

// A lock that differs from rqspinlock in some steps and must be caught by the oracle `caught_by`.
template <class Lock>
Port broken_port(const char* name, const char* summary, const char* caught_by) {
    Port port = rqspinlock_description();
    port.name = name;
    port.summary = summary;
    port.caught_by = caught_by;
    port.operations = operations_of<Lock>();
    return port;
}

// A lock with one of the kernel's known bugs (docs/upstream.md), and what oracle says so, if any
// does: of some only the scenario tells, by what it expects. `lost` are the features of the fix.
template <class Lock>
Port upstream_port(const char* name, const char* summary, const char* bug, const char* caught_by,
                   const std::vector<std::string>& lost) {
    Port port = broken_port<Lock>(name, summary, caught_by);
    port.bugs = {bug};
    lose_features(port, lost);
    return port;
}

}  // namespace lockstep
