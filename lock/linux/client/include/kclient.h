/* The rest of the kernel as test modules see it: threads, sleeping, printk, performance counters,
 * memory, parameters. Written from the meaning of the kernel's API. What is not modelled does
 * nothing; docs/clients.md lists it.
 */
#ifndef LOCKSTEP_KCLIENT_H
#define LOCKSTEP_KCLIENT_H

#include <kshim.h>

#include <stdarg.h>

#include <asm/rqspinlock.h>

#include "client/client.h"

/* --- language -------------------- */

#define ERR_PTR(error) ((void*)(long)(error))
#define PTR_ERR(pointer) ((long)(pointer))
#define IS_ERR(pointer) ((unsigned long)(pointer) >= (unsigned long)-4095)
#define DIV_ROUND_UP_ULL(a, b) (((unsigned long long)(a) + (b)-1) / (b))
#define strcmp(a, b) __builtin_strcmp(a, b)
#define IS_MODULE(option) 0
#define __acquires(lock)
#define __releases(lock)

typedef s64 ktime_t;
typedef int pid_t;
typedef unsigned gfp_t;
#define GFP_KERNEL 0u

/* --- printk -------------------- */

int kclient_printk(const char* format, ...);
int kclient_sprintf(char* to, const char* format, ...);
int kclient_snprintf(char* to, size_t size, const char* format, ...);
#ifndef pr_fmt
#define pr_fmt(format) format
#endif
#define printk(...) kclient_printk(__VA_ARGS__)
#define pr_alert(format, ...) kclient_printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_err(format, ...) kclient_printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_warn(format, ...) kclient_printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_notice(format, ...) kclient_printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_info(format, ...) kclient_printk(pr_fmt(format), ##__VA_ARGS__)
#define sprintf kclient_sprintf
#define snprintf kclient_snprintf

/* --- memory -------------------- */

#define kmalloc(size, flags) sim_alloc(size)
#define kzalloc(size, flags) sim_alloc(size)
#define kcalloc(count, size, flags) sim_alloc((size_t)(count) * (size))
#define kfree(pointer) sim_free((void*)(pointer))
#define kmalloc_obj(object, ...) ((__typeof__(object)*)sim_alloc(sizeof(object)))
#define kmalloc_objs(object, count, ...) \
    ((__typeof__(object)*)sim_alloc(sizeof(object) * (size_t)(count)))
#define kzalloc_obj(object, ...) kmalloc_obj(object)
#define kzalloc_objs(object, count, ...) kmalloc_objs(object, count)

/* --- atomic64_t -------------------- */

typedef struct {
    s64 counter;
} atomic64_t;
#define ATOMIC64_INIT(value) \
    { (value) }
