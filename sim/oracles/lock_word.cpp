// lock-word: only the documented transitions of the word, and zero when nobody is there.
//
//     (tail, pending, locked)
//     (*,*,1) -> (*,*,0)   unlock, by a context inside its unlock of this lock
//     (0,0,0) -> (0,0,1)   fast path, trylock          (*,1,0) -> (*,0,1)   pending claims
//     (n,0,0) -> (0,0,1)   the last in the queue       (n,*,0) -> (n,*,1)   head claims
//     (*,0,*) -> (*,1,*)   set pending                 (*,1,*) -> (*,0,*)   undo, timeout
//     (p,*,*) -> (n,*,*)   publish a tail              (n,*,*) -> (0,*,*)   the last one leaves
//
// A CPU only publishes and takes back tails of its own, and only the CPU that set pending clears
// it. A guest's lock may be locked with 3, "and somebody halted", and taken back to 1. A word that
// names its owner goes from free to its taker's name and back. A test-and-set word only goes
// between 0 and 1. Accesses are of mixed sizes; the whole word is put together here. Does not know
// who is head, and does not judge words whose layout the port did not give (MCS) or that are not
// zero when free (ticket).
#include <type_traits>

#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

struct LockState {
    std::uint32_t word = 0;
    std::uint16_t inside = 0;  // API calls in progress
    std::uint8_t owned = 0;
    std::uint8_t pending_cpu = 0;  // who set pending, + 1
};
static_assert(std::has_unique_object_representations_v<LockState>);

struct Unlocks {
    LockId locks[kContextsMax] = {kNoLock, kNoLock, kNoLock, kNoLock};  // of each context
};

