/* The type of a ticket lock, as asm-generic/spinlock_types.h gives it to architectures that have no
 * lock of their own.
 */
#ifndef LOCKSTEP_KSHIM_TICKET_H
#define LOCKSTEP_KSHIM_TICKET_H

#include <kshim.h>

typedef struct {
    atomic_t val;
} arch_spinlock_t;
#define __ARCH_SPIN_LOCK_UNLOCKED \
    { ATOMIC_INIT(0) }

#endif
