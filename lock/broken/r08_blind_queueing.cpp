// broken/r08-blind-queueing: a waiter queues without a look at its own table.
//
//     CPU 0 owns, CPU 2 pending, CPU 1 head ◄─ nmi of CPU 0, over the owner
//
// A kernel would see all of them wait for the head's timeout of 500 ms, and all fail. Upstream bug
// R8. Caught by: truthful-errors.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct BlindQueueing : RqSteps {
    static constexpr bool kLooksBeforeQueueing = false;  // broken: nobody else can see this AA
};

}  // namespace

Port broken_r08_blind_queueing_port() {
    return upstream_port<RqSpinlock<BlindQueueing>>("broken/r08-blind-queueing",
                                                    "R8: an NMI queues for a lock its own CPU owns",
                                                    "R8", "truthful-errors", {"aa-before-queue"});
}

}  // namespace lockstep
