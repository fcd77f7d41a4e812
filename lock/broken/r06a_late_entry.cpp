// broken/r06a-late-entry: the fast path takes the lock first and records it second.
//
//     cmpxchg 0 -> 1 ── an NMI here finds the lock taken and the table empty ── push entry
//
// A kernel would see an NMI wait 250 ms for its own CPU and fail with -ETIMEDOUT instead of
// -EDEADLK at once. Upstream bug R6a. Caught by: truthful-errors.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct LateEntry : RqSpinlock<RqSteps> {
    static int acquire(Word* lock) {
        std::uint32_t seen = 0;
        const bool taken = RqSteps::take_if_free(lock, &seen);
        LOCK_POINT("rq.fast.taken");
        RqSteps::push_entry(lock);  // broken: must come before
        return taken ? 0 : acquire_slowly(lock, seen);
    }
};

}  // namespace

Port broken_r06a_late_entry_port() {
    return upstream_port<LateEntry>("broken/r06a-late-entry",
                                    "R6a: the entry is recorded after the fast path", "R6a",
                                    "truthful-errors", {"entry-before-lock", "entry-enclosed"});
}

}  // namespace lockstep
