// Events: what happened, one fact each, in order. Oracles, the script, traces and the step hash
// are folds over them; nothing that judges a run sees the machine itself.
#pragma once

#include <cstdint>

#include "sim/types.h"

struct sim_site;

namespace lockstep {

enum class EventKind : std::uint8_t {
    // Memory. `object`/`offset` name the place, `value` is what was read or written, `old` what a
    // write replaced; `rmw` is set if a store read as well. `store` is any write, also by an RMW or
    // a plain access. Loads and fences are made known only if a trace or an oracle wants them.
    load,
    store,
    fence,
    // The lock API, as a scenario body calls it. `lock` is set; `value` of acquire_end is the
    // return value as int64. acquire_begin: value = 1 for a trylock.
    acquire_begin,
    acquire_end,
    release_begin,
    release_end,
    // Contexts. `context` is the one entered or left. context_exit: value = preempt count now,
    // old = at entry; aux bit 0 = irqs on now, bit 1 = at entry.
    context_enter,
    context_exit,
    task_start,   // value = task id
    task_end,     // as context_exit
    task_switch,  // value = task id now running on the CPU
    irq_off,
    irq_on,
    preempt_off,
    preempt_on,  // value = count now; aux bit 0: a reschedule was pending and irqs were off
    // Waiting and time.
    park,         // object/offset = the first word waited on; aux = WaitKind
    wake,         // aux = WakeReason
    clock_read,   // value = ns
    time_leap,    // value = new time, old = before
    stall_begin,  // value = ns
    stall_end,
    // Names and notes.
    point,       // aux = PointId; lock = the lock meant, or kNoLock
    label,       // value = program << 16 | label; a scenario body reached it
    lock_event,  // text
    contention_begin,
    contention_end,
    printk,        // text
    warn,          // a WARN in the code under test; site
    bug,           // a BUG; site; the run ends here
    inject_fired,  // value = injection index
    // The end. value = EndReason. The last event of every execution.
    execution_end,
};

enum class WaitKind : std::uint8_t { none, spin, wfe, delay, sleep, predicate, halt };
enum class WakeReason : std::uint8_t { store, time, interrupt, event_stream, gave_up, kick };
enum class EndReason : std::uint8_t {
    finished,  // every task ran to its end
    stuck,     // somebody is unfinished and nothing can ever happen again
    step_limit,
    time_limit,
    bug,  // BUG, memory fault, stack overflow or runaway loop in the code under test
};

// `order` of a memory event and `value` of a fence: as sim_order and sim_fence_kind, which those
// who only see events do not know.
enum class Order : std::uint8_t { relaxed, acquire, release, full };
enum class Fence : std::uint8_t { mb, rmb, wmb, ctrl_acquire };

// What a memory range is, as far as oracles and traces care.
enum class ObjectKind : std::uint8_t { other, lock_word, held_table, queue_node, variable };

constexpr std::uint32_t object_bit(ObjectKind kind) {
    return std::uint32_t{1} << static_cast<unsigned>(kind);
}

constexpr LockId kNoLock = 0xff;
constexpr std::uint16_t kNoObject = 0xffff;

struct Event {
    EventKind kind{};
    CpuId cpu = 0;
    Context context = Context::task;  // of the context that did it
    std::uint8_t depth = 0;           // contexts below it on this CPU
    LockId lock = kNoLock;            // for lock API events and for lock_word objects
    std::uint8_t size = 0;            // bytes, memory events
    std::uint8_t order = 0;           // sim_order
    std::uint8_t plain = 0;           // 1 = an unmarked access
    std::uint8_t rmw = 0;             // 1 = a store that read `old` in the same act
    ObjectKind object_kind = ObjectKind::other;
    CpuId object_cpu = 0;              // whose per-CPU copy, for held_table and queue_node
    std::uint16_t object = kNoObject;  // index in the machine's object table
    std::uint32_t offset = 0;          // bytes into the object
    std::uint32_t aux = 0;
    std::uint64_t value = 0;
    std::uint64_t old = 0;
    TimeNs time = 0;
    std::uint64_t step = 0;
    const sim_site* site = nullptr;  // or nullptr
    std::uintptr_t pc = 0;           // of a plain access
    const char* text = nullptr;
};

constexpr std::uint64_t event_bit(EventKind kind) {
    return std::uint64_t{1} << static_cast<unsigned>(kind);
}

}  // namespace lockstep
