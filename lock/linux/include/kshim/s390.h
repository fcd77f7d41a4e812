/* s390: names its spin lock uses, its bare spin loops, and its inline assembly in C.
 *
 * The kernel's file is not touched. `asm_inline volatile(...)` becomes a call of an empty function
 * and the body for the function it stands in; `asm_inline(...)` becomes a body alone.
 * inline_assembly.cpp pins the texts that the bodies were made from. s390 is big-endian: what its
 * assembly stores to the second half of the lock word goes to the low half, which here is the
 * first.
 */
#ifndef LOCKSTEP_KSHIM_S390_H
#define LOCKSTEP_KSHIM_S390_H

#include <kshim.h>
#include <kshim/assembly_body.h>

#define __LINUX_SPINLOCK_TYPES_RAW_H 1
#include <asm/spinlock_types.h>

/* The names that the bodies use, where a function has no local of that name. */
static arch_spinlock_t* lp __maybe_unused;
static int* lock __maybe_unused;
static int owner __maybe_unused, old __maybe_unused, new __maybe_unused;

/* --- loops that only look ------------------------------------------------------------------------
 * They have no cpu_relax(). A look at the same word from the same place ends a turn. */
static __always_inline u64 kshim_spin_load(const volatile void* address, unsigned size,
                                           struct sim_site* site) {
    if (!sim_spinning_on(address)) return sim_spin_load(address, size, SIM_ACQUIRE, site);
    sim_relax(site);
    return kshim_load(address, size, SIM_ACQUIRE, site);
}
/* clang-format off */
#define kshim_look(pointer, text)                                                         \
    kshim_from_raw(__typeof__(*(pointer)),                                                \
                   kshim_spin_load((pointer), sizeof(*(pointer)), SIM_SITE(text)))
#undef READ_ONCE
#define READ_ONCE(x)                                                                      \
    __extension__({                                                                       \
        if (!__builtin_strcmp(__func__, "arch_spin_trylock_retry")) kshim_tell_counted(); \
        kshim_look(&(x), "READ_ONCE(" #x ")");                                            \
    })
/* clang-format on */

/* --- the CPU and its hypervisor
 * ------------------------------------------------------------------- A logical partition whose
 * CPUs run all the time: nobody is asked to yield to another. */
struct lowcore {
    u32 spinlock_lockval;
    int spinlock_index;
};
DECLARE_PER_CPU_ALIGNED(struct lowcore, kshim_lowcore);
#define get_lowcore() ((struct lowcore*)sim_this_cpu(&kshim_lowcore))
#define machine_is_lpar() true
#define smp_yield_cpu(cpu) ((void)(cpu))
static inline bool kshim_is_preempted(int cpu) {
    (void)cpu;
    return false;
}
#define arch_vcpu_is_preempted(cpu) kshim_is_preempted(cpu)

#define CIF_DEDICATED_CPU 0
#ifdef CONFIG_S390_DEDICATED_CPU
#define test_cpu_flag(flag) true
#else
#define test_cpu_flag(flag) false
#endif

/* --- compare and swap, and atomic addition: both serialise
 * ---------------------------------------- */

#define arch_try_cmpxchg(pointer, expected, desired) try_cmpxchg(pointer, expected, desired)
#define kshim_add(i, pointer, text) kshim_rmw(pointer, SIM_ADD, i, SIM_FULL, text)
#define __atomic_add(i, pointer) kshim_add(i, pointer, "__atomic_add(" #i ", " #pointer ")")
#define __atomic_add_const(i, pointer) ((void)__atomic_add(i, pointer))
#define __atomic_add_barrier(i, pointer) __atomic_add(i, pointer)
#define __atomic_add_const_barrier(i, pointer) ((void)__atomic_add(i, pointer))

/* --- names
 * ---------------------------------------------------------------------------------------- */

#define typecheck(type, x) ((void)sizeof((type*)0 == &(x)))
#define sizeof_field(type, member) sizeof(((type*)0)->member)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define in_interrupt() (in_nmi() || in_hardirq() || in_serving_softirq())
#define early_initcall(function) late_initcall(function)
#define arch_initcall(function) late_initcall(function)
#define __setup(text, function) \
    static int (*const kshim_setup_##function)(char*) __maybe_unused = function
#define simple_strtoul(text, end, base) ((void)(text), 0)
struct ctl_table {
    const char* procname;
    void* data;
    int maxlen;
    unsigned short mode;
    void* proc_handler;
};
#define proc_dointvec NULL
#define register_sysctl_init(path, table) ((void)(table))

/* --- inline assembly
 * ------------------------------------------------------------------------------ */

static inline void(asm_inline)(void) {}
/* clang-format off */
#define KSHIM_S390_ASM()                                                                  \
    do {                                                                                  \
        if (kshim_in("arch_load_niai4"))                                                  \
            owner = (int)kshim_spin_load(lock, 4, kshim_asm_site("l(*lock)"));            \
        else if (kshim_in("arch_try_cmpxchg_niai8"))                                      \
            old = (int)kshim_cmpxchg(lock, (u32)old, (u32)new, 4, SIM_FULL,               \
                                     kshim_asm_site("cs(*lock)")).old;                    \
        else if (kshim_in("arch_spin_unlock"))                                            \
            sim_store(&lp->lock, 0, 2, SIM_RELEASE, kshim_asm_site("mvhhi(lp->lock, 0)"));\
        else                                                                              \
            kshim_unknown_instruction();                                                  \
    } while (0)
/* The one without `volatile` reads what the CPU calls itself: its number + 1, in its lowcore. */
#define asm_inline(...) (lockval = sim_cpu() + 1)
#define volatile(...) (); KSHIM_S390_ASM()
/* clang-format on */

#endif
