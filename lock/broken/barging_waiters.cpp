// broken/barging-waiters: waiters get in line, and then whoever is quickest takes the lock.
//
//     u32 val =  waiters in line (high half)  |  taken (low half)
//
//     (0,1) owned ── B in line ──► (1,1) ── C in line ──► (2,1) ── owner leaves ──► (2,0)
//                                                         C is quicker: (2,1), then (1,1)
//
// A kernel would see a lock that excludes, never hangs under light load, and lets some CPU wait for
// seconds under heavy load although it promises order. Caught by: fairness.
#include "lock/operations.h"
#include "lock/port.h"
#include "lock/word.h"

namespace lockstep {

namespace {

union BargingWord {
    Atomic<std::uint32_t> val;
    struct {
        Atomic<std::uint16_t> taken, waiters;
    } half;
};
static_assert(sizeof(BargingWord) == 4);

struct BargingWaiters {
    using Word = BargingWord;

    static void init(Word* lock) { WRITE_ONCE(lock->val, 0); }

    static bool take(Word* lock) {
        std::uint16_t nobody = 0;
        return atomic_try_cmpxchg_acquire(&lock->half.taken, &nobody, std::uint16_t{1});
    }

    static int acquire(Word* lock) {
        std::uint32_t seen = 0;
        if (atomic_try_cmpxchg_acquire(&lock->val, &seen, 1)) return 0;
        atomic_fetch_add(1u << 16, &lock->val);
        // broken: nobody asks whose turn it is
        while (!take(lock)) smp_cond_load_relaxed(&lock->half.taken, VAL == 0);
        atomic_fetch_add(~0u << 16, &lock->val);
        return 0;
    }

    static void release(Word* lock) { smp_store_release(&lock->half.taken, 0); }
};

}  // namespace

Port broken_barging_waiters_port() {
    Port port;
    port.name = "broken/barging-waiters";
    port.lock_class = "ticket";
    port.summary = "waiters get in line, and then the quickest is served";
    port.version = "built in";
    port.arch = "generic";
    port.config = "ticket";
    port.features = {"fifo"};
    port.caught_by = "fairness";
    port.lock_size = sizeof(BargingWaiters::Word);
    port.lock_alignment = alignof(BargingWaiters::Word);
    port.facts.word.shape = WordLayout::Shape::ticket;
    port.facts.word.locked_mask = 0x0000ffff;
    port.facts.word.tail_mask = 0xffff0000;
    port.facts.fifo = true;
    port.operations = operations_of<BargingWaiters>();
    return port;
}

}  // namespace lockstep
