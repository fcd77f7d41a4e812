// broken/whole-word-unlock: unlock writes all four bytes of the word and wipes out the pending bit
// and the tail.
//
//     (0,1,1) ── should be ──► (0,1,0)      is ──► (0,0,0)
//
// A kernel would see a newcomer walk in while the pending waiter claims the lock as well, and
// queued waiters that nobody finds any more. Caught by: lock-word.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct WholeWordUnlock : RqSteps {
    static void unlock(QueuedWord* lock) {
        smp_store_release(&lock->val, 0);  // broken: only the locked byte is the owner's
    }
};

}  // namespace

Port broken_whole_word_unlock_port() {
    return broken_port<RqSpinlock<WholeWordUnlock>>(
        "broken/whole-word-unlock", "unlock wipes out the pending bit and the tail", "lock-word");
}

}  // namespace lockstep
