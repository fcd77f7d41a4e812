// What the files of the machine call in each other. Not for any other room.
#pragma once

#include <bit>

#include "sim/event.h"
#include "sim/state.h"

namespace lockstep {

// Which of host().objects has this byte, or kNoObject. Few lie outside the arena, if any.
inline std::uint16_t object_index(std::uint64_t address) {
    const Host& h = host();
    const std::uint64_t granule = (address - arena::kUser) >> 3;
    if (granule < h.object_at_granule.size()) return h.object_at_granule[granule];
    for (const std::uint16_t index : h.outside)
        if (address - h.objects[index].address < h.objects[index].size) return index;
    return kNoObject;
}

// --- events.cpp ---
// An event by the running context, with its cpu, context, depth, step and time filled in.
inline Event make_event(EventKind kind) {
    const State& m = state();
    const CpuState& cpu = this_cpu_state();
    Event event;
    event.kind = kind;
    event.cpu = m.cpu;
    event.depth = cpu.depth;
    event.context = cpu.contexts[cpu.depth];
    event.time = m.now;
    event.step = m.steps;
    return event;
}
// Hashes it and hands it to oracles, triggers, script and trace.
void emit(Event& event);
inline bool wanted(EventKind kind) {
    return (state().interest & event_bit(kind)) != 0;
}
// What is mixed in is made ready beside the hash: the next one waits for a rotation and a product.
inline void mix_into_step_hash(std::uint64_t what, std::uint64_t value) {
    State& m = state();
    std::uint64_t mixed = what * 0x9e3779b97f4a7c15ULL + value * 0xd6e8feb86659fd93ULL;
    mixed ^= mixed >> 32;
    m.step_hash = (std::rotl(m.step_hash, 27) ^ mixed) * 0xbf58476d1ce4e5b9ULL;
}
inline void mix_event(EventKind kind, unsigned cpu, unsigned depth, unsigned lock,
                      std::uint32_t aux, std::uint64_t value) {
    mix_into_step_hash(static_cast<std::uint64_t>(kind) << 56 | std::uint64_t{cpu} << 48 |
                           std::uint64_t{depth} << 40 | std::uint64_t{lock} << 32 | aux,
                       value);
}
void emit_wanted(EventKind kind, std::uint64_t value, std::uint64_t old, std::uint32_t aux);
// An event that is no more than its kind and these; if nobody wants it, only the hash is to know.
inline void emit_simple(EventKind kind, std::uint64_t value = 0, std::uint64_t old = 0,
                        std::uint32_t aux = 0) {
    if (wanted(kind)) return emit_wanted(kind, value, old, aux);
    mix_event(kind, state().cpu, this_cpu_state().depth, kNoLock, aux, value);
}
// Who is told of what, in host(); after oracles or the trace sink have changed.
void compute_interest();

// --- funnel.cpp ---
// Called by a context about to make a step, or parked: comes back when it may go on.
void schedule();
// The same for a task that somebody has just picked to begin.
void begin_task();
// schedule() in hub mode, from a stack that is clean below. What it leaves there is part of every
// state: little.
void pause_in_hub();
// Continues the task that runs on `target`; comes back when somebody continues this one.
void enter_cpu(CpuId target);
// The set of options may have changed: list them and ask again at the next step.
void drop_fuel();
inline void forget_options() {
    host().options_fresh = false;
    host().horizon = 0;
}
[[noreturn]] void end_execution(EndReason reason);
// The same without leaving the context it is called on.
void close_execution(EndReason reason);
// Fills host().options with what could happen next.
void collect_options();
void apply_option(const Option& option);
bool all_tasks_ended();
void choose_families();
void flush_picks();

// --- machine.cpp ---
void choose_first_fiber();  // of a booted machine: the first task that is on a CPU
ExecutionResult collect_result();
void collect_result(ExecutionResult& result);  // the same, into what is there already

// --- hub.cpp ---
// What a step is, for whoever asks whether others can notice it.
enum class StepKind : std::uint8_t {
    access,
    fence,
    clock,
    delay,    // begins: it looks at the clock
    look,     // at a condition that somebody waits for
    mark,     // a label
    context,  // irq flags, the end of a handler or a task
};
// Index of the option that a search takes without asking, or how many options there are.
std::uint32_t unasked_option();
// schedule() before a step of this kind.
void schedule_step(StepKind kind, const sim_site* site);
bool is_asked(const sim_site* site);  // ChainRules::asked
// Of a search: what an access was to, and that something follows which others can see.
void note_own_access(std::uint64_t address, unsigned size, const sim_site* site);
void note_seen_by_others();
// Clears what ended calls left below the caller's frame.
void clear_dead_stack();
// At the top of a function that code under test calls: leaves a clean stack behind. What our own
// calls keep there would make equal situations different.
struct CleanExit {
    CleanExit() = default;
    CleanExit(const CleanExit&) = delete;
    CleanExit& operator=(const CleanExit&) = delete;
    ~CleanExit() {
        if (state().hub) clear_dead_stack();
    }
};

// --- interrupt.cpp ---
bool deliverable(const Injection& injection, std::uint16_t index, CpuId& target);
void take_interrupt(std::uint16_t injection);
void take_counter(std::uint16_t counter);  // clock mode timed
void start_stall(std::uint16_t injection, CpuId target);

// --- steering.cpp: triggers, roles and the script, folds over events ---
void steering_begin();
void steering_event(const Event& event);
std::uint64_t steering_interest();
// An injection is aimed at a role or due at a step: the options may differ at every step.
bool steering_by_step();
// Index of an injection that must happen now, or -1.
int forced_injection(CpuId& target);
inline bool script_active() {
    const State& m = state();
    return m.script_next < host().script.size() && !m.script_failed;
}
// Carries out commands until one needs a CPU to run or an injection to strike, which is then
// armed; false if the script is over.
bool script_settle();
// Leaves in host().options what the script allows, possibly nothing.
void script_narrow();
void reach_point(PointId point);

// --- waiting.cpp ---
// Parks the running context on this_cpu_state().wait; returns when it may look again.
void park_current();
void unpark(CpuState& cpu);  // takes it off the books; no event
void wake(CpuId cpu, WakeReason reason);
void note_store(std::uint64_t address, unsigned size);
bool advance_time(bool forced);  // false: nothing will ever happen
bool time_may_pass();            // what that would say
void end_batch();
void wake_expired();
void forget_local_times();  // after a leap
void check_predicates();
void forget_given_up();  // the running CPU has written: the others may give up counted waits again
void grant_batch(CpuId cpu, std::uint64_t spins, bool timeless = false);
// Something happened that an injection may come before or after.
inline void end_quiet() {
    if (!state().quiet) return;
    state().quiet = false;
    forget_options();
}
// Whatever loop it was in is over: equal situations are equal bytes, however they came about.
inline void forget_waiting(CpuState& cpu) {
    end_quiet();
    if (cpu.footprint.wrote) return;  // done already
    cpu.footprint = {};
    cpu.footprint.wrote = true;
    cpu.wait = Wait{};
    cpu.idle_spins = 0;
    cpu.clock_last_turn = false;
    cpu.look_address = 0;
    cpu.look_line = 0;
}

// --- turns.cpp ---
// For the native spin that begins; and at the end of each turn while some are held back.
void give_turns(std::uint64_t turns);
void made_turn();

// --- task.cpp ---
void make_task_ready(TaskId task);
// The one that waits longest; kNobody: none waits.
TaskId next_ready_task(CpuId cpu);
// A task is going to sleep or has ended.
void make_task_unready(TaskId task, TaskState now);
void switch_task(CpuId cpu, TaskId to);
void task_main();  // where every task's fiber begins
inline bool preemptible(const CpuState& cpu) {
    return cpu.preempt_count == 0 && cpu.irqs_on && cpu.depth == 0 && cpu.stalled_until == 0;
}

// A hash with one more value in it.
inline std::uint64_t mixed(std::uint64_t hash, std::uint64_t with) {
    hash ^= with * 0x9e3779b97f4a7c15ULL;
    hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93ULL;
    return hash ^ (hash >> 32);
}

// --- alike.cpp ---
void note_alike_access(std::uint64_t address, std::uint64_t value, bool changed);
void note_alike_option(const Option& option);
// Whether a CPU of a lower number that this one may be exchanged with has such an option.
bool has_lower_like(CpuId cpu, const Option* options, std::uint32_t count, Option::Kind kind);

// --- kernel.cpp ---
void settle();
// What the step that begins is and what it is about to touch; nothing: address 0.
struct Touch {
    std::uint64_t address = 0;
    unsigned size = 0;
    bool write = false;
    StepKind kind = StepKind::access;
    bool locked = false;  // a locked instruction, or a full fence
    static Touch nothing(StepKind kind) { return {0, 0, false, kind, false}; }
};
// The hook: a step of the running context begins here.
void step_slow(sim_site* site, Touch touch);
[[gnu::always_inline]] inline void step(sim_site* site, Touch touch = {}) {
    State& m = state();
    if (m.unsettled_any) settle();
    if (m.batch_granted != 0) end_batch();
    if (--m.fuel < 0 || site->point_before != 0) step_slow(site, touch);
    ++m.steps;  // counted as it is made: others may have made theirs while this one waited
}

}  // namespace lockstep
