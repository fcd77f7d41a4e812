/* What postings of rqspinlock used to report a deadlock to the kernel's log. There is no log here,
 * but the lock around the report is one: whoever reports goes on reporting one at a time.
 */
#ifndef LOCKSTEP_KSHIM_REPORT_H
#define LOCKSTEP_KSHIM_REPORT_H

#ifdef KSHIM_RESILIENT

static inline void kshim_log(const char* format, ...) {
    (void)format;
}
#define pr_err(...) kshim_log(__VA_ARGS__)
#define pr_info(...) kshim_log(__VA_ARGS__)
#define dump_stack() ((void)0)

/* With queued spin locks the kernel's own headers have the lock, all but its slow path. Weak: a
 * test module that is built with the kernel's qspinlock.c brings the real one. */
#ifdef CONFIG_QUEUED_SPINLOCKS
#define KSHIM_REPORT_SLOWPATH                                                              \
    void __attribute__((weak)) queued_spin_lock_slowpath(struct qspinlock* lock, u32 val); \
    void queued_spin_lock_slowpath(struct qspinlock* lock, u32 val) {                      \
        (void)val;                                                                         \
        while (!queued_spin_trylock(lock)) cpu_relax();                                    \
    }
#else
typedef struct {
    int locked;
} arch_spinlock_t;
#define KSHIM_REPORT_SLOWPATH
static inline void arch_spin_lock(arch_spinlock_t* lock) {
    while (xchg(&lock->locked, 1)) cpu_relax();
}
static inline void arch_spin_unlock(arch_spinlock_t* lock) {
    smp_store_release(&lock->locked, 0);
}
#endif

#endif
#endif
