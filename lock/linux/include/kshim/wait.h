/* Waiting: spin loops, wait-for-event, the clock, and preprocessor-level conditional loads.
 *
 * x86 spins (load, condition, cpu_relax); arm64 waits for the cache line to change (load,
 * condition, WFE). The condition is looked at after every load and may have effects of its own.
 */
#ifndef LOCKSTEP_KSHIM_WAIT_H
#define LOCKSTEP_KSHIM_WAIT_H

#define cpu_relax() sim_relax(SIM_SITE("cpu_relax()"))
#define ktime_get_mono_fast_ns() sim_clock(SIM_SITE("ktime_get_mono_fast_ns()"))
#define arch_timer_evtstrm_available() (sim_event_stream() != 0)

/* Before a turn of a loop that counts its turns and then does something else: ending it early
 * becomes an option. In a native batch nothing is asked, and the loop ends by itself. */
static __always_inline void kshim_tell_counted(void) {
#if defined(__x86_64__)
    if (!sim_spinning_on(NULL)) return;
#endif
    sim_wait_counted();
}

/* A condition that counts its own evaluations down ends the wait by itself, after a number of
 * spins that is a matter of luck in real time. */
#define kshim_counts_down(condition_text) (__builtin_strstr(condition_text, "--") != NULL)
#define kshim_tell_bounded(pointer, bounded)                            \
    do {                                                                \
        if ((bounded) && !sim_spinning_on(pointer)) sim_wait_bounded(); \
    } while (0)

#ifdef KSHIM_ARM64
#define __cmpwait_relaxed(pointer, seen)                                                         \
    sim_wait_change((pointer), kshim_to_raw(__typeof__(*(pointer)), (seen)), sizeof(*(pointer)), \
                    SIM_SITE("__cmpwait_relaxed(" #pointer ")"))
#define kshim_wait_once(pointer, seen) __cmpwait_relaxed(pointer, seen)
#define KSHIM_COND_ACQUIRE SIM_ACQUIRE
#define kshim_after_acquire() ((void)0)
#else
#define kshim_wait_once(pointer, seen) cpu_relax()
#define KSHIM_COND_ACQUIRE SIM_RELAXED
#define kshim_after_acquire() smp_acquire__after_ctrl_dep()
#endif

/* `VAL` is the name under which the condition sees the value just loaded. */
/* clang-format off */
#define kshim_cond_load(pointer, condition, order, bounded, text)                 \
    __extension__({                                                               \
        __typeof__(pointer) kshim_waited = (pointer);                             \
        __unqual_scalar_typeof(*kshim_waited) VAL;                                \
        sim_wait_begin();                                                         \
        for (;;) {                                                                \
            VAL = kshim_load_at(kshim_waited, order, text);                       \
            if (condition)                                                        \
                break;                                                            \
            kshim_tell_bounded(kshim_waited, bounded);                            \
            kshim_wait_once(kshim_waited, VAL);                                   \
        }                                                                         \
        sim_wait_end();                                                           \
        VAL;                                                                      \
    })
#define smp_cond_load_relaxed(pointer, condition)                                 \
    kshim_cond_load(pointer, condition, SIM_RELAXED, 0,                           \
                    "smp_cond_load_relaxed(" #pointer ")")
#define smp_cond_load_acquire(pointer, condition)                                 \
    __extension__({                                                               \
        __unqual_scalar_typeof(*(pointer)) kshim_seen =                           \
            kshim_cond_load(pointer, condition, KSHIM_COND_ACQUIRE, 0,            \
                            "smp_cond_load_acquire(" #pointer ")");               \
        kshim_after_acquire();                                                    \
        kshim_seen;                                                               \
    })
#define atomic_cond_read_relaxed(v, condition)                                    \
    kshim_cond_load(&(v)->counter, condition, SIM_RELAXED,                        \
                    kshim_counts_down(#condition), "atomic_cond_read_relaxed(" #v ")")
#define atomic_cond_read_acquire(v, condition)                                    \
    smp_cond_load_acquire(&(v)->counter, condition)
/* clang-format on */

#endif
