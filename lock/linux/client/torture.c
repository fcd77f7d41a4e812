/* The kernel's lock torture module, unmodified.
 */
#include <kclient_torture.h>

#include "kernel/locking/locktorture.c"

/* clang-format off */
#define LOCKS                                                                             \
    {"rqspinlock", &rqspinlock, 1}, {"torture_spinlock", &torture_spinlock, 0},           \
    {"torture_raw_spinlock", &torture_raw_spinlock, 0}
/* clang-format on */
#include "client/describe.h"
