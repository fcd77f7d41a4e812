// broken/ignored-cmpxchg: the fast path looks whether the lock is free, tries to take it, and does
// not look at the answer.
//
//     CPU 0   reads 0 ─────────── cmpxchg 0 -> 1 wins ──── "mine"
//     CPU 1        └ reads 0 ───────────┴ cmpxchg fails ── "mine" as well
//
// A kernel would see two CPUs in one critical section and, later, corrupted lists. Nothing in the
// lock word shows it: all its transitions are legal. Caught by: mutual-exclusion.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

struct IgnoredCmpxchg : RqSteps {
    static bool take_if_free(QueuedWord* lock, std::uint32_t* seen) {
        *seen = READ_ONCE(lock->val);
        if (*seen != 0) return false;
        atomic_try_cmpxchg_acquire(&lock->val, seen, kLocked);
        return true;  // broken: it may have failed
    }
};

}  // namespace

Port broken_ignored_cmpxchg_port() {
    return broken_port<RqSpinlock<IgnoredCmpxchg>>(
        "broken/ignored-cmpxchg", "the fast path does not look at the answer of its cmpxchg",
        "mutual-exclusion");
}

}  // namespace lockstep
