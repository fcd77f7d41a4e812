// broken/sleepy-backoff: a waiter backs off for five seconds before it looks around.
//
//     0 ms   contended, back off ...     250 ms  should have given up     5 s  "0, got it"
//
// A kernel would see acquires that succeed, but seconds late: watchdogs fire, and the promised
// 250 ms mean nothing. Caught by: bounded-time.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct SleepyBackoff : RqSteps {
    static int look_around(const Atomic<std::uint32_t>* word, std::uint32_t mask, Patience& left) {
        sim_delay(5000 * kMs);  // broken: longer than any promise this lock makes
        return RqSteps::look_around(word, mask, left);
    }
};

}  // namespace

Port broken_sleepy_backoff_port() {
    return broken_port<RqSpinlock<SleepyBackoff>>(
        "broken/sleepy-backoff", "a waiter backs off for seconds before it looks at the clock",
        "bounded-time");
}

}  // namespace lockstep
