/* s390's spin lock as one translation unit: the kernel's file, unmodified, and behind it what the
 * loader needs. Its inline assembly is in kshim/s390.h.
 */
#include "kshim/s390.h"

#include "arch/s390/lib/spinlock.c"

#undef asm_inline
#undef volatile

static void kport_lock(arch_spinlock_t* lock) {
    arch_spin_lock(lock);
}

static void kport_unlock(arch_spinlock_t* lock) {
    arch_spin_unlock(lock);
}

static int kport_trylock(arch_spinlock_t* lock) {
    return arch_spin_trylock(lock);
}

/* What the kernel does at boot and as each CPU comes up. */
static void kport_boot(void) {
    spin_retry_init();
    for (unsigned cpu = 0; cpu < num_possible_cpus(); ++cpu) arch_spin_lock_setup((int)cpu);
}

DEFINE_PER_CPU_ALIGNED(struct lowcore, kshim_lowcore);

/* The nodes have no count of their own: that is in the CPU's lowcore. Their links are another
 * pair than MCS's, so only the count is described. */
/* clang-format off */
#define KPORT_BOOT kport_boot
#define KPORT_WORD {                                                       \
        .shape = KPORT_OWNED,                                              \
        .locked_mask = _Q_LOCK_CPU_MASK,                                   \
        .owner_mask = _Q_LOCK_CPU_MASK,                                    \
        .owner_shift = _Q_LOCK_CPU_OFFSET,                                 \
        .owner_bias = 1,                                                   \
        .tail_mask = _Q_TAIL_MASK,                                         \
        .tail_index_shift = _Q_TAIL_IDX_OFFSET,                            \
        .tail_cpu_shift = _Q_TAIL_CPU_OFFSET,                              \
    }
#define KPORT_NODES {                                                      \
        .symbol = &kshim_lowcore,                                          \
        .size = sizeof(struct lowcore),                                    \
        .stride = ~0u,                                                     \
        .nodes = 4,                                                        \
        .next_offset = ~0u,                                                \
        .locked_offset = ~0u,                                              \
        .count_offset = __builtin_offsetof(struct lowcore, spinlock_index),\
    }
/* clang-format on */

#include "plain_unit.h"
