// broken/irqs-left-off: unlock_irqrestore releases the lock and forgets the interrupts.
//
//     irqs on ── lock_irqsave ──► off ── unlock_irqrestore ──► still off
//
// A kernel would see a CPU that no timer and no other interrupt reaches any more: "hard lockup",
// with an innocent backtrace. Caught by: context-discipline.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

void release_without_restore(void* lock, std::uint64_t) {
    RqSpinlock<RqSteps>::release(static_cast<QueuedWord*>(lock));
    sim_preempt_enable();  // broken: sim_irq_restore() belongs before this
}

}  // namespace

Port broken_irqs_left_off_port() {
    Port port = broken_port<RqSpinlock<RqSteps>>(
        "broken/irqs-left-off", "unlock_irqrestore does not turn interrupts on again",
        "context-discipline");
    port.operations.release_irqrestore = release_without_restore;
    return port;
}

}  // namespace lockstep