class LockWord final : public RowOracle<LockWord, Unlocks, LockState> {
  public:
    const char* name() const override { return "lock-word"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_begin) |
               event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
               event_bit(EventKind::release_end);
    }
    std::uint32_t accesses_to() const override { return object_bit(ObjectKind::lock_word); }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.lock == kNoLock) return;
        if (event.kind == EventKind::store) {
            if (event.object_kind == ObjectKind::lock_word) fold(event, sink);
            return;
        }
        LockState& lock = of_lock(event.lock);
        LockId& unlocking = of_cpu(event.cpu).locks[event.depth];
        if (event.kind == EventKind::acquire_begin || event.kind == EventKind::release_begin) {
            ++lock.inside;
            if (event.kind == EventKind::acquire_begin) return;
            lock.owned = 0;
            unlocking = event.lock;
            return;
        }
        if (lock.inside > 0) --lock.inside;
        if (event.kind == EventKind::release_end)
            unlocking = kNoLock;
        else if (event.value == 0)
            lock.owned = 1;
        judge_quiescent(lock, event, sink);
    }

  private:
    struct Word {
        std::uint32_t tail, pending, locked, rest;
    };

    static Word decode(std::uint32_t word, const WordLayout& layout) {
        return {word & layout.tail_mask, word & layout.pending_mask, word & layout.locked_mask,
                word & ~(layout.tail_mask | layout.pending_mask | layout.locked_mask)};
    }

    void fold(const Event& event, FindingSink& sink) {
        if (event.offset + event.size > 4) return;
        LockState& lock = of_lock(event.lock);
        const unsigned shift = 8 * event.offset;
        const std::uint32_t mask = event.size == 4 ? ~0U : ((1U << (8 * event.size)) - 1U) << shift;
        const std::uint32_t before = lock.word;
        lock.word = (before & ~mask) | (static_cast<std::uint32_t>(event.value) << shift & mask);
        if (before == lock.word || documented(before, lock, event)) return;
        sink.report(name(), "transition", event, "CPU%u changed %s from 0x%08x to 0x%08x",
                    event.cpu, setup().locks[event.lock].name.c_str(), before, lock.word);
    }

    bool documented(std::uint32_t before, LockState& lock, const Event& event) const {
        const WordLayout& layout = setup().locks[event.lock].word;
        if (layout.shape == WordLayout::Shape::owned) return owned(before, lock.word, event);
        const bool unlocking = of_cpu(event.cpu).locks[event.depth] == event.lock;
        if (layout.shape == WordLayout::Shape::test_and_set)
            return before == 0 ? lock.word == 1 : before == 1 && lock.word == 0 && unlocking;
        if (layout.shape != WordLayout::Shape::queued) return true;
        const Word old_word = decode(before, layout);
        const Word new_word = decode(lock.word, layout);
        if (old_word.locked != 0 && new_word.locked == 0 && !unlocking) return false;
        if (!own_tail(old_word.tail, new_word.tail, layout, event.cpu)) return false;
        if (!own_pending(old_word.pending, new_word.pending, lock, event.cpu)) return false;
        return queued(old_word, new_word, layout);
    }

    // (0) -> (own CPU) -> (0), the latter inside unlock; a tail as in a queued word. Bits that are
    // neither, such as powerpc's must-queue and s390's count of thefts, are hints: not judged.
    bool owned(std::uint32_t before, std::uint32_t after, const Event& event) const {
        const WordLayout& layout = setup().locks[event.lock].word;
        if (!own_tail(before & layout.tail_mask, after & layout.tail_mask, layout, event.cpu))
            return false;
        const std::uint32_t owner = after & layout.owner_mask;
        const bool was = (before & layout.locked_mask) != 0;
        if ((after & layout.locked_mask) == 0)
            return owner == 0 && (!was || of_cpu(event.cpu).locks[event.depth] == event.lock);
        if (was) return owner == (before & layout.owner_mask);
        return owner >> layout.owner_shift == event.cpu + layout.owner_bias;
    }

    // The tail published or taken back is the CPU's own; (n,0,0) -> (0,0,1) takes it back too.
    static bool own_tail(std::uint32_t from, std::uint32_t to, const WordLayout& layout,
                         CpuId cpu) {
        if (from == to) return true;
        return ((to != 0 ? to : from) >> layout.tail_cpu_shift) == cpu + 1U;
    }

    static bool own_pending(std::uint32_t from, std::uint32_t to, LockState& lock, CpuId cpu) {
        if (from == to) return true;
        const bool own = to != 0 || lock.pending_cpu == cpu + 1U;
        lock.pending_cpu = static_cast<std::uint8_t>(to != 0 ? cpu + 1U : 0U);
        return own;
    }

    static bool queued(const Word& o, const Word& n, const WordLayout& layout) {
        const std::uint32_t pending_bit = layout.pending_mask & (~layout.pending_mask + 1U);
        const std::uint32_t slow = layout.slow_value;
        if (n.rest != 0 || (n.locked > 1 && n.locked != slow)) return false;
        if (n.pending != 0 && n.pending != pending_bit) return false;
        const bool same_tail = o.tail == n.tail;
        const bool same_pending = o.pending == n.pending;
        if (o.locked == n.locked) return same_tail != same_pending;
        if (slow != 0 && (n.locked == slow || (o.locked == slow && n.locked != 0)))
            return same_tail && same_pending;
        if (n.locked == 0) return same_tail && same_pending;
        if (same_tail && same_pending) return o.tail != 0 || o.pending == 0;
        if (same_tail) return o.pending != 0;  // pending turns into locked
        return n.tail == 0 && same_pending && o.pending == 0;
    }

    void judge_quiescent(const LockState& lock, const Event& event, FindingSink& sink) {
        const WordLayout::Shape shape = setup().locks[event.lock].word.shape;
        if (shape == WordLayout::Shape::opaque || shape == WordLayout::Shape::ticket) return;
        if (lock.inside != 0 || lock.owned != 0 || lock.word == 0) return;
        sink.report(name(), "not-zero", event, "nobody holds or wants %s, and its word is 0x%08x",
                    setup().locks[event.lock].name.c_str(), lock.word);
    }
};

}  // namespace

OracleEntry lock_word_entry() {
    return make_entry<LockWord>("lock-word", "only documented transitions; zero when quiescent");
}

}  // namespace lockstep
