// broken/counts-own-attempt: the search for an AA deadlock goes through the whole table of held
// locks, the top entry included. The top entry is the attempt itself, so it always finds one.
//
//     count 1   [ A ]      "do I hold A?"  the attempt to get A answers yes
//
// A kernel would see -EDEADLK on every lock that is merely contended. Caught by: truthful-errors.
#include <algorithm>

#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct CountsOwnAttempt : RqSteps {
    static bool holds_already(const void* lock) {
        HeldLocks* mine = held_locks.this_cpu();
        const int count = std::min(READ_ONCE(mine->count), kHeldSlots);
        for (int slot = 0; slot < count; ++slot)  // broken: should end before the top entry
            if (READ_ONCE(mine->slots[slot]) == lock) return true;
        return false;
    }
    static int look_around(const Atomic<std::uint32_t>* word, std::uint32_t mask, Patience& left) {
        return lockstep::look_around<CountsOwnAttempt>(word, mask, left);
    }
};

}  // namespace

Port broken_counts_own_attempt_port() {
    return broken_port<RqSpinlock<CountsOwnAttempt>>(
        "broken/counts-own-attempt", "the AA search takes its own attempt for a held lock",
        "truthful-errors");
}

}  // namespace lockstep
