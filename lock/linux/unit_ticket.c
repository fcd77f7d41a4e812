/* The kernel's generic ticket lock as one translation unit: its header, unmodified, and behind it
 * what the loader needs.
 */
#include <asm-generic/ticket_spinlock.h>

static void kport_lock(arch_spinlock_t* lock) {
    ticket_spin_lock(lock);
}

static void kport_unlock(arch_spinlock_t* lock) {
    ticket_spin_unlock(lock);
}

static int kport_trylock(arch_spinlock_t* lock) {
    return ticket_spin_trylock(lock);
}

/* clang-format off */
#define KPORT_BOOT NULL
#define KPORT_WORD {                                                       \
        .shape = KPORT_TICKET,                                             \
        .locked_mask = 0x0000ffff,                                         \
        .tail_mask = 0xffff0000,                                           \
    }
#define KPORT_NODES {.symbol = NULL}
/* clang-format on */

#include "plain_unit.h"
