// broken/r04-queues-behind-itself: an NMI that interrupted a waiter queues like anybody.
//
//     queue of A:  task of CPU 0 ◄─ nmi of CPU 1        CPU 0: nmi over task
//     queue of B:  task of CPU 1 ◄─ nmi of CPU 0        CPU 1: nmi over task
//
// A kernel would see both CPUs spin in NMIs that wait for the tasks below them: a hang without an
// end. Upstream bug R4. Caught by: progress.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct QueuesBehindItself : RqSteps {
    static bool may_queue(int index) { return index < kQueueNodes; }  // broken: not in every NMI
};

}  // namespace

Port broken_r04_queues_behind_itself_port() {
    return upstream_port<RqSpinlock<QueuesBehindItself>>(
        "broken/r04-queues-behind-itself", "R4: an NMI queues behind the waiter it interrupted",
        "R4", "progress", {"nmi-aside", "nmi-idx"});
}

}  // namespace lockstep
