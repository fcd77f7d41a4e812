// broken/r09-flushes-innocents: a queue head in a deadlock leaves the way of a timeout.
//
//     head gives up B-A ── "the queue is destroyed" ──► next, next ...   all fail, none in the
//     cycle
//
// A kernel would see errors on a lock that comes free at that very moment. Upstream bug R9. Caught
// by: collateral.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct FlushesInnocents : RqSteps {
    static constexpr bool kDeadlockedHeadLeavesAlone = false;  // broken
};

}  // namespace

Port broken_r09_flushes_innocents_port() {
    return upstream_port<RqSpinlock<FlushesInnocents>>(
        "broken/r09-flushes-innocents", "R9: a head in a deadlock takes innocent waiters along",
        "R9", "collateral", {"keep-queue"});
}

}  // namespace lockstep