#define atomic64_read(v) kshim_load_at(&(v)->counter, SIM_RELAXED, "atomic64_read(" #v ")")
#define atomic64_inc(v) ((void)kshim_atomic(v, SIM_ADD, 1, SIM_RELAXED, "atomic64_inc(" #v ")"))
#define atomic_inc_return(v) \
    (kshim_atomic(v, SIM_ADD, 1, SIM_FULL, "atomic_inc_return(" #v ")") + 1)

/* --- time -------------------- */

#define HZ 1000
u64 kclient_clock(void); /* since boot */
#define jiffies ((unsigned long)(kclient_clock() / (NSEC_PER_SEC / HZ)))
#define local_clock() kclient_clock()
#define ktime_get() ((ktime_t)kclient_clock())
void kclient_sleep(u64 ns);            /* whatever wakes it, it sleeps on */
long kclient_schedule_timeout(u64 ns); /* ends early when it is woken */
#define msleep(ms) kclient_sleep((u64)(ms)*NSEC_PER_MSEC)
#define mdelay(ms) sim_delay((u64)(ms)*NSEC_PER_MSEC)
#define udelay(us) sim_delay((u64)(us)*NSEC_PER_USEC)

/* --- threads -------------------- */

struct task_struct {
    int (*function)(void*);
    void* argument;
    int id;
    pid_t pid;
    int cpu; /* -1: not bound */
    int started;
    int result;
};
struct task_struct* kclient_thread(int (*function)(void*), void* argument, const char* format, ...);
#define kthread_create kclient_thread
void kthread_bind(struct task_struct* task, unsigned cpu);
int wake_up_process(struct task_struct* task);
int kthread_stop(struct task_struct* task);
#define kthread_should_stop() (sim_task_should_stop() != 0)

/* --- performance counters: a count of cycles that interrupts its CPU with an NMI
 * -------------------- */

#define PERF_TYPE_HARDWARE 0
#define PERF_COUNT_HW_CPU_CYCLES 0
struct perf_event_attr {
    u32 type;
    u32 size;
    u64 config;
    u64 sample_period;
    unsigned disabled : 1;
    unsigned pinned : 1;
};
struct perf_sample_data;
struct pt_regs;
struct perf_event;
typedef void (*perf_overflow_handler_t)(struct perf_event*, struct perf_sample_data*,
                                        struct pt_regs*);
struct perf_event* perf_event_create_kernel_counter(struct perf_event_attr* attr, int cpu,
                                                    struct task_struct* task,
                                                    perf_overflow_handler_t handler, void* context);
void perf_event_enable(struct perf_event* event);
void perf_event_disable(struct perf_event* event);
int perf_event_release_kernel(struct perf_event* event);

/* --- modules -------------------- */

#define KCLIENT_HIDDEN __attribute__((visibility("hidden")))
/* clang-format off */
#define KCLIENT_PARAM(word, kind, where)                                                  \
    static const struct kclient_param kclient_param_##word                                \
        __attribute__((section("sim_params"), used, aligned(8))) = {#word, #kind, where}
#define module_param(name, type, perm) KCLIENT_PARAM(name, type, &name)
#define MODULE_PARM_DESC(word, text)                                                      \
    static const struct kclient_param_text kclient_text_##word                            \
        __attribute__((section("sim_param_texts"), used, aligned(8))) = {#word, text}
/* clang-format on */
#define module_init(function) int (*const kclient_init)(void) KCLIENT_HIDDEN = function
#define module_exit(function) void (*const kclient_exit)(void) KCLIENT_HIDDEN = function
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_LICENSE(text)

/* --- the lock, with notes for the oracles -------------------- */

static __always_inline int kclient_acquire(rqspinlock_t* lock) {
    int ret;

    sim_note_acquire(lock, 0);
    ret = raw_res_spin_lock(lock);
    sim_note_acquired(lock, ret);
    return ret;
}

static __always_inline void kclient_release(rqspinlock_t* lock) {
    sim_note_release(lock);
    raw_res_spin_unlock(lock);
    sim_note_released(lock);
}

static __always_inline int kclient_acquire_irqsave(rqspinlock_t* lock, unsigned long* flags) {
    unsigned long saved;
    int ret;

    sim_note_acquire(lock, 0);
    ret = raw_res_spin_lock_irqsave(lock, saved);
    sim_note_acquired(lock, ret);
    *flags = saved;
    return ret;
}

static __always_inline void kclient_release_irqrestore(rqspinlock_t* lock, unsigned long flags) {
    sim_note_release(lock);
    raw_res_spin_unlock_irqrestore(lock, flags);
    sim_note_released(lock);
}

#undef raw_res_spin_lock
#undef raw_res_spin_unlock
#undef raw_res_spin_lock_irqsave
#undef raw_res_spin_unlock_irqrestore
#define raw_res_spin_lock(lock) kclient_acquire(lock)
#define raw_res_spin_unlock(lock) kclient_release(lock)
#define raw_res_spin_lock_irqsave(lock, flags) kclient_acquire_irqsave(lock, &(flags))
#define raw_res_spin_unlock_irqrestore(lock, flags) kclient_release_irqrestore(lock, flags)

#endif
