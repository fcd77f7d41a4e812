// broken/r12-entry-twice: the test-and-set fallback records an attempt that its caller recorded.
//
//     CPU 0 wants A      count 2   [ A, A ]      "do I hold A?"  yes, and one entry stays behind
//
// A kernel would see every contended acquire fail with -EDEADLK, and the table fill up. Upstream
// bug R12. Caught by: held-table.
#include "lock/operations.h"
#include "lock/rqspinlock_tas.h"

namespace lockstep {

namespace {

struct EntryTwice : RqTas {
    static int acquire(Word* lock) {
        push_held_lock(lock);  // broken: RqTas does so itself
        return RqTas::acquire(lock);
    }
};

}  // namespace

Port broken_r12_entry_twice_port() {
    Port port = rqspinlock_tas_description();
    port.name = "broken/r12-entry-twice";
    port.summary = "R12: the fallback records every attempt twice";
    port.caught_by = "held-table";
    port.bugs = {"R12"};
    lose_features(port, {"tas-single-entry"});
    port.operations = operations_of<EntryTwice>();
    return port;
}

}  // namespace lockstep
