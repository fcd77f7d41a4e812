/* Marked accesses to memory: READ_ONCE, WRITE_ONCE, acquire and release, exchanges, fences. Each
 * is one call of sim/kernel.h with a site that carries the expression as the kernel wrote it.
 */
#ifndef LOCKSTEP_KSHIM_ACCESS_H
#define LOCKSTEP_KSHIM_ACCESS_H

/* A place where a function is called rather than memory accessed: it can carry a lock point. */
/* clang-format off */
#define KSHIM_CALL_SITE(text)                                                       \
    __extension__({                                                                 \
        static __attribute__((section("sim_calls"), used, aligned(8)))              \
        struct sim_site kshim_call_here = {__FILE__, __func__, text, __LINE__, 0, 0, 0}; \
        &kshim_call_here;                                                           \
    })
/* clang-format on */

/* In hooks.c, which is built without instrumentation: a site's fields are not lock data. */
struct kshim_exchanged {
    u64 old;
    u64 success;
};
struct kshim_exchanged kshim_cmpxchg(volatile void* address, u64 expected, u64 desired,
                                     unsigned size, enum sim_order order, struct sim_site* site);
void kshim_arrive(struct sim_site* site);
void kshim_leave(struct sim_site* site);

/* --- values as 64 bits ------------------------------------------------------------------------
 * Any scalar or pointer type of up to 8 bytes; the host is little-endian. */
/* clang-format off */
#define kshim_to_raw(type, value)                                                   \
    __extension__({                                                                 \
        union { __unqual_scalar_typeof(*(type *)0) typed; u64 raw; } kshim_to = {.raw = 0}; \
        kshim_to.typed = (value);                                                   \
        kshim_to.raw;                                                               \
    })
#define kshim_from_raw(type, bits)                                                  \
    __extension__({                                                                 \
        union { __unqual_scalar_typeof(*(type *)0) typed; u64 raw; } kshim_from =   \
            {.raw = (bits)};                                                        \
        kshim_from.typed;                                                           \
    })
/* clang-format on */

/* One load. In a native spin batch the word is re-read in place, in assembly so that compiler
 * instrumentation does not take it for a plain access. */
static __always_inline u64 kshim_load(const volatile void* address, unsigned size,
                                      enum sim_order order, struct sim_site* site) {
#if defined(__x86_64__)
    if (sim_spinning_on(address)) {
        u64 value;
        switch (size) {
            case 1:
                __asm__ volatile("movzbl (%1), %k0" : "=r"(value) : "r"(address));
                return value;
            case 2:
                __asm__ volatile("movzwl (%1), %k0" : "=r"(value) : "r"(address));
                return value;
            case 4:
                __asm__ volatile("movl (%1), %k0" : "=r"(value) : "r"(address));
                return value;
            default:
                __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address));
                return value;
        }
    }
#endif
    return sim_load(address, size, order, site);
}

/* --- loads and stores ------------------------------------------------------------------------ */

#define kshim_load_at(pointer, order, text) \
    kshim_from_raw(__typeof__(*(pointer)),  \
                   kshim_load((pointer), sizeof(*(pointer)), order, SIM_SITE(text)))
#define kshim_store_at(pointer, value, order, text)                                                \
    sim_store((pointer), kshim_to_raw(__typeof__(*(pointer)), (value)), sizeof(*(pointer)), order, \
              SIM_SITE(text))

