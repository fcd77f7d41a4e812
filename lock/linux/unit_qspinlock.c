/* The kernel's plain queued spin lock as one translation unit, native or paravirtual: its file,
 * unmodified, and behind it what the loader needs.
 *
 * Paravirtual: the calls of pv_ops_lock go to the slow path for guests, and waiting and kicking to
 * the machine, which halts the vCPU. The unlock is the generic C one: x86's hand-written assembly
 * for it is not built.
 */
#include "kernel/locking/qspinlock.c"

static void kport_lock(arch_spinlock_t* lock) {
    queued_spin_lock(lock);
}

static void kport_unlock(arch_spinlock_t* lock) {
    queued_spin_unlock(lock);
}

/* Inside the slow path it had a call site, or in a guest another meaning. */
#undef queued_spin_trylock
#undef queued_spin_lock_slowpath

#ifdef CONFIG_PARAVIRT_SPINLOCKS
static void kport_wait(u8* pointer, u8 value) {
    sim_halt(pointer, value, sizeof(*pointer), SIM_SITE("pv_wait(ptr, val)"));
}

static void kport_kick(int cpu) {
    sim_kick((unsigned)cpu, SIM_SITE("pv_kick(cpu)"));
}

static bool kport_is_preempted(long cpu) {
    (void)cpu;
    return false;
}

struct pv_lock_ops pv_ops_lock __attribute__((section("sim_names"))) = {
    .queued_spin_lock_slowpath = __pv_queued_spin_lock_slowpath,
    .queued_spin_unlock = {.func = (void*)__pv_queued_spin_unlock},
    .wait = kport_wait,
    .kick = kport_kick,
    .vcpu_is_preempted = {.func = (void*)kport_is_preempted},
};
#define KPORT_BOOT __pv_init_lock_hash
#define KPORT_SLOW _Q_SLOW_VAL
#else
#define KPORT_BOOT NULL
#define KPORT_SLOW 0
#endif

#ifdef CONFIG_PARAVIRT
struct static_key_false virt_spin_lock_key __attribute__((section("sim_names")));
#endif

static int kport_trylock(arch_spinlock_t* lock) {
    return queued_spin_trylock(lock);
}

/* clang-format off */
#define KPORT_WORD {                                                       \
        .shape = KPORT_QUEUED,                                             \
        .locked_mask = _Q_LOCKED_MASK,                                     \
        .pending_mask = _Q_PENDING_MASK,                                   \
        .tail_mask = _Q_TAIL_MASK,                                         \
        .tail_index_shift = _Q_TAIL_IDX_OFFSET,                            \
        .tail_cpu_shift = _Q_TAIL_CPU_OFFSET,                              \
        .slow_value = KPORT_SLOW,                                          \
    }
#define KPORT_NODES {                                                      \
        .symbol = qnodes,                                                  \
        .size = sizeof(qnodes),                                            \
        .stride = sizeof(struct qnode),                                    \
        .nodes = _Q_MAX_NODES,                                             \
        .next_offset = __builtin_offsetof(struct qnode, mcs.next),         \
        .locked_offset = __builtin_offsetof(struct qnode, mcs.locked),     \
        .count_offset = __builtin_offsetof(struct qnode, mcs.count),       \
    }
/* clang-format on */

#include "plain_unit.h"
