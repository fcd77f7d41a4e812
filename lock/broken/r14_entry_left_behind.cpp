// broken/r14-entry-left-behind: an attempt that finds AA before it queues leaves its entry in the
// table.
//
//     after -EDEADLK for A      count 2   [ A, A ]      after unlock of A    count 1   [ A ]
//
// A kernel would see the CPU hold a lock that it gave back, for ever. Upstream bug R14. Caught by:
// held-table.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct EntryLeftBehind : RqSteps {
    static void leave_before_queueing() {}  // broken: the entry must be popped
};

}  // namespace

Port broken_r14_entry_left_behind_port() {
    return upstream_port<RqSpinlock<EntryLeftBehind>>(
        "broken/r14-entry-left-behind", "R14: the AA exit before queueing leaks its table entry",
        "R14", "held-table", {"aa-exit-releases"});
}

}  // namespace lockstep
