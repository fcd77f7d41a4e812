/* powerpc's queued spin lock as one translation unit: the kernel's file, unmodified, and behind it
 * what the loader needs. Its load-reserve/store-conditional bodies are in kshim/powerpc.h.
 */
#include "kshim/powerpc.h"

#include "arch/powerpc/lib/qspinlock.c"

#undef asm
#undef volatile

static void kport_lock(arch_spinlock_t* lock) {
    queued_spin_lock(lock);
}

static void kport_unlock(arch_spinlock_t* lock) {
    queued_spin_unlock(lock);
}

static int kport_trylock(arch_spinlock_t* lock) {
    return queued_spin_trylock(lock);
}

/* clang-format off */
#define KPORT_BOOT NULL
#define KPORT_WORD {                                                       \
        .shape = KPORT_OWNED,                                              \
        .locked_mask = _Q_LOCKED_VAL,                                      \
        .owner_mask = _Q_OWNER_CPU_MASK,                                   \
        .owner_shift = _Q_OWNER_CPU_OFFSET,                                \
        .owner_bias = 0,                                                   \
        .tail_mask = _Q_TAIL_CPU_MASK,                                     \
        .tail_cpu_shift = _Q_TAIL_CPU_OFFSET,                              \
    }
#define KPORT_NODES {                                                      \
        .symbol = &qnodes,                                                 \
        .size = sizeof(qnodes),                                            \
        .first_offset = __builtin_offsetof(struct qnodes, nodes),          \
        .stride = sizeof(struct qnode),                                    \
        .nodes = MAX_NODES,                                                \
        .next_offset = __builtin_offsetof(struct qnode, next),             \
        .locked_offset = __builtin_offsetof(struct qnode, locked),         \
        .count_offset = __builtin_offsetof(struct qnodes, count),          \
    }
/* clang-format on */

#include "plain_unit.h"
