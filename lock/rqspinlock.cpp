// rqspinlock: our own C++ version of the kernel's resilient queued spin lock, unbroken. The
// algorithm is in rqspinlock.h; here are its nodes and how it describes itself.
#include "lock/rqspinlock.h"

namespace lockstep {

PerCpu<QueueNodes> rq_nodes;

bool reset_tail(QueuedWord* lock, std::uint32_t tail) {
    std::uint32_t seen = READ_ONCE(lock->val);
    do {
        if ((seen & kTailMask) != tail) return false;
    } while (!atomic_try_cmpxchg_relaxed(&lock->val, &seen, seen & kLockedPendingMask));
    return true;
}

std::vector<PortPoint> resilient_points(bool queued) {
    struct Place {
        const char* point;
        const char* file;
        bool in_queued, in_tas;
    };
    constexpr Place kPlaces[] = {
        {"rq.entry.grab", "lock/held_locks.h", true, true},
        {"rq.entry.held", "lock/held_locks.h", true, true},
        {"rq.fast.taken", "lock/rqspinlock.h", true, false},
        {"rq.pending.set", "lock/rqspinlock.h", true, false},
        {"rq.pending.wait", "lock/rqspinlock.h", true, false},
        {"rq.pending.claim", "lock/rqspinlock.h", true, false},
        {"rq.queue.node", "lock/rqspinlock.h", true, false},
        {"rq.queue.trylock", "lock/rqspinlock.h", true, false},
        {"rq.queue.tail", "lock/rqspinlock.h", true, false},
        {"rq.queue.link", "lock/rqspinlock.h", true, false},
        {"rq.queue.wait", "lock/rqspinlock.h", true, false},
        {"rq.head.wait", "lock/rqspinlock.h", true, false},
        {"rq.head.claim", "lock/rqspinlock.h", true, false},
        {"rq.head.handover", "lock/rqspinlock.h", true, false},
        {"rq.queue.destroy", "lock/rqspinlock.h", true, false},
        {"rq.error.entry", "lock/held_locks.h", true, true},
        {"rq.unlock.clear", "lock/rqspinlock.h", true, false},
        {"rq.unlock.clear", "lock/rqspinlock_tas.h", false, true},
        {"rq.unlock.entry", "lock/held_locks.h", true, true},
        {"rq.tas.wait", "lock/rqspinlock_tas.h", false, true},
        {"rq.check", "lock/patience.h", true, true},
    };
    std::vector<PortPoint> points;
    for (const Place& place : kPlaces)
        if (queued ? place.in_queued : place.in_tas) points.push_back({place.point, place.file});
    return points;
}

// A look comes once in 65,536 spins of about 42 ns, or once per millisecond, whichever is later.
LockBounds rqspinlock_bounds() {
    constexpr std::uint64_t kCheckInterval = 3 * kMs;
    LockBounds bounds;
    bounds.check_interval = kCheckInterval;
    bounds.aa = kCheckInterval;
    bounds.abba = kCheckInterval;
    return bounds;
}

Port rqspinlock_description() {
    Port port;
    port.lock_class = "rqspinlock";
    port.version = "built in";
    port.arch = "generic";
    port.config = "queued";
    port.features = {"queued",
                     "pending-byte",
                     "aa-immediate",
                     "entry-enclosed",
                     "entry-before-lock",
                     "entry-after-unlock",
                     "error-entry-ordered",
                     "irqs-before-preempt",
                     "timed-wait",
                     "keep-queue",
                     "nmi-aside",
                     "nmi-queues",
                     "nmi-idx",
                     "aa-before-queue",
                     "aa-exit-releases",
                     "tail-reset",
                     "destroy-etimedout"};
    port.points = resilient_points(true);
    port.lock_size = sizeof(QueuedWord);
    port.lock_alignment = alignof(QueuedWord);
    port.facts.word = queued_word_layout();
    port.facts.held_table = held_table_layout();
    port.facts.nodes = mcs_node_layout(kQueueNodes);
    port.facts.resilient = true;
    port.facts.queue_trylock_fallback = true;
    port.facts.fifo = true;
    port.facts.bounds = rqspinlock_bounds();
    port.facts.bounds.pending = kPendingPatience;
    port.facts.bounds.head = kHeadPatience;
    held_locks.install(port, PerCpuObject::Kind::held_table, "held_locks");
    rq_nodes.install(port, PerCpuObject::Kind::queue_nodes, "rq_nodes");
    return port;
}

void lose_features(Port& port, const std::vector<std::string>& lost) {
    for (const std::string& feature : lost) std::erase(port.features, feature);
}

Port rqspinlock_port() {
    Port port = rqspinlock_description();
    port.name = "rqspinlock";
    port.summary = "resilient queued spin lock in C++, steps as the kernel's on x86_64";
    port.operations = operations_of<RqSpinlock<RqSteps>>();
    return port;
}

}  // namespace lockstep
