// broken/preempt-leak: the pending path disables preemption once more, and no unlock enables it
// twice.
//
//     acquire: preempt count 0 -> 1 -> 2      release: 2 -> 1      the task ends with 1
//
// A kernel would print "scheduling while atomic", far away from the lock that did it. Caught by:
// context-discipline.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct PreemptLeak : RqSteps {
    static void claim_as_pending(QueuedWord* lock) {
        sim_preempt_disable();  // broken: the caller has done so already
        RqSteps::claim_as_pending(lock);
    }
};

}  // namespace

Port broken_preempt_leak_port() {
    return broken_port<RqSpinlock<PreemptLeak>>(
        "broken/preempt-leak", "the pending path disables preemption once too often",
        "context-discipline");
}

}  // namespace lockstep
