// The kernel ABI's CPU half: contexts, irq flags, preemption, keys, notes, allocation.
#include <algorithm>
#include <cstring>

#include "sim/check.h"
#include "sim/internal.h"

using namespace lockstep;

namespace {

sim_site irq_site = {"", "", "irq flags", 0, 0, 0, 0};

Context top_context() {
    const CpuState& cpu = this_cpu_state();
    return cpu.contexts[cpu.depth];
}

[[gnu::noinline]] void set_irqs(bool on) {
    step(&irq_site, Touch::nothing(StepKind::context));
    CpuState& cpu = this_cpu_state();
    if (!state().running || cpu.irqs_on == on) return;
    cpu.irqs_on = on;
    emit_simple(on ? EventKind::irq_on : EventKind::irq_off);
    drop_fuel();
}

[[gnu::noinline]] void emit_text(EventKind kind, const char* text, sim_site* site,
                                 LockId lock = kNoLock) {
    const State& m = state();
    if (!m.running) return;
    if (!wanted(kind)) return mix_event(kind, m.cpu, this_cpu_state().depth, lock, 0, 0);
    Event event = make_event(kind);
    event.text = text;
    event.site = site;
    event.lock = lock;
    emit(event);
}

LockId lock_at(const volatile void* lock) {
    const Object* const object =
        Machine::instance().object_at(reinterpret_cast<std::uint64_t>(lock));
    return object == nullptr ? kNoLock : object->lock;
}

}  // namespace

unsigned sim_cpu(void) {
    return state().cpu;
}
unsigned sim_cpus(void) {
    return state().cpus;
}
unsigned sim_preempt_count(void) {
    return this_cpu_state().preempt_count;
}
int sim_in_nmi(void) {
    return top_context() == Context::nmi;
}
int sim_in_hardirq(void) {
    return top_context() == Context::hardirq;
}
int sim_in_softirq(void) {
    return top_context() == Context::softirq;
}
int sim_irqs_disabled(void) {
    return this_cpu_state().irqs_on ? 0 : 1;
}

void sim_preempt_disable(void) {
    const CleanExit clean;
    if (!state().running) return;
    if (state().unsettled_any) settle();
    CpuState& cpu = this_cpu_state();
    ++cpu.preempt_count;
    emit_simple(EventKind::preempt_off, cpu.preempt_count);
    if (cpu.preempt_count == 1 && cpu.ready_tasks > 1) drop_fuel();
}

void sim_preempt_enable(void) {
    const CleanExit clean;
    if (!state().running) return;
    if (state().unsettled_any) settle();
    CpuState& cpu = this_cpu_state();
    --cpu.preempt_count;
    // With irqs off the reschedule cannot happen here, and nothing asks again when they go on.
    const bool missed =
        cpu.preempt_count == 0 && cpu.need_resched && !cpu.irqs_on && cpu.depth == 0;
    emit_simple(EventKind::preempt_on, cpu.preempt_count, 0, missed ? 1 : 0);
    if (cpu.preempt_count == 0 && cpu.ready_tasks > 1) drop_fuel();
}

uint64_t sim_irq_save(void) {
    const CleanExit clean;
    const bool were_on = this_cpu_state().irqs_on;
    set_irqs(false);
    return were_on ? 1 : 0;
}

void sim_irq_restore(uint64_t flags) {
    const CleanExit clean;
    set_irqs(flags != 0);
}

void lockstep::Machine::local_irq_disable() {
    set_irqs(false);
}
void lockstep::Machine::local_irq_enable() {
    set_irqs(true);
}

void sim_lock_event(const char* name) {
    const CleanExit clean;
    emit_text(EventKind::lock_event, name, nullptr);
}

void sim_contention_begin(const volatile void* lock, unsigned) {
    const CleanExit clean;
    emit_text(EventKind::contention_begin, nullptr, nullptr, lock_at(lock));
}

void sim_contention_end(const volatile void* lock, int) {
    const CleanExit clean;
    emit_text(EventKind::contention_end, nullptr, nullptr, lock_at(lock));
}

void sim_note_acquire(const volatile void* lock, int trylock) {
    const LockId id = lock_at(lock);
    if (id != kNoLock) Machine::instance().note_acquire_begin(id, trylock != 0);
}

void sim_note_acquired(const volatile void* lock, int ret) {
    const LockId id = lock_at(lock);
    if (id != kNoLock) Machine::instance().note_acquire_end(id, ret);
}

void sim_note_release(const volatile void* lock) {
    const LockId id = lock_at(lock);
    if (id != kNoLock) Machine::instance().note_release_begin(id);
}

void sim_note_released(const volatile void* lock) {
    const LockId id = lock_at(lock);
    if (id != kNoLock) Machine::instance().note_release_end(id);
}

void sim_printk(const char* text) {
    const CleanExit clean;
    if (state().running && host().console) host().console(state().now, text);
    emit_text(EventKind::printk, text, nullptr);
}
void sim_warn(struct sim_site* site) {
    const CleanExit clean;
    emit_text(EventKind::warn, nullptr, site);
}

void sim_bug(struct sim_site* site) {
    emit_text(EventKind::bug, nullptr, site);
    end_execution(EndReason::bug);
}

void sim_power_off(void) {
    end_execution(EndReason::finished);
}

int sim_static_key(const char* name) {
    const std::vector<std::string>& keys = host().config.static_keys;
    return std::find(keys.begin(), keys.end(), name) != keys.end() ? 1 : 0;
}

void* sim_alloc(size_t size) {
    State& m = state();
    const std::uint64_t at = (m.user_top + 15) & ~std::uint64_t{15};
    if (at + size > arena::kUser + arena::kUserSize) return nullptr;
    m.user_top = at + size;
    void* const memory = reinterpret_cast<void*>(at);
    std::memset(memory, 0, size);
    return memory;
}

void sim_free(void*) {}
