// broken/r03-unordered-entry: no barrier between clearing a failed attempt's entry and lowering the
// count.
//
//     CPU 0 (holds A) gives up B: slot 1 = NULL, count 1, takes C: count 2, slot 1 = C
//     CPU 1 may see    count 2 before either store:  [ A, B ]   "it holds A and wants B"
//
// A kernel on x86 would see nothing; on arm64 CPU 1, which holds B and waits for A, would be told
// of an ABBA deadlock that is over. Upstream bug R3. No oracle sees it without a weak memory.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct UnorderedEntry : RqSteps {
    static void pop_failed_entry() {
        HeldLocks* mine = held_locks.this_cpu();
        const int count = READ_ONCE(mine->count);
        if (has_held_slot(count)) {
            LOCK_POINT("rq.error.entry");
            WRITE_ONCE(mine->slots[count - 1], nullptr);
        }
        this_cpu_dec(held_locks->count);  // broken: smp_wmb() belongs before this
    }
    static void leave_before_queueing() { pop_failed_entry(); }
};

}  // namespace

Port broken_r03_unordered_entry_port() {
    return upstream_port<RqSpinlock<UnorderedEntry>>(
        "broken/r03-unordered-entry", "R3: no barrier after clearing the entry of a failed attempt",
        "R3", "", {"error-entry-ordered"});
}

}  // namespace lockstep
