// qspinlock: the kernel's queued spin lock. Four bytes; the second contender waits on the word
// itself (pending), from the third on they queue up as in an MCS lock.
//
//     (tail, pending, locked)
//
//     uncontended   (0,0,0) ──────────────────────────────────► (0,0,1)
//     one waits     (0,0,1) ─► (0,1,1) ─ owner leaves ─► (0,1,0) ─► (0,0,1)
//     a queue       (*,*,*) ─► (n,*,*) ─ both leave ───► (n,0,0) ─► (0,0,1)  nobody behind
//                                                                └► (n,0,1)  somebody behind
//
// Algorithm and orders as in kernel/locking/qspinlock.c (x86, native). Not modelled: paravirtual
// waiting and virt_spin_lock.
#include "lock/mcs_node.h"
#include "lock/operations.h"
#include "lock/per_cpu.h"
#include "lock/port.h"
#include "lock/queued_word.h"

namespace lockstep {

namespace {

PerCpu<QueueNodes> qspinlock_nodes;

// The queue's head role goes to the next waiter. It may not have linked itself yet.
void hand_over(McsNode* node, McsNode* next) {
    if (next == nullptr) next = smp_cond_load_relaxed(&node->next, VAL != nullptr);
    smp_store_release(&next->granted, 1);
}

// REQUIRES: `node` is ours and `tail` its name.
void acquire_in_queue(QueuedWord* lock, McsNode* node, std::uint32_t tail) {
    WRITE_ONCE(node->granted, 0);
    WRITE_ONCE(node->next, nullptr);
    if (queued_trylock(lock)) return;  // perhaps it was let go while we got our node

    smp_wmb();  // the node must be clean before anybody can reach it
    const std::uint32_t old = xchg_tail(lock, tail);
    McsNode* next = nullptr;
    if ((old & kTailMask) != 0) {
        McsNode* prev = decode_tail(old, qspinlock_nodes);
        WRITE_ONCE(prev->next, node);
        smp_cond_load_acquire(&node->granted, VAL != 0);
        next = READ_ONCE(node->next);
    }

    // We are the head. (n,*,*) -> (n,0,0) is up to the owner and the pending waiter.
    std::uint32_t seen = smp_cond_load_acquire(&lock->val, (VAL & kLockedPendingMask) == 0);

    // (n,0,0) -> (0,0,1) if nobody queued behind us.
    if ((seen & kTailMask) == tail && atomic_try_cmpxchg_relaxed(&lock->val, &seen, kLocked))
        return;
    // (n,0,0) -> (n,0,1)
    set_locked(lock);
    hand_over(node, next);
}

void acquire_slowly(QueuedWord* lock, std::uint32_t seen) {
    seen = await_pending_claim(lock, seen);
    if ((seen & ~kLockedMask) == 0) {
        seen = set_pending(lock);
        seen |= look_beside_pending(lock);
        if ((seen & ~kLockedMask) == 0) {  // (0,0,*) -> (0,1,*): we are the pending waiter
            if ((seen & kLockedMask) != 0) smp_cond_load_acquire(&lock->byte.locked, VAL == 0);
            clear_pending_set_locked(lock);  // (0,1,0) -> (0,0,1)
            return;
        }
        // Somebody is pending or queued already. If the pending bit is our doing, undo it.
        if ((seen & kPendingMask) == 0) clear_pending(lock);
    }

    McsNode* first = &qspinlock_nodes.this_cpu()->nodes[0];
    const int index = READ_ONCE(first->count);
    WRITE_ONCE(first->count, index + 1);
    sim_contention_begin(lock, 1);
    if (index < kQueueNodes) {
        acquire_in_queue(lock, first + index, encode_tail(sim_cpu(), index));
    } else {
        while (!queued_trylock(lock)) cpu_relax();  // no node left for a fifth nested waiter
    }
    sim_contention_end(lock, 0);
    this_cpu_dec(qspinlock_nodes->nodes[0].count);
}

struct Qspinlock {
    using Word = QueuedWord;

    static void init(Word* lock) { WRITE_ONCE(lock->val, 0); }

    static int acquire(Word* lock) {
        std::uint32_t seen = 0;
        if (!atomic_try_cmpxchg_acquire(&lock->val, &seen, kLocked)) acquire_slowly(lock, seen);
        return 0;
    }

    static int trylock(Word* lock) { return queued_trylock(lock) ? 0 : kBusy; }

    // (*,*,1) -> (*,*,0)
    static void release(Word* lock) { smp_store_release(&lock->byte.locked, 0); }
};

}  // namespace

Port qspinlock_port() {
    Port port;
    port.name = "qspinlock";
    port.lock_class = "qspinlock";
    port.summary = "queued spin lock: pending bit, then an MCS queue; waits for ever";
    port.version = "built in";
    port.arch = "generic";
    port.config = "queued";
    port.features = {"queued", "pending-byte"};
    port.lock_size = sizeof(Qspinlock::Word);
    port.lock_alignment = alignof(Qspinlock::Word);
    port.facts.word = queued_word_layout();
    port.facts.nodes = mcs_node_layout(kQueueNodes);
    port.facts.fifo = true;
    port.operations = operations_of<Qspinlock>();
    qspinlock_nodes.install(port, PerCpuObject::Kind::queue_nodes, "qspinlock_nodes");
    return port;
}

}  // namespace lockstep
