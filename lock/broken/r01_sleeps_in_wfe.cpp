// broken/r01-sleeps-in-wfe: between two looks a waiter sleeps until somebody stores to the lock, as
// arm64 does in WFE. The looks at clock and tables are part of the looks at the lock.
//
//     CPU 0 holds A, sleeps on B      CPU 1 holds B, sleeps on A      no store, no look, no end
//
// A kernel would see an ABBA deadlock that the lock should have ended: for ever without an event
// stream (R1), for seconds with one (R2). Caught by: progress.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct SleepsInWfe : RqSteps {
    template <class T>
    static void rest(Atomic<T>* word, T seen, sim_site* pause) {
        sim_wait_change(word, seen, sizeof(T), pause);  // broken: must have a limit of time
    }
};

}  // namespace

Port broken_r01_sleeps_in_wfe_port() {
    Port port = upstream_port<RqSpinlock<SleepsInWfe>>(
        "broken/r01-sleeps-in-wfe", "R1: a waiter sleeps in WFE and looks at no clock", "R1",
        "progress", {"timed-wait"});
    port.arch = "arm64";
    return port;
}

}  // namespace lockstep
