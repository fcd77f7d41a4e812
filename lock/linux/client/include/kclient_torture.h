/* What the torture modules need besides kclient.h. Only the spin locks are real: mutexes are a
 * toy, the other sleeping locks end the run, and hotplug, RCU, priorities and moving tasks between
 * CPUs do nothing.
 */
#ifndef LOCKSTEP_KCLIENT_TORTURE_H
#define LOCKSTEP_KCLIENT_TORTURE_H

#include <kclient.h>

/* --- lists -------------------- */

struct list_head {
    struct list_head *next, *prev;
};
#define LIST_HEAD_INIT(name) \
    { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
static inline void list_add(struct list_head* entry, struct list_head* head) {
    entry->next = head->next;
    entry->prev = head;
    head->next->prev = entry;
    head->next = entry;
}
static inline void list_del(struct list_head* entry) {
    entry->next->prev = entry->prev;
    entry->prev->next = entry->next;
}
static inline void list_move(struct list_head* entry, struct list_head* head) {
    list_del(entry);
    list_add(entry, head);
}
#define kclient_entry(pointer, at, member) container_of(pointer, __typeof__(*(at)), member)
#define list_for_each_entry(at, head, member)                                 \
    for (at = kclient_entry((head)->next, at, member); &at->member != (head); \
         at = kclient_entry(at->member.next, at, member))
#define list_for_each_entry_safe(at, after, head, member)   \
    for (at = kclient_entry((head)->next, at, member),      \
        after = kclient_entry(at->member.next, at, member); \
         &at->member != (head);                             \
         at = after, after = kclient_entry(after->member.next, after, member))
#define list_for_each_entry_continue_reverse(at, head, member)                   \
    for (at = kclient_entry(at->member.prev, at, member); &at->member != (head); \
         at = kclient_entry(at->member.prev, at, member))

/* --- warnings, once each and in the log -------------------- */

void kclient_warning(const char* file, int line, const char* function);
#undef WARN_ON_ONCE
#undef WARN_ONCE
#define WARN_ON_ONCE(condition)                                 \
    __extension__({                                             \
        static bool kclient_warned;                             \
        bool kclient_wrong = !!(condition);                     \
        if (unlikely(kclient_wrong) && !kclient_warned) {       \
            kclient_warned = true;                              \
            kclient_warning(__FILE__, __LINE__, __func__);      \
            sim_warn(SIM_SITE("WARN_ON_ONCE(" #condition ")")); \
        }                                                       \
        kclient_wrong;                                          \
    })
#define WARN_ONCE(condition, ...) WARN_ON_ONCE(condition)
#define pr_cont(format, ...) kclient_printk(format, ##__VA_ARGS__)

/* --- time and sleeping -------------------- */

#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
#define TASK_IDLE 4
#define MAX_SCHEDULE_TIMEOUT (~0ul >> 1)
enum hrtimer_mode { HRTIMER_MODE_ABS = 0, HRTIMER_MODE_REL = 1 };
#define set_current_state(state) ((void)(state))
#define jiffies_to_nsecs(j) ((u64)(j) * (NSEC_PER_SEC / HZ))
#define kclient_timeout(j) ((unsigned long)(j) > 1ul << 40 ? 1ull << 60 : jiffies_to_nsecs(j))
#define schedule_timeout_interruptible(j) kclient_schedule_timeout(kclient_timeout(j))
#define schedule_timeout_uninterruptible(j) kclient_schedule_timeout(kclient_timeout(j))
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define ktime_before(a, b) ((a) < (b))
#define ktime_add(a, b) ((a) + (b))
#define ktime_add_ns(a, ns) ((a) + (ktime_t)(ns))
#define ktime_set(s, ns) ((ktime_t)(s)*NSEC_PER_SEC + (ns))
#define ktime_ms_delta(a, b) ((u64)(((a) - (b)) / NSEC_PER_MSEC))
static inline int schedule_hrtimeout(ktime_t* expires, enum hrtimer_mode mode) {
    ktime_t left = mode == HRTIMER_MODE_ABS ? *expires - ktime_get() : *expires;

    if (left > 0) kclient_schedule_timeout((u64)left);
    return 0;
}

/* --- CPUs -------------------- */

typedef struct cpumask {
    unsigned long bits[1];
} cpumask_t;
typedef struct cpumask cpumask_var_t[1];
#define NR_CPUS CONFIG_NR_CPUS
#define nr_cpu_ids ((int)sim_cpus())
#define alloc_cpumask_var(mask, flags) ((void)(mask), true)
#define free_cpumask_var(mask) ((void)(mask))
#define cpumask_available(mask) ((void)(mask), true)
#define cpumask_empty(mask) ((mask)->bits[0] == 0)
#define cpumask_setall(mask) ((void)((mask)->bits[0] = ~0ul >> (64 - nr_cpu_ids)))
#define cpumask_clear_cpu(cpu, mask) ((void)((mask)->bits[0] &= ~BIT(cpu)))
#define cpumask_pr_args(mask) nr_cpu_ids, (mask)->bits
static inline int cpumask_next(int after, const struct cpumask* mask) {
    for (++after; after < nr_cpu_ids; ++after)
        if (mask->bits[0] & BIT(after)) break;
    return after;
}
static inline int cpulist_parse(const char* text, struct cpumask* mask) {
    (void)text;
    (void)mask;
    return -EINVAL;
}
#define cpus_read_lock() ((void)0)
#define cpus_read_unlock() ((void)0)
#define set_cpus_allowed_ptr(task, mask) ((void)(task), (void)(mask))

/* --- tasks -------------------- */

#define current ((struct task_struct*)NULL)
#define MAX_NICE 19
#define MIN_NICE (-20)
#define rt_task(task) ((void)(task), false)
static inline void sched_set_fifo(struct task_struct* task) {
    (void)task;
}
#define sched_set_normal(task, nice) ((void)(task), (void)(nice))
#define set_user_nice(task, nice) ((void)(task), (void)(nice))

/* --- parameters that are functions -------------------- */

struct kernel_param {
    const char* name;
    void* arg;
};
struct kernel_param_ops {
    int (*set)(const char* value, const struct kernel_param* param);
    int (*get)(char* buffer, const struct kernel_param* param);
};
#define module_param_cb(name, ops, where, perm)                       \
    static const void* const kclient_ops_##name __maybe_unused = ops; \
    KCLIENT_PARAM(name, cb, NULL)

/* --- RCU, power, notifiers -------------------- */

struct rcu_head {
    void* next;
};
#define call_rcu(head, function) ((void)(head), (void)(function))
#define rcu_barrier() ((void)0)
#define start_poll_synchronize_rcu() 0ul
#define cond_resched_tasks_rcu_qs() ((void)0)
#define rcu_inkernel_boot_has_ended() true
#define rcu_ftrace_dump(what) ((void)0)
#define kernel_power_off() sim_power_off()
#define NOTIFY_DONE 0
struct notifier_block {
    int (*notifier_call)(struct notifier_block*, unsigned long, void*);
};
#define register_reboot_notifier(block) ((void)(block))
#define unregister_reboot_notifier(block) ((void)(block))

#define swahw32(x) ((u32)(((u32)(x) << 16) | ((u32)(x) >> 16)))

/* --- locks: queued spin locks are the kernel's -------------------- */

void kclient_not_modelled(const char* what);

#ifdef CONFIG_QUEUED_SPINLOCKS
typedef struct qspinlock spinlock_t;
#define DEFINE_SPINLOCK(name) spinlock_t name = __ARCH_SPIN_LOCK_UNLOCKED
#define kclient_queued_lock(lock) queued_spin_lock(lock)
#define kclient_queued_unlock(lock) queued_spin_unlock(lock)
#else
typedef struct {
    int unused;
} spinlock_t;
#define DEFINE_SPINLOCK(name) spinlock_t name
#define kclient_queued_lock(lock) kclient_not_modelled("spin_lock without queued spinlocks")
#define kclient_queued_unlock(lock) ((void)(lock))
#endif
typedef spinlock_t raw_spinlock_t;
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)

static __always_inline void spin_lock(spinlock_t* lock) {
    sim_note_acquire(lock, 0);
    preempt_disable();
    kclient_queued_lock(lock);
    sim_note_acquired(lock, 0);
}
static __always_inline void spin_unlock(spinlock_t* lock) {
    sim_note_release(lock);
    kclient_queued_unlock(lock);
    preempt_enable();
    sim_note_released(lock);
}
static __always_inline unsigned long kclient_lock_irq(spinlock_t* lock) {
    unsigned long flags;

    sim_note_acquire(lock, 0);
    local_irq_save(flags);
    preempt_disable();
    kclient_queued_lock(lock);
    sim_note_acquired(lock, 0);
    return flags;
}
static __always_inline void kclient_unlock_irq(spinlock_t* lock, unsigned long flags) {
    sim_note_release(lock);
    kclient_queued_unlock(lock);
    local_irq_restore(flags);
    preempt_enable();
    sim_note_released(lock);
}
#define spin_lock_irqsave(lock, flags) ((flags) = kclient_lock_irq(lock))
#define spin_unlock_irqrestore(lock, flags) kclient_unlock_irq(lock, flags)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)
#define raw_spin_lock_irqsave(lock, flags) spin_lock_irqsave(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags) spin_unlock_irqrestore(lock, flags)

struct lock_class_key {
    int unused;
};

/* A toy: the torture modules use one for themselves. */
struct mutex {
    int locked;
};
#define DEFINE_MUTEX(name) struct mutex name
#define __mutex_init(mutex, name, key) ((void)(name), (void)(key), (void)((mutex)->locked = 0))
static inline void mutex_lock(struct mutex* mutex) {
    while (xchg(&mutex->locked, 1)) sim_sleep(10000);
}
static inline void mutex_unlock(struct mutex* mutex) {
    smp_store_release(&mutex->locked, 0);
}

/* Not modelled: the program refuses these types before anything runs. */
#define KCLIENT_NONE(type) \
    struct type {          \
        int unused;        \
    }
KCLIENT_NONE(kclient_rwlock);
typedef struct kclient_rwlock rwlock_t;
KCLIENT_NONE(ww_mutex);
KCLIENT_NONE(ww_class);
KCLIENT_NONE(ww_acquire_ctx);
KCLIENT_NONE(rw_semaphore);
KCLIENT_NONE(percpu_rw_semaphore);
#define DEFINE_RWLOCK(name) rwlock_t name
#define DEFINE_WD_CLASS(name) struct ww_class name
#define DECLARE_RWSEM(name) struct rw_semaphore name
#define kclient_none(lock) ((void)(lock), kclient_not_modelled(#lock))
#define write_lock(lock) kclient_none(lock)
#define write_unlock(lock) kclient_none(lock)
#define read_lock(lock) kclient_none(lock)
#define read_unlock(lock) kclient_none(lock)
#define write_lock_irqsave(lock, flags) ((flags) = 0, kclient_none(lock))
#define write_unlock_irqrestore(lock, flags) ((void)(flags), kclient_none(lock))
#define read_lock_irqsave(lock, flags) ((flags) = 0, kclient_none(lock))
#define read_unlock_irqrestore(lock, flags) ((void)(flags), kclient_none(lock))
#define ww_mutex_init(lock, class) ((void)(class), kclient_none(lock))
#define ww_acquire_init(context, class) ((void)(class), kclient_none(context))
#define ww_acquire_fini(context) kclient_none(context)
#define ww_mutex_lock(lock, context) ((void)(context), kclient_none(lock), 0)
#define ww_mutex_lock_slow(lock, context) ((void)(context), kclient_none(lock))
#define ww_mutex_unlock(lock) kclient_none(lock)
#define down_write(lock) kclient_none(lock)
#define up_write(lock) kclient_none(lock)
#define down_read(lock) kclient_none(lock)
#define up_read(lock) kclient_none(lock)
#define percpu_init_rwsem(lock) (kclient_none(lock), 0)
#define percpu_free_rwsem(lock) kclient_none(lock)
#define percpu_down_write(lock) kclient_none(lock)
#define percpu_up_write(lock) kclient_none(lock)
#define percpu_down_read(lock) kclient_none(lock)
#define percpu_up_read(lock) kclient_none(lock)

#endif
