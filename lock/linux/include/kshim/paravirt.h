/* The hypervisor as x86 guests see it: calls through pv_ops_lock, and what the paravirtual slow
 * path of the queued spin lock needs besides. Waiting and kicking are the machine's: see the unit.
 */
#ifndef LOCKSTEP_KSHIM_PARAVIRT_H
#define LOCKSTEP_KSHIM_PARAVIRT_H

struct paravirt_callee_save {
    void* func;
};
#define DECLARE_STATIC_CALL(name, function) struct kshim_static_call_##name

/* Calls through the table. What the kernel would patch in on bare hardware is left away. Each is a
 * call site, so that a lock point can lie there. */
/* clang-format off */
#define kshim_pv_site(text) kshim_arrive(KSHIM_CALL_SITE(text))
#define PVOP_VCALL1(table, entry, a)                                                      \
    __extension__({ kshim_pv_site(#entry "(" #a ")"); (table).entry(a); })
#define PVOP_VCALL2(table, entry, a, b)                                                   \
    __extension__({ kshim_pv_site(#entry "(" #a ", " #b ")"); (table).entry(a, b); })
/* clang-format on */
#define PVOP_ALT_VCALLEE1(table, entry, a, ...) (((void (*)(__typeof__(a)))(table).entry.func)(a))
#define PVOP_ALT_CALLEE1(type, table, entry, a, ...) \
    (((type(*)(__typeof__(a)))(table).entry.func)(a))

#ifdef CONFIG_PARAVIRT_SPINLOCKS

/* Turns of a waiter's loop before it halts. x86 has 1 << 15; only at its multiples of 256 does the
 * loop do anything but look, and how long a turn takes is up to the scheduler anyway. */
#define SPIN_THRESHOLD 256

/* The loops that count down to the halt can end at any turn, as others may be slow. */
/* clang-format off */
#undef cpu_relax
#define cpu_relax()                                                                       \
    do {                                                                                  \
        if (!__builtin_strcmp(__func__, "pv_wait_node") ||                                \
            !__builtin_strcmp(__func__, "pv_wait_head_or_lock"))                          \
            kshim_tell_counted();                                                         \
        sim_relax(SIM_SITE("cpu_relax()"));                                               \
    } while (0)
/* clang-format on */

/* The table of halted waiters, made once at boot. */
#define PAGE_SIZE 4096ul
#define SMP_CACHE_BYTES 64ul
#define HASH_EARLY 1
#define HASH_ZERO 2
#define alloc_large_system_hash(name, bytes, entries, scale, flags, bits, mask, low, high) \
    kshim_alloc_table(bytes, entries, bits)
static inline void* kshim_alloc_table(size_t bytes, unsigned entries, unsigned* bits) {
    *bits = 0;
    while ((1u << *bits) < entries) ++*bits;
    return sim_alloc(bytes << *bits);
}
static inline u32 hash_ptr(const void* pointer, unsigned bits) {
    return (u32)(((u64)(uintptr_t)pointer * 0x9e3779b97f4a7c15ull) >> (64 - bits));
}

#define debug_locks_silent 0
#define early_param(name, function) \
    static int (*const kshim_param_##function)(char*) __maybe_unused = function

#endif
#endif
