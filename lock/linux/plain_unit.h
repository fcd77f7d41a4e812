/* The end of the unit of a plain lock: one that has no table of held locks, never gives up and is
 * called as the kernel's spin_lock() and friends call it: with preemption off, and interrupts off
 * first where the caller asks for that. The including unit defines
 *   kport_lock, kport_unlock, kport_trylock   functions over arch_spinlock_t; trylock: 1 = taken
 *   KPORT_WORD, KPORT_NODES                   initialisers of its descriptor's .word and .nodes
 *   KPORT_BOOT                                what to call once at boot, or NULL
 */
#ifndef LOCKSTEP_LOCK_LINUX_PLAIN_UNIT_H
#define LOCKSTEP_LOCK_LINUX_PLAIN_UNIT_H

#include "unit_parts.h"

static void port_init(void* lock) {
    *(arch_spinlock_t*)lock = (arch_spinlock_t)__ARCH_SPIN_LOCK_UNLOCKED;
}

static int port_acquire(void* lock) {
    preempt_disable();
    kport_lock((arch_spinlock_t*)lock);
    return 0;
}

static void port_release(void* lock) {
    kport_unlock((arch_spinlock_t*)lock);
    preempt_enable();
}

static int port_acquire_irqsave(void* lock, uint64_t* flags) {
    unsigned long saved;

    local_irq_save(saved);
    *flags = saved;
    return port_acquire(lock);
}

/* Preemption last: enabling it while interrupts are off would miss a reschedule. */
static void port_release_irqrestore(void* lock, uint64_t flags) {
    kport_unlock((arch_spinlock_t*)lock);
    local_irq_restore(flags);
    preempt_enable();
}

static int port_trylock(void* lock) {
    preempt_disable();
    if (kport_trylock((arch_spinlock_t*)lock)) return 0;
    preempt_enable();
    return -EBUSY;
}

__attribute__((visibility("default"))) const struct kport_descriptor LOCKSTEP_KPORT_SYMBOL = {
    .abi = LOCKSTEP_KPORT_ABI,
    .lock_size = sizeof(arch_spinlock_t),
    .lock_alignment = _Alignof(arch_spinlock_t),
    .boot = KPORT_BOOT,
    .init = port_init,
    .acquire = port_acquire,
    .release = port_release,
    .acquire_irqsave = port_acquire_irqsave,
    .release_irqrestore = port_release_irqrestore,
    .trylock = port_trylock,
    KPORT_SECTIONS,
    .word = KPORT_WORD,
    .nodes = KPORT_NODES,
};

#endif
