/* One kernel port as one translation unit: the kernel's file, unmodified, and behind it what the
 * loader needs to call it. Being one unit gives this file the kernel's static data; being built
 * with the kernel file's flags keeps the plain accesses of its inline functions visible.
 */
#define KSHIM_RESILIENT 1 /* see kshim/report.h */
#include KPORT_SOURCE     /* the builder says where the tree has it */

#include "unit_parts.h"

#ifdef CONFIG_PARAVIRT
struct static_key_false virt_spin_lock_key __attribute__((section("sim_names")));
#endif

KSHIM_REPORT_SLOWPATH

/* --- the operations --------------------------------------------------------------------------- */

static void port_init(void* lock) {
    raw_res_spin_lock_init((rqspinlock_t*)lock);
}

static int port_acquire(void* lock) {
    return raw_res_spin_lock((rqspinlock_t*)lock);
}

static void port_release(void* lock) {
    raw_res_spin_unlock((rqspinlock_t*)lock);
}

static int port_acquire_irqsave(void* lock, uint64_t* flags) {
    unsigned long saved;
    int ret = raw_res_spin_lock_irqsave((rqspinlock_t*)lock, saved);

    *flags = saved;
    return ret;
}

static void port_release_irqrestore(void* lock, uint64_t flags) {
    raw_res_spin_unlock_irqrestore((rqspinlock_t*)lock, flags);
}

/* --- the description -------------------- */

__attribute__((visibility("default"))) const struct kport_descriptor LOCKSTEP_KPORT_SYMBOL = {
    .abi = LOCKSTEP_KPORT_ABI,
    .lock_size = sizeof(rqspinlock_t),
    .lock_alignment = _Alignof(rqspinlock_t),
    .init = port_init,
    .acquire = port_acquire,
    .release = port_release,
    .acquire_irqsave = port_acquire_irqsave,
    .release_irqrestore = port_release_irqrestore,
    KPORT_SECTIONS,
    .held_table =
        {
            .symbol = &rqspinlock_held_locks,
            .size = sizeof(struct rqspinlock_held),
            .count_offset = __builtin_offsetof(struct rqspinlock_held, cnt),
            .entries_offset = __builtin_offsetof(struct rqspinlock_held, locks),
            .entry_size = sizeof(void*),
            .entries = RES_NR_HELD,
        },
    .timeout_ns = RES_DEF_TIMEOUT,
#ifdef CONFIG_QUEUED_SPINLOCKS
    .queued = 1,
    .word =
        {
            .locked_mask = _Q_LOCKED_MASK,
            .pending_mask = _Q_PENDING_MASK,
            .tail_mask = _Q_TAIL_MASK,
            .tail_index_shift = _Q_TAIL_IDX_OFFSET,
            .tail_cpu_shift = _Q_TAIL_CPU_OFFSET,
        },
    .nodes =
        {
            .symbol = KPORT_NODES,
            .size = sizeof(KPORT_NODES),
            .stride = sizeof(struct qnode),
            .nodes = _Q_MAX_NODES,
            .next_offset = __builtin_offsetof(struct qnode, mcs.next),
            .locked_offset = __builtin_offsetof(struct qnode, mcs.locked),
            .count_offset = __builtin_offsetof(struct qnode, mcs.count),
        },
#else
    .word = {.locked_mask = 0xff},
#endif
};
