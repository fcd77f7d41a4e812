// broken/r07-late-look: the first look only starts the clock; AA is looked for with ABBA.
//
//     0 ms  first look: the wait begins      1 ms or more: AA? ABBA?
//
// A kernel would see every AA deadlock cost a millisecond or two, in NMIs too. Upstream bug R7.
// Only the expectations of its scenario tell: an oracle allows a lock a few looks.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct LateLook : RqSteps {
    static int look_around(const Atomic<std::uint32_t>* word, std::uint32_t mask, Patience& left) {
        const std::uint64_t now = sim_clock(SIM_SITE("ktime_get_mono_fast_ns()"));
        if (left.deadline == 0) {  // broken: AA needs no clock and could be looked for here
            left.last_scan = now;
            left.deadline = now + left.duration;
            return 0;
        }
        if (now > left.deadline) return -ETIMEDOUT;
        if (now <= left.last_scan + kAbbaInterval) return 0;
        left.last_scan = now;
        if (holds_already(word)) return -EDEADLK;
        return crosses_another_cpu(word, mask) ? -EDEADLK : 0;
    }
};

}  // namespace

Port broken_r07_late_look_port() {
    return upstream_port<RqSpinlock<LateLook>>("broken/r07-late-look",
                                               "R7: AA is looked for a millisecond late", "R7", "",
                                               {"aa-immediate"});
}

}  // namespace lockstep
