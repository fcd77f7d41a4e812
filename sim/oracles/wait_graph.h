// Who waits for whom, as a fold over events: contexts that attempt a lock, contexts that own one,
// and contexts that cannot move because another is nested above them on their CPU.
//
//     CPU 0 nmi  ──wants──► B ──owned by──► CPU 1 task ──wants──► A ──owned by──┐
//     CPU 0 task ◄──────────────────────────────────────────────────────────────┘
//     (interrupted by CPU 0 nmi: the cycle is closed)
//
// A context waits for the owner of the lock it wants and for the one nested above it. A cycle can
// only come into being when an attempt begins, or goes on because the handler above it returned: it
// is looked for there, and the attempts in it that run, and so may notice it, are marked for as
// long as they last. One for all oracles
// that judge answers and times, who look at it before it is told; holds no verdict.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sim/event.h"
#include "sim/facts.h"
#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

struct ContextRef {
    CpuId cpu = 0;
    std::uint8_t depth = 0;
    friend bool operator==(const ContextRef&, const ContextRef&) = default;
};

// One context of one CPU. `marks` are about the attempt or unlock in progress.
struct WaitNode {
    enum Mark : std::uint8_t {
        in_cycle = 1,      // was part of a deadlock, at some time
        in_window = 2,     // was part of one that an unfinished unlock makes look like one
        near_error = 4,    // another attempt on the same lock failed meanwhile
        near_timeout = 8,  // ... because its time was over, or that of one before it
        recorded = 16,     // its held-table entry is written, and not yet cleared
        taken = 32,        // the lock word says locked, by its own hand
        freed = 64,        // unlock: the lock word no longer says locked
        looking = 128,     // holds another lock; last parked on the word itself, not on a node
    };
    LockId wants = kNoLock;
    LockId releasing = kNoLock;
    std::uint8_t marks = 0;
    std::uint8_t entries = 0;  // locks in this CPU's table when the attempt began
    std::uint32_t unused = 0;  // no padding: states are compared as bytes
    TimeNs began = 0;
    // Since when it has been running and looking at the same thing; not kept where nobody can say
    // how long a wait may take.
    TimeNs undisturbed = 0;
};
static_assert(std::has_unique_object_representations_v<WaitNode>);

constexpr TaskId kNoTask = 0xffff;

struct WaitCpu {
    std::uint8_t top = 0;   // depth of the running context
    std::uint8_t held = 0;  // locks of its contexts that are in its table
    TaskId task = kNoTask;
    Context contexts[kContextsMax] = {};
    WaitNode nodes[kContextsMax];
};
static_assert(std::has_unique_object_representations_v<WaitCpu>);

struct WaitLock {
    std::uint8_t owned = 0;
    ContextRef owner;
    std::uint8_t unused = 0;
    std::uint16_t busy = 0;  // attempts and unlocks in progress
};
static_assert(std::has_unique_object_representations_v<WaitLock>);

// An attempt whose task was preempted before it had reached the lock: what of its node will be
// needed again.
struct SuspendedAttempt {
    TaskId task = kNoTask;
    LockId wants = kNoLock;
    std::uint8_t marks = 0;
    std::uint8_t entries = 0;
    std::uint8_t unused[3] = {};
    TimeNs began = 0;
};
static_assert(std::has_unique_object_representations_v<SuspendedAttempt>);

// How sure one has to be that somebody is in the way.
enum class Blocking : std::uint8_t {
    owned,       // it was given the lock
    certain,     // ... or the lock word is its own: an interrupted attempt or unlock
    recorded,    // ... or it is an interrupted attempt below, as this CPU's table says
    possible,    // ... or it is an interrupted attempt anywhere, which may be ahead in the queue
    in_windows,  // ... or it is in the middle of an unlock, as a table may still say
};

// A deadlock of one lock (AA) or two (ABBA), and the other CPU of the latter. 0 locks: neither.
struct ShortCycle {
    unsigned locks = 0;
    CpuId partner = 0;
};

