// tas: the test-and-set lock, the smallest lock there is. Whoever turns the word from 0 to 1 owns
// it; everybody else looks until it is 0 and tries again. No order among the waiters.
//
//     word 0 ── xchg 1 returns 0 ──► 1 (owned) ── store-release 0 ──► 0
//
// Looking before trying (test-and-test-and-set) keeps waiters from writing the word all the time.
#include "lock/operations.h"
#include "lock/port.h"
#include "lock/word.h"

namespace lockstep {

namespace {

struct Tas {
    using Word = Atomic<std::uint32_t>;

    static void init(Word* lock) { WRITE_ONCE(*lock, 0); }

    static int acquire(Word* lock) {
        while (xchg_acquire(lock, 1) != 0) smp_cond_load_relaxed(lock, VAL == 0);
        return 0;
    }

    static int trylock(Word* lock) {
        if (READ_ONCE(*lock) != 0) return kBusy;
        return xchg_acquire(lock, 1) == 0 ? 0 : kBusy;
    }

    static void release(Word* lock) { smp_store_release(lock, 0); }
};

}  // namespace

Port tas_port() {
    Port port;
    port.name = "tas";
    port.lock_class = "tas";
    port.summary = "test-and-set: one word, no order among waiters";
    port.version = "built in";
    port.arch = "generic";
    port.config = "tas";
    port.features = {"tas"};
    port.lock_size = sizeof(Tas::Word);
    port.lock_alignment = alignof(Tas::Word);
    port.facts.word.shape = WordLayout::Shape::test_and_set;
    port.facts.word.locked_mask = 0xffffffff;
    port.operations = operations_of<Tas>();
    return port;
}

}  // namespace lockstep
