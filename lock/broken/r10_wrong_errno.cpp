// broken/r10-wrong-errno: waiters flushed by a head that timed out say -EDEADLK.
//
//     head: -ETIMEDOUT      behind it: "destroyed" ──► -EDEADLK, and nobody has a deadlock
//
// A kernel would see programs stopped for deadlocks they are not in. Upstream bug R10. Caught by:
// collateral.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct WrongErrno : RqSteps {
    static constexpr int kFlushedVerdict = -EDEADLK;  // broken: it was a timeout
};

}  // namespace

Port broken_r10_wrong_errno_port() {
    return upstream_port<RqSpinlock<WrongErrno>>("broken/r10-wrong-errno",
                                                 "R10: a flushed waiter is told of a deadlock",
                                                 "R10", "collateral", {"destroy-etimedout"});
}

}  // namespace lockstep
