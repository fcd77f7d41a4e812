// broken/forgotten-handover: the queue head takes the lock and does not tell the next waiter that
// it is the head now.
//
//     (n,0,0) -> (n,0,1), owner A     A.next ─► B     B looks at its own node, for ever
//
// A kernel would see the lock free, a tail that stays, and every later contender spinning in the
// queue behind B: a hard lockup on all of them. Caught by: progress.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct ForgottenHandover : RqSteps {
    static void hand_over(McsNode*) {}  // broken: a store-release of kYouAreHead belongs here
};

}  // namespace

Port broken_forgotten_handover_port() {
    return broken_port<RqSpinlock<ForgottenHandover>>(
        "broken/forgotten-handover", "the queue head does not hand its role on", "progress");
}

}  // namespace lockstep
