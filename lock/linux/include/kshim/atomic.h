/* atomic_t and its operations, and the one x86 instruction that lock code asks for by name.
 */
#ifndef LOCKSTEP_KSHIM_ATOMIC_H
#define LOCKSTEP_KSHIM_ATOMIC_H

typedef struct {
    int counter;
} atomic_t;
#define ATOMIC_INIT(value) \
    { (value) }

#define atomic_read(v) kshim_load_at(&(v)->counter, SIM_RELAXED, "atomic_read(" #v ")")
#define atomic_read_acquire(v) \
    kshim_load_at(&(v)->counter, SIM_ACQUIRE, "atomic_read_acquire(" #v ")")
#define atomic_set(v, i) kshim_store_at(&(v)->counter, i, SIM_RELAXED, "atomic_set(" #v ", " #i ")")
#define atomic_set_release(v, i) \
    kshim_store_at(&(v)->counter, i, SIM_RELEASE, "atomic_set_release(" #v ", " #i ")")

/* Operations without a result order nothing. */
#define kshim_atomic(v, operation, i, order, text) \
    kshim_rmw(&(v)->counter, operation, i, order, text)
#define atomic_add(i, v) \
    ((void)kshim_atomic(v, SIM_ADD, i, SIM_RELAXED, "atomic_add(" #i ", " #v ")"))
#define atomic_sub(i, v) \
    ((void)kshim_atomic(v, SIM_ADD, -(i), SIM_RELAXED, "atomic_sub(" #i ", " #v ")"))
#define atomic_inc(v) ((void)kshim_atomic(v, SIM_ADD, 1, SIM_RELAXED, "atomic_inc(" #v ")"))
#define atomic_dec(v) ((void)kshim_atomic(v, SIM_ADD, -1, SIM_RELAXED, "atomic_dec(" #v ")"))
#define atomic_and(i, v) \
    ((void)kshim_atomic(v, SIM_AND, i, SIM_RELAXED, "atomic_and(" #i ", " #v ")"))
#define atomic_or(i, v) ((void)kshim_atomic(v, SIM_OR, i, SIM_RELAXED, "atomic_or(" #i ", " #v ")"))
#define atomic_andnot(i, v) \
    ((void)kshim_atomic(v, SIM_ANDNOT, i, SIM_RELAXED, "atomic_andnot(" #i ", " #v ")"))

#define atomic_fetch_add(i, v) \
    kshim_atomic(v, SIM_ADD, i, SIM_FULL, "atomic_fetch_add(" #i ", " #v ")")
#define atomic_fetch_or(i, v) \
    kshim_atomic(v, SIM_OR, i, SIM_FULL, "atomic_fetch_or(" #i ", " #v ")")
#define atomic_fetch_or_acquire(i, v) \
    kshim_atomic(v, SIM_OR, i, SIM_ACQUIRE, "atomic_fetch_or_acquire(" #i ", " #v ")")
#define atomic_fetch_or_relaxed(i, v) \
    kshim_atomic(v, SIM_OR, i, SIM_RELAXED, "atomic_fetch_or_relaxed(" #i ", " #v ")")
#define atomic_fetch_and(i, v) \
    kshim_atomic(v, SIM_AND, i, SIM_FULL, "atomic_fetch_and(" #i ", " #v ")")
#define atomic_fetch_andnot(i, v) \
    kshim_atomic(v, SIM_ANDNOT, i, SIM_FULL, "atomic_fetch_andnot(" #i ", " #v ")")
#define atomic_xchg(v, i) kshim_atomic(v, SIM_XCHG, i, SIM_FULL, "atomic_xchg(" #v ", " #i ")")
#define atomic_xchg_relaxed(v, i) \
    kshim_atomic(v, SIM_XCHG, i, SIM_RELAXED, "atomic_xchg_relaxed(" #v ", " #i ")")

#define kshim_atomic_try(v, o, n, order, text) \
    kshim_try_cmpxchg_at(&(v)->counter, o, n, order, text)
#define atomic_try_cmpxchg(v, o, n) \
    kshim_atomic_try(v, o, n, SIM_FULL, "atomic_try_cmpxchg(" #v ", " #o ", " #n ")")
#define atomic_try_cmpxchg_acquire(v, o, n) \
    kshim_atomic_try(v, o, n, SIM_ACQUIRE, "atomic_try_cmpxchg_acquire(" #v ", " #o ", " #n ")")
#define atomic_try_cmpxchg_release(v, o, n) \
    kshim_atomic_try(v, o, n, SIM_RELEASE, "atomic_try_cmpxchg_release(" #v ", " #o ", " #n ")")
#define atomic_try_cmpxchg_relaxed(v, o, n) \
    kshim_atomic_try(v, o, n, SIM_RELAXED, "atomic_try_cmpxchg_relaxed(" #v ", " #o ", " #n ")")
#define atomic_cmpxchg(v, o, n) \
    kshim_cmpxchg_at(&(v)->counter, o, n, SIM_FULL, "atomic_cmpxchg(" #v ", " #o ", " #n ")")
#define atomic_cmpxchg_acquire(v, o, n)                \
    kshim_cmpxchg_at(&(v)->counter, o, n, SIM_ACQUIRE, \
                     "atomic_cmpxchg_acquire(" #v ", " #o ", " #n ")")
#define atomic_cmpxchg_relaxed(v, o, n)                \
    kshim_cmpxchg_at(&(v)->counter, o, n, SIM_RELAXED, \
                     "atomic_cmpxchg_relaxed(" #v ", " #o ", " #n ")")

/* x86: a locked instruction that leaves its answer in a flag. Only bit-test-and-set with the
 * answer in the carry flag is known; anything else fails the build. */
#define LOCK_PREFIX "lock; "
void kshim_unknown_instruction(void)
    __attribute__((error("this locked instruction is not known to the shim headers")));
/* clang-format off */
#define GEN_BINARY_RMWcc(instruction, variable, flag, constraint, bit)                    \
    __extension__({                                                                       \
        if (__builtin_strcmp(instruction, LOCK_PREFIX "btsl") ||                          \
            __builtin_strcmp(#flag, "c"))                                                 \
            kshim_unknown_instruction();                                                  \
        u32 kshim_old = (u32)sim_rmw(&(variable), SIM_OR, 1ull << (bit), 4, SIM_FULL,     \
                                     SIM_SITE("lock btsl(" #variable ", " #bit ")"));     \
        (bool)((kshim_old >> (bit)) & 1);                                                 \
    })
/* clang-format on */

#endif
