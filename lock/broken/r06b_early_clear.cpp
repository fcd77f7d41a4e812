// broken/r06b-early-clear: unlock clears its entry first and releases the lock second.
//
//     slot = NULL ── an NMI here finds the lock taken and the table empty ── (*,*,1) -> (*,*,0)
//
// A kernel would see what it sees with r06a-late-entry, at the other end of the section. Upstream
// bug R6b. Caught by: truthful-errors.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct EarlyClear : RqSpinlock<RqSteps> {
    static void release(Word* lock) {
        HeldLocks* mine = held_locks.this_cpu();
        const int count = READ_ONCE(mine->count);
        if (has_held_slot(count)) {
            WRITE_ONCE(mine->slots[count - 1], nullptr);
            LOCK_POINT("rq.unlock.entry");
        }
        RqSteps::unlock(lock);  // broken: must come before
        LOCK_POINT("rq.unlock.clear");
        this_cpu_dec(held_locks->count);
    }
};

}  // namespace

Port broken_r06b_early_clear_port() {
    return upstream_port<EarlyClear>("broken/r06b-early-clear",
                                     "R6b: unlock clears its entry before it releases", "R6b",
                                     "truthful-errors", {"entry-after-unlock", "entry-enclosed"});
}

}  // namespace lockstep
