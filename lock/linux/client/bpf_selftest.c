/* The BPF selftest program of the lock, unmodified and as plain C, with what its user-space part
 * does with it: AA, a full table of held locks, and ABBA against sixteen threads.
 */
#include <kclient_bpf.h>

#include "tools/testing/selftests/bpf/progs/res_spin_lock.c"

#define THREADS 16
/* Runs of a program in one go. User space asks for more, which makes the test longer and nothing
 * else: nearly every run against the threads is a deadlock of some milliseconds. */
#define AB_REPEAT 100
#define BA_REPEAT 20

static struct arr_elem elements[64];

void* kclient_bpf_lookup(int key) {
    return key >= 0 && (unsigned)key < ARRAY_SIZE(elements) ? &elements[key] : NULL;
}

static int run_program(int (*program)(struct __sk_buff*), int repeat) {
    int retval = 0;

    for (int i = 0; i < repeat; ++i) retval = program(NULL);
    return retval;
}

static bool skip;

static int ab_thread(void* argument) {
    (void)argument;
    while (!READ_ONCE(skip)) {
        int retval = run_program(res_spin_lock_test_AB, AB_REPEAT);

        if (retval) return retval;
    }
    return 0;
}

static struct kclient_result results[] = {
    {"res_spin_lock_test", "returns", 0, 1},
    {"res_spin_lock_test_held_lock_max", "returns", 0, 1},
    {"res_spin_lock_test_BA", "returns", -EDEADLK, 1},
    {"res_spin_lock_test_BA-err", "leaves in err", -EDEADLK, 1},
    {"res_spin_lock_test_AB", "threads that failed", 0, THREADS},
};

static void run_abba(void) {
    struct task_struct* threads[THREADS];
    int retval = 0, failed = 0;

    for (int i = 0; i < THREADS; ++i) {
        threads[i] = kthread_create(ab_thread, NULL, "AB/%d", i);
        kthread_bind(threads[i], 1 + (unsigned)i % (sim_cpus() - 1)); /* not the one of BA */
        wake_up_process(threads[i]);
    }
    while (!retval && !READ_ONCE(err)) retval = run_program(res_spin_lock_test_BA, BA_REPEAT);
    WRITE_ONCE(skip, true);
    for (int i = 0; i < THREADS; ++i) failed += kthread_stop(threads[i]) != 0;
    results[2].got = retval;
    results[3].got = err;
    results[4].got = failed;
}

static int selftest_init(void) {
    if (num_online_cpus() < 2) return -ENOTSUPP;
    results[0].got = run_program(res_spin_lock_test, 1);
    results[1].got = run_program(res_spin_lock_test_held_lock_max, 1);
    run_abba();
    return 0;
}
static void selftest_exit(void) {}
module_init(selftest_init);
module_exit(selftest_exit);

/* clang-format off */
#define FOUR(i)                                                                           \
    {"arrmap[" #i "]", &elements[i], 1}, {"arrmap[" #i "+1]", &elements[i + 1], 1},       \
    {"arrmap[" #i "+2]", &elements[i + 2], 1}, {"arrmap[" #i "+3]", &elements[i + 3], 1}
#define LOCKS                                                                             \
    {"lockA", &lockA, 1}, {"lockB", &lockB, 1}, FOUR(0), FOUR(4), FOUR(8), FOUR(12),      \
    FOUR(16), FOUR(20), FOUR(24), FOUR(28), {"arrmap[32]", &elements[32], 1},             \
    {"arrmap[33]", &elements[33], 1}
/* clang-format on */
#define RESULTS results
#include "client/describe.h"
