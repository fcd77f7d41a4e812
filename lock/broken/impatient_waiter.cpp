// broken/impatient-waiter: the first look reads the clock and compares it with a deadline that has
// not been set yet.
//
//     deadline 0 (unset)      now 17 ms      "17 ms is past 0: timed out"
//
// A kernel would see -ETIMEDOUT within microseconds from every contended acquire, with nobody
// stuck. Caught by: collateral.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct ImpatientWaiter : RqSteps {
    static int look_around(const Atomic<std::uint32_t>* word, std::uint32_t, Patience& left) {
        if (holds_already(word)) return -EDEADLK;
        const std::uint64_t now = sim_clock(SIM_SITE("ktime_get_mono_fast_ns()"));
        if (now >= left.deadline) return -ETIMEDOUT;  // broken: nobody has set the deadline
        left.deadline = now + left.duration;
        return 0;
    }
};

}  // namespace

Port broken_impatient_waiter_port() {
    return broken_port<RqSpinlock<ImpatientWaiter>>(
        "broken/impatient-waiter", "the first look compares the clock with an unset deadline",
        "collateral");
}

}  // namespace lockstep
