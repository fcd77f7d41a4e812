// broken/leaked-entry: unlock clears its slot in the table of held locks and forgets to lower the
// count.
//
//     lock, unlock, lock, unlock      count 2   [ -, -, - ... ]      and one more each time
//
// A kernel would see the table fill up: after 31 rounds nothing is recorded any more, and real
// deadlocks end in timeouts only. Caught by: held-table.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct LeakedEntry : RqSteps {
    static void pop_released_entry() {
        HeldLocks* mine = held_locks.this_cpu();
        const int count = READ_ONCE(mine->count);
        if (has_held_slot(count)) WRITE_ONCE(mine->slots[count - 1], nullptr);
        // broken: the count stays as it is
    }
};

}  // namespace

Port broken_leaked_entry_port() {
    return broken_port<RqSpinlock<LeakedEntry>>(
        "broken/leaked-entry", "unlock does not lower the count of held locks", "held-table");
}

}  // namespace lockstep
