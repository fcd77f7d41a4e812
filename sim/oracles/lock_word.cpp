// lock-word: only the documented transitions of the word, and zero when nobody is there.
//
//     (tail, pending, locked)
//     (*,*,1) -> (*,*,0)   unlock, by a context that is releasing this lock
//     (0,0,0) -> (0,0,1)   fast path, trylock          (*,1,0) -> (*,0,1)   pending claims
//     (n,0,0) -> (0,0,1)   the last in the queue       (n,*,0) -> (n,*,1)   head claims
//     (*,0,*) -> (*,1,*)   set pending                 (*,1,*) -> (*,0,*)   undo, timeout
//     (p,*,*) -> (n,*,*)   publish a tail              (n,*,*) -> (0,*,*)   the last one leaves
//
// A test-and-set word only goes between 0 and 1. Accesses are of mixed sizes; the whole word is
// put together here. Does not know who may set pending or publish a tail, and judges no word whose
// layout the port did not give (ticket, MCS) except that it ends as it began.
#include "sim/oracles/oracles.h"

namespace lockstep {

namespace {

struct LockState {
    std::uint32_t word;
    std::uint8_t inside;  // API calls in progress
    std::uint8_t owned;
    std::uint8_t releasing;  // contexts inside unlock
};

class LockWord final : public Oracle {
  public:
    const char* name() const override { return "lock-word"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_begin) |
               event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
               event_bit(EventKind::release_end);
    }

    void begin(const OracleSetup& setup) override {
        setup_ = &setup;
        for (LockState& lock : locks_) lock = LockState{};
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.lock == kNoLock) return;
        if (event.kind == EventKind::store) {
            if (event.object_kind == ObjectKind::lock_word) fold(event, sink);
            return;
        }
        LockState& lock = locks_[event.lock];
        switch (event.kind) {
            case EventKind::acquire_begin:
                ++lock.inside;
                return;
            case EventKind::acquire_end:
                --lock.inside;
                if (event.value == 0) lock.owned = 1;
                break;
            case EventKind::release_begin:
                ++lock.inside;
                ++lock.releasing;
                lock.owned = 0;
                return;
            case EventKind::release_end:
                --lock.inside;
                --lock.releasing;
                break;
            default:
                return;
        }
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
        LockState& lock = locks_[event.lock];
        const unsigned shift = 8 * event.offset;
        const std::uint32_t mask = event.size == 4 ? ~0U : ((1U << (8 * event.size)) - 1U) << shift;
        const std::uint32_t before = lock.word;
        lock.word = (before & ~mask) | (static_cast<std::uint32_t>(event.value) << shift & mask);
        if (before == lock.word) return;
        const WordLayout& layout = setup_->locks[event.lock].word;
        if (layout.shape == WordLayout::Shape::queued ? queued(before, lock, layout)
                                                      : test_and_set(before, lock, layout))
            return;
        sink.report(name(), "transition", event, "CPU%u changed %s from 0x%08x to 0x%08x",
                    event.cpu, setup_->locks[event.lock].name.c_str(), before, lock.word);
    }

    static bool test_and_set(std::uint32_t before, const LockState& lock,
                             const WordLayout& layout) {
        if (layout.shape != WordLayout::Shape::test_and_set) return true;
        if (before == 0) return lock.word == 1;
        return before == 1 && lock.word == 0 && lock.releasing != 0;
    }

    static bool queued(std::uint32_t before, const LockState& lock, const WordLayout& layout) {
        const Word o = decode(before, layout);
        const Word n = decode(lock.word, layout);
        const std::uint32_t pending_bit = layout.pending_mask & (~layout.pending_mask + 1U);
        if (n.rest != 0 || n.locked > 1) return false;
        if (n.pending != 0 && n.pending != pending_bit) return false;
        const bool same_tail = o.tail == n.tail;
        const bool same_pending = o.pending == n.pending;
        if (o.locked == n.locked) return same_tail != same_pending;
        if (n.locked == 0) return same_tail && same_pending && lock.releasing != 0;
        if (same_tail && same_pending) return o.tail != 0 || o.pending == 0;
        if (same_tail) return o.pending != 0;  // pending turns into locked
        return n.tail == 0 && same_pending && o.pending == 0;
    }

    void judge_quiescent(const LockState& lock, const Event& event, FindingSink& sink) {
        const WordLayout::Shape shape = setup_->locks[event.lock].word.shape;
        if (shape != WordLayout::Shape::queued && shape != WordLayout::Shape::test_and_set) return;
        if (lock.inside != 0 || lock.owned != 0 || lock.word == 0) return;
        sink.report(name(), "not-zero", event, "nobody holds or wants %s, and its word is 0x%08x",
                    setup_->locks[event.lock].name.c_str(), lock.word);
    }

    const OracleSetup* setup_ = nullptr;
    LockState locks_[kLocksMax];
};

}  // namespace

OracleEntry lock_word_entry() {
    return make_entry<LockWord>("lock-word", "only documented transitions; zero when quiescent", 0);
}

}  // namespace lockstep
