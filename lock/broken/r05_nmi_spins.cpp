// broken/r05-nmi-spins: an NMI never queues, but tries for 250 ms to find the whole word 0.
//
//     (0,1,1) owner leaves ──► (0,0,1) next owner, pending sets ──► (0,1,1) ...   never (0,0,0)
//
// A kernel would see NMIs of a quarter of a second that fail with -ETIMEDOUT on a lock that is
// handed on all the time. Upstream bug R5. Only the expectations of its scenario tell.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct NmiSpins : RqSteps {
    // broken: an NMI that interrupted no waiter may queue
    static bool may_queue(int index) { return index < kQueueNodes && sim_in_nmi() == 0; }
    static int try_without_queueing(QueuedWord* lock) {
        Patience patience(kPendingPatience);
        LOCK_POINT("rq.queue.trylock");
        while (!queued_trylock(lock)) {
            if (out_of_patience<RqSteps>(&lock->val, ~0u, patience)) return patience.verdict;
            cpu_relax();
        }
        return 0;
    }
};

}  // namespace

Port broken_r05_nmi_spins_port() {
    return upstream_port<RqSpinlock<NmiSpins>>("broken/r05-nmi-spins",
                                               "R5: an NMI spins on trylock and starves", "R5", "",
                                               {"nmi-queues", "nmi-idx"});
}

}  // namespace lockstep
