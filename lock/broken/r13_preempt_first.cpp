// broken/r13-preempt-first: unlock_irqrestore enables preemption while interrupts are still off.
//
//     a task became ready ── preempt_enable: not now, irqs are off ── irqs on: nobody asks
//
// A kernel would see a woken task wait for the next tick. Upstream bug R13. Caught by:
// context-discipline.
#include "lock/rqspinlock.h"

namespace lockstep {

namespace {

using Sound = RqSpinlock<RqSteps>;

int acquire_irqsave_preempt_first(void* lock, std::uint64_t* flags) {
    *flags = sim_irq_save();
    sim_preempt_disable();
    const int ret = Sound::acquire(static_cast<QueuedWord*>(lock));
    if (ret != 0) {
        sim_preempt_enable();  // broken: after the next line
        sim_irq_restore(*flags);
    }
    return ret;
}

void release_irqrestore_preempt_first(void* lock, std::uint64_t flags) {
    Sound::release(static_cast<QueuedWord*>(lock));
    sim_preempt_enable();  // broken: after the next line
    sim_irq_restore(flags);
}

}  // namespace

Port broken_r13_preempt_first_port() {
    Port port = upstream_port<Sound>("broken/r13-preempt-first",
                                     "R13: preemption is enabled before interrupts", "R13",
                                     "context-discipline", {"irqs-before-preempt"});
    port.operations.acquire_irqsave = acquire_irqsave_preempt_first;
    port.operations.release_irqrestore = release_irqrestore_preempt_first;
    return port;
}

}  // namespace lockstep
