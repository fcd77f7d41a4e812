// broken/sticky-pending: the pending waiter takes the lock and leaves its pending bit set.
//
//     (0,1,0) ── should be ──► (0,0,1)      is ──► (0,1,1), after unlock (0,1,0)
//
// A kernel would see a free lock that looks as if somebody were just about to take it: everybody
// queues up and times out. Caught by: lock-word.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct StickyPending : RqSteps {
    static void claim_as_pending(QueuedWord* lock) {
        set_locked(lock);  // broken: pending must be cleared by the same store
    }
};

}  // namespace

Port broken_sticky_pending_port() {
    return broken_port<RqSpinlock<StickyPending>>(
        "broken/sticky-pending", "the pending waiter takes the lock and stays pending",
        "lock-word");
}

}  // namespace lockstep
