// Who waits for whom, as a fold over events: contexts that attempt a lock, contexts that own one,
// and contexts that cannot move because another is nested above them on their CPU.
//
//     CPU 0 nmi  ──wants──► B ──owned by──► CPU 1 task ──wants──► A ──owned by──┐
//     CPU 0 task ◄──────────────────────────────────────────────────────────────┘
//     (interrupted by CPU 0 nmi: the cycle is closed)
//
// A cycle can only come into being when an attempt begins, so it is looked for there and the
// attempts in it are marked. Shared by the oracles that judge answers and times; holds no verdict.
#pragma once

#include <cstdint>

#include "sim/event.h"
#include "sim/facts.h"
#include "sim/oracle.h"
#include "sim/points.h"

namespace lockstep {

struct ContextRef {
    CpuId cpu = 0;
    std::uint8_t depth = 0;
    friend bool operator==(const ContextRef&, const ContextRef&) = default;
};

// One context of one CPU.
struct WaitNode {
    LockId wants = kNoLock;
    LockId releasing = kNoLock;
    std::uint8_t cycle = 0;  // locks in the shortest cycle this attempt was ever part of; 0 = none
    std::uint8_t held_at_begin = 0;
    std::uint64_t step = 0;  // when the attempt began
    TimeNs began = 0;
};

struct WaitCpu {
    std::uint8_t top = 0;    // depth of the running context
    std::uint16_t held = 0;  // locks owned by contexts of this CPU
    WaitNode nodes[kContextsMax];
};

struct WaitLock {
    std::uint8_t owned = 0;
    ContextRef owner;
    std::uint64_t error_step = 0;   // 1 + step of the last attempt that ended in an error
    std::uint64_t window_step = 0;  // 1 + step of the last interrupt inside an unlock
    TimeNs progress = 0;            // when an owner last came or went
};

class WaitGraph {
  public:
    static constexpr std::uint64_t kInterest =
        event_bit(EventKind::acquire_begin) | event_bit(EventKind::acquire_end) |
        event_bit(EventKind::release_begin) | event_bit(EventKind::release_end) |
        event_bit(EventKind::context_enter) | event_bit(EventKind::context_exit);

    void begin(const OracleSetup& setup) { setup_ = &setup; }
    const OracleSetup& setup() const { return *setup_; }
    const LockFacts& facts(LockId lock) const { return setup_->locks[lock]; }
    const WaitLock& lock(LockId lock) const { return locks_[lock]; }
    const WaitCpu& cpu(CpuId cpu) const { return cpus_[cpu]; }
    const WaitNode& node(const Event& event) const { return cpus_[event.cpu].nodes[event.depth]; }

    // Folds the event in. For acquire_end call this after having judged it.
    void apply(const Event& event);
    // Number of locks in the cycle through this context's attempt as things are now; 0 = none.
    unsigned cycle_from(ContextRef from, bool mark = false);

    // An attempt that could not know better: an NMI (or a fifth level) that may not queue.
    bool trylock_fallback(const Event& event) const;
    // The lock, or one of this CPU, was between its release and the clearing of its entry.
    bool unlock_window(const Event& event) const;
    // Somebody else's attempt on this lock ended in an error while this one was going on.
    bool error_elsewhere(const Event& event) const;
    // More locks on this CPU than its table has entries.
    bool table_full(const Event& event) const;
    // "CPU0 task waits for A, held by CPU1 task; ..." into a buffer.
    void describe(char* into, std::size_t size) const;

  private:
    // The context that has to move before `ref` can: itself, or the one on top of its CPU.
    ContextRef blocked_by(ContextRef ref) const { return {ref.cpu, cpus_[ref.cpu].top}; }

    const OracleSetup* setup_ = nullptr;
    WaitLock locks_[kLocksMax];
    WaitCpu cpus_[kCpusMax];  // last: see oracles.h
};

}  // namespace lockstep
