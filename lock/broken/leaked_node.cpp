// broken/leaked-node: a waiter that went through the queue does not give its node back.
//
//     CPU 2 queues once      nodes in use on CPU 2: 1, for ever
//     ... four times                               4, and no node is left
//
// A kernel would see the first acquires go well; later the CPU cannot queue at all and fails with
// -EDEADLK whenever the lock is contended. Caught by: queue-nodes.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct LeakedNode : RqSteps {
    static void give_node_back() {}  // broken: the count of nodes in use stays up
};

}  // namespace

Port broken_leaked_node_port() {
    return broken_port<RqSpinlock<LeakedNode>>(
        "broken/leaked-node", "a waiter does not give its queue node back", "queue-nodes");
}

}  // namespace lockstep
