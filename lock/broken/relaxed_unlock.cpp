// broken/relaxed-unlock: unlock is a store without release.
//
//     owner:  data = 1; WRITE_ONCE(lock->locked, 0);      next owner:  cmpxchg_acquire; r = data;
//
// A kernel on x86 would see nothing, as every store is a release there. On arm64 the next owner may
// be let in before what the last one wrote can be seen. Caught by: data-race.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct RelaxedUnlock : RqSteps {
    // broken: must be a store-release
    static void unlock(QueuedWord* lock) { WRITE_ONCE(lock->byte.locked, 0); }
};

}  // namespace

Port broken_relaxed_unlock_port() {
    return broken_port<RqSpinlock<RelaxedUnlock>>("broken/relaxed-unlock",
                                                  "unlock is a store without release", "data-race");
}

}  // namespace lockstep
