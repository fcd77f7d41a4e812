// broken/plain-handover: the head role is handed on with a plain store instead of a store-release.
//
//     head:  next->granted = 1;      waiter:  while (!READ_ONCE(node->granted)) cpu_relax();
//
// A kernel would see nothing for years: most compilers make one ordinary store of it, and most
// machines show it in time. A compiler may delay it past what follows, or tear it, and the waiter
// does not see what the head did before. Caught by: data-race.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct PlainHandover : RqSteps {
    static void hand_over(McsNode* next) {
        LOCK_POINT("rq.head.handover");
        next->granted.plain_store(kYouAreHead);  // broken: must be a store-release
    }
};

}  // namespace

Port broken_plain_handover_port() {
    return broken_port<RqSpinlock<PlainHandover>>(
        "broken/plain-handover", "the head role is handed on with a plain store", "data-race");
}

}  // namespace lockstep