#define READ_ONCE(x) kshim_load_at(&(x), SIM_RELAXED, "READ_ONCE(" #x ")")
#define WRITE_ONCE(x, value) \
    kshim_store_at(&(x), value, SIM_RELAXED, "WRITE_ONCE(" #x ", " #value ")")
#define smp_load_acquire(pointer) \
    kshim_load_at(pointer, SIM_ACQUIRE, "smp_load_acquire(" #pointer ")")
#define smp_store_release(pointer, value) \
    kshim_store_at(pointer, value, SIM_RELEASE, "smp_store_release(" #pointer ", " #value ")")
#define smp_store_mb(variable, value) \
    do {                              \
        WRITE_ONCE(variable, value);  \
        smp_mb();                     \
    } while (0)
#define data_race(expression) (expression)

/* --- exchanges -------------------------------------------------------------------------------- */

#define kshim_rmw(pointer, operation, operand, order, text)                                       \
    kshim_from_raw(__typeof__(*(pointer)),                                                        \
                   sim_rmw((pointer), operation, kshim_to_raw(__typeof__(*(pointer)), (operand)), \
                           sizeof(*(pointer)), order, SIM_SITE(text)))

#define xchg(p, v) kshim_rmw(p, SIM_XCHG, v, SIM_FULL, "xchg(" #p ", " #v ")")
#define xchg_relaxed(p, v) kshim_rmw(p, SIM_XCHG, v, SIM_RELAXED, "xchg_relaxed(" #p ", " #v ")")
#define xchg_acquire(p, v) kshim_rmw(p, SIM_XCHG, v, SIM_ACQUIRE, "xchg_acquire(" #p ", " #v ")")
#define xchg_release(p, v) kshim_rmw(p, SIM_XCHG, v, SIM_RELEASE, "xchg_release(" #p ", " #v ")")

/* clang-format off */
#define kshim_cmpxchg_at(pointer, expected, desired, order, text)                         \
    __extension__({                                                                       \
        __typeof__(pointer) kshim_pointer = (pointer);                                    \
        struct kshim_exchanged kshim_done = kshim_cmpxchg(                                \
            kshim_pointer, kshim_to_raw(__typeof__(*kshim_pointer), (expected)),          \
            kshim_to_raw(__typeof__(*kshim_pointer), (desired)), sizeof(*kshim_pointer),  \
            order, SIM_SITE(text));                                                       \
        kshim_from_raw(__typeof__(*kshim_pointer), kshim_done.old);                       \
    })
#define kshim_try_cmpxchg_at(pointer, expected, desired, order, text)                     \
    __extension__({                                                                       \
        __typeof__(pointer) kshim_pointer = (pointer);                                    \
        __typeof__(expected) kshim_expected = (expected);                                 \
        struct kshim_exchanged kshim_done = kshim_cmpxchg(                                \
            kshim_pointer, kshim_to_raw(__typeof__(*kshim_expected), *kshim_expected),    \
            kshim_to_raw(__typeof__(*kshim_pointer), (desired)), sizeof(*kshim_pointer),  \
            order, SIM_SITE(text));                                                       \
        if (!kshim_done.success)                                                          \
            *kshim_expected = kshim_from_raw(__typeof__(*kshim_expected), kshim_done.old);\
        (bool)kshim_done.success;                                                         \
    })
/* clang-format on */

#define cmpxchg(p, o, n) kshim_cmpxchg_at(p, o, n, SIM_FULL, "cmpxchg(" #p ", " #o ", " #n ")")
#define cmpxchg_relaxed(p, o, n) \
    kshim_cmpxchg_at(p, o, n, SIM_RELAXED, "cmpxchg_relaxed(" #p ", " #o ", " #n ")")
#define cmpxchg_acquire(p, o, n) \
    kshim_cmpxchg_at(p, o, n, SIM_ACQUIRE, "cmpxchg_acquire(" #p ", " #o ", " #n ")")
#define cmpxchg_release(p, o, n) \
    kshim_cmpxchg_at(p, o, n, SIM_RELEASE, "cmpxchg_release(" #p ", " #o ", " #n ")")
#define try_cmpxchg(p, o, n) \
    kshim_try_cmpxchg_at(p, o, n, SIM_FULL, "try_cmpxchg(" #p ", " #o ", " #n ")")
#define try_cmpxchg_relaxed(p, o, n) \
    kshim_try_cmpxchg_at(p, o, n, SIM_RELAXED, "try_cmpxchg_relaxed(" #p ", " #o ", " #n ")")
#define try_cmpxchg_acquire(p, o, n) \
    kshim_try_cmpxchg_at(p, o, n, SIM_ACQUIRE, "try_cmpxchg_acquire(" #p ", " #o ", " #n ")")
#define try_cmpxchg_release(p, o, n) \
    kshim_try_cmpxchg_at(p, o, n, SIM_RELEASE, "try_cmpxchg_release(" #p ", " #o ", " #n ")")

/* --- fences -------------------- */

/* Spelt so that it survives where `volatile` is a macro: see powerpc.h. */
#define barrier() __asm__ __volatile__("" : : : "memory")
#define smp_mb() sim_fence(SIM_MB, SIM_SITE("smp_mb()"))
#define smp_rmb() sim_fence(SIM_RMB, SIM_SITE("smp_rmb()"))
#define smp_wmb() sim_fence(SIM_WMB, SIM_SITE("smp_wmb()"))
#define smp_acquire__after_ctrl_dep() \
    sim_fence(SIM_CTRL_ACQUIRE, SIM_SITE("smp_acquire__after_ctrl_dep()"))
#define smp_mb__before_atomic() sim_fence(SIM_MB, SIM_SITE("smp_mb__before_atomic()"))
#define smp_mb__after_atomic() sim_fence(SIM_MB, SIM_SITE("smp_mb__after_atomic()"))
#define kcsan_release() ((void)0)
#define prefetch(address) ((void)(address))
#define prefetchw(address) ((void)(address))

#endif
