// The word lists behind reader_keys.h.
#include "scenarios/reader_keys.h"

namespace lockstep {

const Words& arch_words() {
    static const Words kWords = {"x86_64", "arm64", "generic"};
    return kWords;
}

const Words& memory_words() {
    static const Words kWords = {"sc", "tso", "weak"};
    return kWords;
}

const Words& memories_available() {
    static const Words kWords = {"sc"};
    return kWords;
}

const Words& clock_words() {
    static const Words kWords = {"quiescent", "stalls", "timed"};
    return kWords;
}

const Words& lock_class_words() {
    static const Words kWords = {"rqspinlock", "rqspinlock-tas", "qspinlock", "ticket", "mcs",
                                 "tas",        "spinlock"};
    return kWords;
}

const Words& verdict_words() {
    static const Words kWords = {"ok", "fails", "skip"};
    return kWords;
}

const Words& context_words() {
    static const Words kWords = {"softirq", "hardirq", "nmi", "stall"};
    return kWords;
}

const Words& role_words() {
    static const Words kWords = {"owner", "pending", "queue-head", "queue-tail"};
    return kWords;
}

const Words& strategy_words() {
    static const Words kWords = {"round-robin", "random",     "pct", "pos",  "urw",
                                 "portfolio",   "exhaustive", "bfs", "dpor", "replay"};
    return kWords;
}

const Words& oracle_words() {
    static const Words kWords = {"mutual-exclusion", "progress",          "truthful-errors",
                                 "bounded-time",     "held-table",        "queue-nodes",
                                 "lock-word",        "collateral",        "fairness",
                                 "data-race",        "context-discipline"};
    return kWords;
}

const Words& optional_oracles() {
    static const Words kWords = {"data-race"};
    return kWords;
}

const Words& needs_words() {
    static const Words kWords = {"weak-memory"};
    return kWords;
}

const Words& feature_words() {
    static const Words kWords = {
        "aa-immediate",     // the first check looks for AA at once and does not only arm the timer
        "aa-before-queue",  // AA is looked for before queueing
        "entry-enclosed",   // the held entry encloses the ownership at both ends
        "keep-queue",       // a deadlocked head leaves alone, the others stay
        "nmi-idx",          // an NMI inside a waiter tries once instead of queueing
        "tail-reset",       // a deadlocked head without a successor resets the tail
        "destroy-etimedout",    // waiters flushed by a timed-out head get -ETIMEDOUT
        "queued",               // the queued lock, not the test-and-set fallback
        "tas",                  // the test-and-set fallback
        "paravirt",             // the fallback is chosen at run time
        "pending-byte",         // the pending field has a byte of its own (NR_CPUS below 16384)
        "event-stream",         // the machine of the port wakes a WFE periodically
        "fifo",                 // hands the lock on in the order of arrival
        "tas-single-entry",     // the fallback records an attempt once, not twice
        "entry-before-lock",    // the fast path records its entry before it takes the lock
        "entry-after-unlock",   // unlock clears its entry after it released the lock
        "error-entry-ordered",  // a failed attempt's entry is gone before the count, for all CPUs
        "nmi-aside",            // an NMI does not queue behind the waiter it interrupted
        "nmi-queues",           // an NMI that interrupted no waiter queues
        "aa-exit-releases",     // an exit before queueing leaves no entry behind
        "irqs-before-preempt",  // irqrestore turns interrupts on before preemption
        "timed-wait",           // waits look at the clock, on arm64 too, whatever others store
        "u16-turns",            // waits count their turns in 16 bits and look when that wraps
        "resilient",            // may return an error instead of waiting for ever
        "pv",                   // waiters halt their vCPU and are kicked
    };
    return kWords;
}

}  // namespace lockstep
