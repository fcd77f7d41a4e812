// Halting a CPU until somebody kicks it: what a paravirtual lock asks of the hypervisor.
//
//     waiter:  [L] word as expected?  halt ........................ wakes
//     kicker:                               [S] word   kick the CPU
//
// As on KVM and Xen a kick stays until the CPU halts: one between the look and the halt is not
// lost. What is lost is a kick that is never made, and then nothing wakes the CPU but an interrupt.
#include "sim/check.h"
#include "sim/internal.h"

using namespace lockstep;

void sim_halt(const volatile void* address, uint64_t value, unsigned size, struct sim_site* site) {
    const CleanExit clean;
    if (sim_load(address, size, SIM_RELAXED, site) != value) return;
    if (!state().running) return;
    static sim_site halt_site = {"", "", "halt", 0, 0, 0, 0};
    step(&halt_site, Touch::nothing(StepKind::access));
    CpuState& cpu = this_cpu_state();
    if (!cpu.kicked) {
        cpu.wait = Wait{};
        cpu.wait.kind = WaitKind::halt;
        cpu.wait.deadline = kNever;
        park_current();
    }
    cpu.kicked = false;
    cpu.footprint = {};
    forget_waiting(cpu);  // the turn of a loop that halted is no reason to park
}

void sim_kick(unsigned cpu, struct sim_site* site) {
    const CleanExit clean;
    State& m = state();
    SIM_CHECK_MSG(cpu < m.cpus, "a CPU that there is not was kicked");
    step(site, Touch::nothing(StepKind::access));
    ++site->hits;
    if (!m.running) return;
    CpuState& target = cpu_state(cpu);
    target.kicked = true;
    mark_cpu(cpu);
    // This one did something that others can see: not a turn of a loop that only looks.
    forget_waiting(this_cpu_state());
    if (target.wait.parked && target.wait.kind == WaitKind::halt)
        wake(static_cast<CpuId>(cpu), WakeReason::kick);
}
