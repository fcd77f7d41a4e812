// broken/r11-waits-for-nobody: a head that leaves on a deadlock hands over without a look at the
// tail.
//
//     lock.tail ─► head, and head.next = NULL      "to whom do I hand over?" for ever
//
// A kernel would see a hard lockup in a lock call that had its -EDEADLK already. Upstream bug R11.
// Caught by: progress.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct WaitsForNobody : RqSteps {
    // broken: if the tail is still its own, nobody is coming
    static bool leaver_is_last(QueuedWord*, std::uint32_t) { return false; }
};

}  // namespace

Port broken_r11_waits_for_nobody_port() {
    return upstream_port<RqSpinlock<WaitsForNobody>>(
        "broken/r11-waits-for-nobody", "R11: a deadlocked head waits for a missing successor",
        "R11", "progress", {"tail-reset"});
}

}  // namespace lockstep