class WaitGraph final : public RowOracle<WaitGraph, WaitCpu, WaitLock> {
  public:
    const char* name() const override { return "wait-graph"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::acquire_begin) | event_bit(EventKind::acquire_end) |
               event_bit(EventKind::release_begin) | event_bit(EventKind::release_end) |
               event_bit(EventKind::context_enter) | event_bit(EventKind::context_exit) |
               event_bit(EventKind::task_start) | event_bit(EventKind::task_switch) |
               event_bit(EventKind::store) | event_bit(EventKind::park);
    }
    std::uint32_t accesses_to() const override {
        return object_bit(ObjectKind::held_table) | object_bit(ObjectKind::lock_word);
    }
    void on_event(const Event& event, FindingSink& sink) override;

    using RowOracle::setup;
    const LockFacts& facts(LockId lock) const { return setup().locks[lock]; }
    const WaitNode& node(const Event& event) const { return of_cpu(event.cpu).nodes[event.depth]; }
    const WaitNode& running(CpuId cpu) const { return of_cpu(cpu).nodes[of_cpu(cpu).top]; }
    const WaitCpu& cpu(CpuId cpu) const { return of_cpu(cpu); }

    // The event ends an attempt of a lock that may fail, and the attempt's begin was seen.
    bool ends_attempt(const Event& event) const {
        return event.kind == EventKind::acquire_end && event.lock != kNoLock &&
               facts(event.lock).resilient && node(event).wants == event.lock;
    }
    // As things are now, through the running context of `cpu`.
    ShortCycle short_cycle(CpuId cpu, Blocking blocking) const;
    // Nobody but those who have the locks may be taken for an owner of the locks of that cycle.
    bool clear_cut(CpuId cpu, Blocking blocking) const;

    // An NMI inside a waiter: it may not queue and gives up after one try.
    bool trylock_fallback(const Event& event) const;
    // Another attempt on this lock failed during this one, or is about to.
    bool error_nearby(const Event& event) const;
    // Another attempt on this lock ran into its timeout during this one, or is about to return.
    bool timeout_nearby(const Event& event) const;
    // The attempt's CPU has more locks than its table has entries.
    bool table_full(const WaitNode& attempt) const;
    // After this long the first waiter of this lock may give up. kNever: never.
    TimeNs shortest_bound(LockId lock) const;
    // "a cycle: CPU0 task waits for A, held by CPU1 task; CPU1 task waits for B, held by CPU0 task;
    // besides, ..." into a buffer; without a cycle just who waits. In wait_words.cpp.
    void describe(char* into, std::size_t size) const;

  private:
    // The running contexts of one cycle, in its order; 0: there is none.
    unsigned find_cycle(CpuId (&members)[kCpusMax]) const;
    void begin_attempt(const Event& event);
    void end_attempt(const Event& event);
    void begin_release(const Event& event);
    void leave_context(const Event& event);
    void switch_task(const Event& event);
    void fold_store(const Event& event);
    void fold_park(const Event& event);
    void note_error(const Event& event, const WaitNode& failed);
    bool in_the_way(CpuId cpu) const;
    void mark_cycle(CpuId start);
    // Calls `each` with every context that somebody who wants `lock` has to wait for.
    template <class Each>
    void for_each_blocker(LockId lock, ContextRef self, Blocking blocking, Each each) const;
    std::uint64_t blockers(LockId lock, ContextRef self, Blocking blocking) const;  // their CPUs
    LockId awaited(ContextRef from, Blocking blocking) const;
    std::uint64_t circle(CpuId start, Blocking blocking) const;
    std::uint64_t leading_back(CpuId start, Blocking blocking, std::uint64_t seen,
                               const std::uint8_t (&lowest)[kCpusMax]) const;
    template <class Predicate>
    bool any_other_attempt(const Event& event, Predicate predicate) const;

    SuspendedAttempt suspended_[4];
};

const OracleEntry& wait_graph_entry();

// An oracle over the graph.
class WaitJudge : public Oracle {
  public:
    void share(const Oracle& fold) override { graph_ = static_cast<const WaitGraph*>(&fold); }
    void begin(const OracleSetup&) override {}

  protected:
    ~WaitJudge() = default;
    const WaitGraph& graph() const { return *graph_; }

  private:
    const WaitGraph* graph_ = nullptr;
};

// The entry of one that keeps nothing of its own.
template <class T>
OracleEntry make_wait_judge(const char* name, const char* property) {
    static_assert(sizeof(T) == sizeof(WaitJudge));
    OracleEntry entry = make_entry<T>(name, property);
    entry.stateless = true;
    entry.shares = &wait_graph_entry();
    return entry;
}

}  // namespace lockstep
