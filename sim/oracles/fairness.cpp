// fairness: a lock that serves in the order of arrival lets nobody overtake a waiter in line.
//
//   overtaken   an attempt took the lock although somebody who came later had had it before
//
// A waiter is in line from the moment at which the others can see it: its first write that changes
// the lock word (it sets pending, makes itself the tail, takes a ticket). Whoever takes back the
// pending bit without having taken the lock is no longer in line. Places of one lock, 1 = first:
//
//     CPU0 owns   CPU1 sets pending (place 1)   CPU2 becomes the tail (place 2)
//     CPU2 gets the lock: it has overtaken CPU1, told when CPU1 gets it in the end
//
// Only locks that promise it are judged (LockFacts::fifo); the test-and-set lock promises nothing.
// An attempt that fails was not served at all and complains of nobody; one that never ends is for
// progress to judge. Says nothing of those not yet in line: a newcomer may lose against another
// for ever. How long each waited and how often each was served are figures and no promise: the
// conditions of a scenario can ask for waits.
#include <type_traits>

#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

struct PlaceInLine {
    LockId lock = kNoLock;       // of the attempt in progress
    std::uint8_t place = 0;      // 0: not in line
    std::uint8_t overtaken = 0;  // by how many; stops at the most that fits
    std::uint8_t by = 0;         // the last of them
};
static_assert(std::has_unique_object_representations_v<PlaceInLine>);

struct LinesOfCpu {
    PlaceInLine at[kContextsMax];
};

class Fairness final : public RowOracle<Fairness, LinesOfCpu, NoRow> {
  public:
    const char* name() const override { return "fairness"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_begin) |
               event_bit(EventKind::acquire_end);
    }
    std::uint32_t accesses_to() const override { return object_bit(ObjectKind::lock_word); }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.lock == kNoLock || !setup().locks[event.lock].fifo) return;
        PlaceInLine& attempt = of_cpu(event.cpu).at[event.depth];
        if (event.kind == EventKind::acquire_begin) {
            attempt = {};
            attempt.lock = event.lock;
            return;
        }
        // A task preempted as it began an attempt may have lost its row to the next one.
        if (attempt.lock != event.lock) return;
        if (event.kind == EventKind::acquire_end)
            ends(attempt, event, sink);
        else if (event.value != event.old)
            writes(attempt, event);
    }

  private:
    // The bits of a part of the word, as bits of the whole.
    static std::uint32_t widen(const Event& event, std::uint64_t part) {
        return event.offset < 4 ? static_cast<std::uint32_t>(part) << (8 * event.offset) : 0;
    }

    void writes(PlaceInLine& attempt, const Event& event) {
        const WordLayout& layout = setup().locks[event.lock].word;
        const std::uint32_t before = widen(event, event.old);
        const std::uint32_t after = widen(event, event.value);
        const std::uint32_t set = after & ~before;
        const std::uint32_t cleared = before & ~after;
        const bool undone = (cleared & layout.pending_mask) != 0 && (set & layout.locked_mask) == 0;
        if (layout.shape == WordLayout::Shape::queued && undone)
            leave_line(attempt);
        else if (attempt.place == 0)
            attempt.place = static_cast<std::uint8_t>(length(event.lock) + 1);
    }

    void ends(PlaceInLine& attempt, const Event& event, FindingSink& sink) {
        const PlaceInLine ended = attempt;
        leave_line(attempt);
        attempt = {};
        if (event.value != 0) return;
        const char* const lock = setup().locks[event.lock].name.c_str();
        if (ended.overtaken != 0)
            sink.report(name(), "overtaken", event,
                        "CPU%u was in line for %s and was overtaken %u times, last by CPU%u",
                        event.cpu, lock, ended.overtaken, ended.by);
        for_each_in_line(event.lock, [&](PlaceInLine& other) {
            if (ended.place != 0 && other.place >= ended.place) return;
            if (other.overtaken < 0xff) ++other.overtaken;
            other.by = event.cpu;
        });
    }

    void leave_line(PlaceInLine& leaver) {
        const std::uint8_t place = leaver.place;
        leaver.place = 0;
        if (place == 0) return;
        for_each_in_line(leaver.lock, [place](PlaceInLine& other) {
            if (other.place > place) --other.place;
        });
    }

    unsigned length(LockId lock) {
        unsigned count = 0;
        for_each_in_line(lock, [&count](const PlaceInLine&) { ++count; });
        return count;
    }

    template <class Each>
    void for_each_in_line(LockId lock, const Each& each) {
        for (unsigned c = 0; c < setup().cpus; ++c)
            for (PlaceInLine& other : of_cpu(c).at)
                if (other.lock == lock && other.place != 0) each(other);
    }
};

}  // namespace

OracleEntry fairness_entry() {
    return make_entry<Fairness>("fairness", "nobody in line for a fair lock is overtaken");
}

}  // namespace lockstep
