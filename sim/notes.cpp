// What scenario bodies tell the machine: the lock API as they call it, and the labels they pass.
#include "sim/internal.h"

namespace lockstep {

namespace {

void emit_lock_event(EventKind kind, LockId lock, std::uint64_t value = 0) {
    const State& m = state();
    if (m.unsettled_any) settle();
    if (m.batch_granted != 0) end_batch();
    note_seen_by_others();
    if (!wanted(kind)) return mix_event(kind, m.cpu, this_cpu_state().depth, lock, 0, value);
    Event event = make_event(kind);
    event.lock = lock;
    event.value = value;
    emit(event);
}

}  // namespace

void Machine::note_acquire_begin(LockId lock, bool trylock) {
    CpuState& cpu = this_cpu_state();
    cpu.locks_wanted[cpu.depth] = lock;
    emit_lock_event(EventKind::acquire_begin, lock, trylock ? 1 : 0);
    if (!trylock) forget_waiting(cpu);
}

void Machine::note_acquire_end(LockId lock, int ret) {
    CpuState& cpu = this_cpu_state();
    cpu.locks_wanted[cpu.depth] = kNoLock;
    emit_lock_event(EventKind::acquire_end, lock,
                    static_cast<std::uint64_t>(static_cast<std::int64_t>(ret)));
    if (ret != -kEbusy) forget_waiting(cpu);  // trying again and again is a loop of the caller's
}

void Machine::note_release_begin(LockId lock) {
    CpuState& cpu = this_cpu_state();
    emit_lock_event(EventKind::release_begin, lock);
    cpu.locks_wanted[cpu.depth] = lock;  // points inside unlock are about this lock
}

void Machine::note_release_end(LockId lock) {
    CpuState& cpu = this_cpu_state();
    cpu.locks_wanted[cpu.depth] = kNoLock;
    emit_lock_event(EventKind::release_end, lock);
    forget_waiting(cpu);
}

// The label is reached, and whatever waits for that strikes, before the step is made.
void Machine::reach_label(std::uint16_t program, std::uint16_t label) {
    static sim_site site = {"", "", "label", 0, 0, 0, 0};
    if (state().unsettled_any) settle();
    note_seen_by_others();
    Event event = make_event(EventKind::label);
    event.value = std::uint64_t{program} << 16 | label;
    emit(event);
    step(&site, Touch::nothing(StepKind::mark));
}

}  // namespace lockstep
