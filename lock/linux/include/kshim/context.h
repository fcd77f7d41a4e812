/* What context lock code runs in, static keys, trace points, and the ways it can complain.
 */
#ifndef LOCKSTEP_KSHIM_CONTEXT_H
#define LOCKSTEP_KSHIM_CONTEXT_H

#define preempt_disable() sim_preempt_disable()
#define preempt_enable() sim_preempt_enable()
#define preempt_count() ((int)sim_preempt_count())
#define local_irq_save(flags) ((void)((flags) = (unsigned long)sim_irq_save()))
#define local_irq_restore(flags) sim_irq_restore(flags)
#define irqs_disabled() (sim_irqs_disabled() != 0)
#define in_nmi() (sim_in_nmi() != 0)
#define in_hardirq() (sim_in_hardirq() != 0)
#define in_serving_softirq() (sim_in_softirq() != 0)

/* A key is switched on by name, for the whole machine. */
struct static_key_false {
    int unused;
};
struct static_key_true {
    int unused;
};
#define DECLARE_STATIC_KEY_FALSE(name) extern struct static_key_false name
#define DECLARE_STATIC_KEY_TRUE(name) extern struct static_key_true name
#define DEFINE_STATIC_KEY_FALSE(name) struct static_key_false name
#define static_branch_likely(key) (sim_static_key(&#key[1]) != 0)
#define static_branch_unlikely(key) (sim_static_key(&#key[1]) != 0)

#define LCB_F_SPIN (1u << 0)
#define LCB_F_READ (1u << 1)
#define LCB_F_WRITE (1u << 2)
#define trace_contention_begin(lock, flags) sim_contention_begin(lock, flags)
#define trace_contention_end(lock, ret) sim_contention_end(lock, ret)
#define DECLARE_TRACEPOINT(name) struct kshim_tracepoint_##name
#define tracepoint_enabled(name) 1

#define BUG() sim_bug(SIM_SITE("BUG()"))
/* clang-format off */
#define BUG_ON(condition)                                                                 \
    do {                                                                                  \
        if (unlikely(condition))                                                          \
            sim_bug(SIM_SITE("BUG_ON(" #condition ")"));                                  \
    } while (0)
#define kshim_warn(condition, text)                                                       \
    __extension__({                                                                       \
        bool kshim_wrong = !!(condition);                                                 \
        if (unlikely(kshim_wrong))                                                        \
            sim_warn(SIM_SITE(text));                                                     \
        kshim_wrong;                                                                      \
    })
/* clang-format on */
#define WARN_ON(condition) kshim_warn(condition, "WARN_ON(" #condition ")")
#define WARN_ON_ONCE(condition) kshim_warn(condition, "WARN_ON_ONCE(" #condition ")")
#define WARN(condition, ...) kshim_warn(condition, "WARN(" #condition ")")
#define WARN_ONCE(condition, ...) kshim_warn(condition, "WARN_ONCE(" #condition ")")

#endif
