/* The kernel's stress module of rqspinlock, unmodified.
 */
#include <kclient.h>

#include "tools/testing/selftests/bpf/test_kmods/bpf_test_rqspinlock.c"

/* clang-format off */
#define LOCKS {"lock_a", &lock_a, 1}, {"lock_b", &lock_b, 1}, {"lock_c", &lock_c, 1}
/* clang-format on */
#include "client/describe.h"
