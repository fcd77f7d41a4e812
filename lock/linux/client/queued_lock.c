/* The kernel's queued spin lock, unmodified: what spin_lock() is.
 */
#include <kshim.h>

#ifdef CONFIG_QUEUED_SPINLOCKS
#include "kernel/locking/qspinlock.c"
#endif
