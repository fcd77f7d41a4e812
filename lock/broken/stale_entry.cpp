// broken/stale-entry: unlock clears the slot above the one it used, so its own entry stays behind
// beyond the count.
//
//     after unlock of A      count 0   [ A, -, - ... ]
//
// A kernel would see false deadlocks: an attempt raises the count before it writes its slot, and
// a remote CPU that looks in between finds A there, long released. Caught by: held-table.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct StaleEntry : RqSteps {
    static void pop_released_entry() {
        HeldLocks* mine = held_locks.this_cpu();
        const int count = READ_ONCE(mine->count);
        if (has_held_slot(count + 1)) WRITE_ONCE(mine->slots[count], nullptr);  // broken: count - 1
        this_cpu_dec(held_locks->count);
    }
};

}  // namespace

Port broken_stale_entry_port() {
    return broken_port<RqSpinlock<StaleEntry>>(
        "broken/stale-entry", "unlock clears the wrong slot of the table of held locks",
        "held-table");
}

}  // namespace lockstep
