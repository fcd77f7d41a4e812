// Interrupts: nested on the interrupted fiber's stack, as on hardware; and stalls, where the
// hypervisor takes the CPU away.
#include "sim/internal.h"
#include "sim/timed.h"

namespace lockstep {

namespace {

Context context_of(Injection::Kind kind) {
    if (kind == Injection::Kind::softirq) return Context::softirq;
    return kind == Injection::Kind::hardirq ? Context::hardirq : Context::nmi;
}

sim_site exit_site = {"", "", "return from interrupt", 0, 0, 0, 0};

void emit_exit(CpuState& cpu, bool irqs_before, std::uint32_t preempt_before) {
    emit_simple(EventKind::context_exit, cpu.preempt_count, preempt_before,
                (cpu.irqs_on ? 1U : 0U) | (irqs_before ? 2U : 0U));
}

// What interrupts: an injection, or a counter of clock mode timed.
struct Strike {
    Context context;
    std::uint32_t number;
    bool injected;
};

template <class Handler>
[[gnu::always_inline]] inline void interrupt_with(const Strike strike, Handler handler) {
    State& m = state();
    CpuState& cpu = this_cpu_state();
    end_quiet();
    // An interrupted wait is over: whoever was in it looks again after the interrupt.
    const bool interrupted = cpu.wait.parked;
    if (interrupted) unpark(cpu);
    cpu.wait = Wait{};
    const bool irqs_before = cpu.irqs_on;
    const std::uint32_t preempt_before = cpu.preempt_count;
    const bool hint_before = cpu.bounded_hint;
    const bool counted_before = cpu.counted_hint;
    const Touch next = {cpu.next_address, cpu.next_size, cpu.next_write};
    const bool next_is_asked = cpu.next_is_asked;

    ++cpu.depth;
    cpu.contexts[cpu.depth] = strike.context;
    cpu.locks_wanted[cpu.depth] = kNoLock;
    cpu.footprint = {};
    if (strike.context != Context::softirq) cpu.irqs_on = false;
    if (m.timed != nullptr) timed_charge(m.cpu, Cost::interrupt);
    if (strike.injected) emit_simple(EventKind::inject_fired, strike.number);
    emit_simple(EventKind::context_enter, strike.number);
    if (m.hub) clear_dead_stack();
    handler();
    step(&exit_site, Touch::nothing(StepKind::context));
    note_seen_by_others();
    emit_exit(cpu, irqs_before, preempt_before);
    cpu.contexts[cpu.depth] = Context{};  // equal situations are equal bytes
    --cpu.depth;
    cpu.irqs_on = irqs_before;
    cpu.preempt_count = preempt_before;
    cpu.bounded_hint = hint_before;
    cpu.counted_hint = counted_before;
    cpu.gave_up = false;  // it may have been what woke a halted CPU
    cpu.next_address = next.address;
    cpu.next_size = static_cast<std::uint8_t>(next.size);
    cpu.next_write = next.write;
    cpu.next_is_asked = next_is_asked;
    cpu.footprint = {};
    forget_waiting(cpu);  // what the handler read is no reason to park
    if (interrupted)
        emit_simple(EventKind::wake, 0, 0, static_cast<std::uint32_t>(WakeReason::interrupt));
    drop_fuel();
    m.go = false;
}

}  // namespace

void take_interrupt(std::uint16_t injection_index) {
    const Injection& injection = host().injections[injection_index];
    InjectionState& mark = state().injections[injection_index];
    ++mark.fired;
    mark.armed = false;
    interrupt_with({context_of(injection.kind), injection_index, true},
                   [&injection] { injection.entry(injection.argument, state().cpu); });
}

void take_counter(std::uint16_t counter) {
    const CycleCounter& source = state().timed->counters[counter];
    timed_interrupt(counter, true);
    const std::uint32_t number = kFirstCounter + std::uint32_t{counter};
    interrupt_with({Context::nmi, number, false}, [&source] { source.entry(source.argument); });
    timed_interrupt(counter, false);
}

void start_stall(std::uint16_t injection_index, CpuId target) {
    State& m = state();
    InjectionState& mark = m.injections[injection_index];
    ++mark.fired;
    mark.armed = false;
    emit_simple(EventKind::inject_fired, injection_index);
    Machine::instance().stall(target, host().injections[injection_index].duration);
}

void Machine::stall(CpuId target, TimeNs duration) {
    State& m = state();
    end_quiet();
    cpu_state(target).stalled_until = m.now + duration;
    mark_cpu(target);
    Event event = make_event(EventKind::stall_begin);
    event.cpu = target;
    event.value = duration;
    emit(event);
    drop_fuel();
}

}  // namespace lockstep
