// broken/unlinked-node: a waiter makes itself the tail and forgets to link itself behind the
// previous one.
//
//     lock.tail ─► B      A.next = NULL, and A, once it owns the lock, waits for a `next` to come
//
// A kernel would see the new owner spin inside its own acquire with the lock held, and B in its
// node: nobody ever moves again. Caught by: progress.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct UnlinkedNode : RqSteps {
    static void link_behind(std::uint32_t, McsNode*) {}  // broken: prev->next is never written
};

}  // namespace

Port broken_unlinked_node_port() {
    return broken_port<RqSpinlock<UnlinkedNode>>(
        "broken/unlinked-node", "a waiter does not link itself behind the previous one",
        "progress");
}

}  // namespace lockstep
