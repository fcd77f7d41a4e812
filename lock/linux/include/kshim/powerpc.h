/* powerpc: names its queued spin lock uses, and its inline assembly in C.
 *
 * The kernel's file is not touched: `asm` becomes nothing, and `volatile` a macro with arguments,
 * which swallows the whole statement and puts the body for the function it stands in there. Each is
 * a load and, if the assembly would have come to its store-conditional, a compare-and-exchange; it
 * begins again when that fails. inline_assembly.cpp pins the texts that the bodies were made from.
 */
#ifndef LOCKSTEP_KSHIM_POWERPC_H
#define LOCKSTEP_KSHIM_POWERPC_H

#include <kshim.h>
#include <kshim/assembly_body.h>

/* The names that the bodies use, where a function has no local of that name. */
static u32 prev __maybe_unused, tail __maybe_unused, newval __maybe_unused;
static u32 old __maybe_unused, new __maybe_unused;

struct kshim_reserved { /* one lwarx ... stwcx. */
    u32* word;
    struct sim_site* load;
    struct sim_site* store;
};

static __always_inline u32 kshim_lwarx(struct kshim_reserved at) {
    return (u32)kshim_load(at.word, 4, SIM_RELAXED, at.load);
}

static __always_inline bool kshim_stwcx(struct kshim_reserved at, u32 seen, u32 value,
                                        enum sim_order order) {
    return kshim_cmpxchg(at.word, seen, value, 4, order, at.store).success != 0;
}

/* An acquire barrier behind the store orders it as an acquire, a release barrier before the load
 * as a release. */
static __always_inline u32 kshim_trylock_clean_tail(struct kshim_reserved at, u32 mine, u32 locked,
                                                    u32 locked_bit, u32 tail_mask) {
    for (;;) {
        u32 seen = kshim_lwarx(at);
        u32 queue = seen & tail_mask;

        if (seen & locked_bit) return seen;
        if (kshim_stwcx(at, seen, queue == mine ? locked : queue | locked, SIM_ACQUIRE))
            return seen;
    }
}

static __always_inline u32 kshim_change_bits(struct kshim_reserved at, u32 cleared, u32 set,
                                             enum sim_order order) {
    for (;;) {
        u32 seen = kshim_lwarx(at);

        if (kshim_stwcx(at, seen, (seen & ~cleared) | set, order)) return seen;
    }
}

static __always_inline u32 kshim_exchange_if(struct kshim_reserved at, u32 wanted, u32 value,
                                             enum sim_order order) {
    for (;;) {
        u32 seen = kshim_lwarx(at);

        if (seen != wanted || kshim_stwcx(at, seen, value, order)) return seen;
    }
}

/* Takes a lock that is free but for its tail, and keeps the tail. */
static __always_inline u32 kshim_trylock_steal(struct kshim_reserved at, u32 locked,
                                               u32 tail_mask) {
    for (;;) {
        u32 seen = kshim_lwarx(at);

        if ((seen & ~tail_mask) || kshim_stwcx(at, seen, (seen & tail_mask) | locked, SIM_ACQUIRE))
            return seen;
    }
}

/* clang-format off */
#define kshim_here() (struct kshim_reserved) {                                            \
        &lock->val, kshim_asm_site("lwarx(&lock->val)"), kshim_asm_site("stwcx.(&lock->val)")}
#define KSHIM_POWERPC_ASM()                                                               \
    do {                                                                                  \
        if (kshim_in("trylock_clean_tail"))                                               \
            prev = kshim_trylock_clean_tail(kshim_here(), tail, newval, _Q_LOCKED_VAL,    \
                                            _Q_TAIL_CPU_MASK);                            \
        else if (kshim_in("publish_tail_cpu"))                                            \
            prev = kshim_change_bits(kshim_here(), _Q_TAIL_CPU_MASK, tail, SIM_RELEASE);  \
        else if (kshim_in("set_mustq"))                                                   \
            prev = kshim_change_bits(kshim_here(), 0, _Q_MUST_Q_VAL, SIM_RELAXED);        \
        else if (kshim_in("clear_mustq"))                                                 \
            prev = kshim_change_bits(kshim_here(), _Q_MUST_Q_VAL, 0, SIM_RELAXED);        \
        else if (kshim_in("try_set_sleepy"))                                              \
            prev = kshim_exchange_if(kshim_here(), old, new, SIM_RELAXED);                \
        else if (kshim_in("__queued_spin_trylock_nosteal"))                               \
            prev = kshim_exchange_if(kshim_here(), 0, new, SIM_ACQUIRE);                  \
        else if (kshim_in("__queued_spin_trylock_steal"))                                 \
            prev = kshim_trylock_steal(kshim_here(), new, _Q_TAIL_CPU_MASK);              \
        else if (!kshim_in("queued_spin_unlock") && !kshim_in("queued_spin_lock_mcs_queue")) \
            kshim_unknown_instruction(); /* in those two: a hint about speed */           \
    } while (0)
/* clang-format on */

/* --- names --------------------------------------------------------------------------------------
 * Spinning. The stealers' loop and the head's count their turns and then do something else, unless
 * the word says "must queue" by then; `val` is the word they saw, and this where there is none. */
static const u32 val __maybe_unused = 1u << 16;

#define spin_begin() ((void)0)
#define spin_end() ((void)0)
/* clang-format off */
#define spin_cpu_relax()                                                                  \
    do {                                                                                  \
        if (!(val & _Q_MUST_Q_VAL)) kshim_tell_counted();                                 \
        cpu_relax();                                                                      \
    } while (0)
/* clang-format on */

#define numa_node_id() 0
#define cpu_to_node(cpu) ((void)(cpu), 0)
#define sched_clock() 0ull

#define CONFIG_PPC64 1

/* Files for tuning by hand; nobody opens them here. */
#define DEFINE_SIMPLE_ATTRIBUTE(name, get, set, format) \
    static const struct {                               \
        int (*getter)(void*, u64*);                     \
        int (*setter)(void*, u64);                      \
    } name __maybe_unused = {get, set}
#define debugfs_create_file(name, mode, parent, data, operations) ((void)(operations))
#define device_initcall(function) late_initcall(function)

#define asm
#define volatile(...) KSHIM_POWERPC_ASM()

#endif
