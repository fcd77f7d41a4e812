// broken/never-queues: every waiter that would have to queue behaves as if it were an NMI inside
// another waiter: it tries once and gives up with -EDEADLK.
//
//     CPU 0 owns, CPU 1 is pending, CPU 2 comes: trylock fails ── -EDEADLK, without a deadlock
//
// A kernel would see programs fail with "deadlock" from three contenders on, on locks that nobody
// takes twice. Caught by: truthful-errors.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct NeverQueues : RqSteps {
    static bool may_queue(int) { return false; }  // broken: only for NMIs inside a waiter
};

}  // namespace

Port broken_never_queues_port() {
    return broken_port<RqSpinlock<NeverQueues>>(
        "broken/never-queues", "a third contender gives up with -EDEADLK instead of queueing",
        "truthful-errors");
}

}  // namespace lockstep
