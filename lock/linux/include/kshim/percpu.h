/* Per-CPU variables: a template in the object's sim_percpu section, and one copy per CPU made by
 * the machine. this_cpu operations are atomic against the CPU's own interrupts only.
 */
#ifndef LOCKSTEP_KSHIM_PERCPU_H
#define LOCKSTEP_KSHIM_PERCPU_H

#define KSHIM_PERCPU __attribute__((section("sim_percpu")))
#define DECLARE_PER_CPU(type, name) extern type name
#define DECLARE_PER_CPU_ALIGNED(type, name) extern type name
#define DEFINE_PER_CPU(type, name) KSHIM_PERCPU type name
#define DEFINE_PER_CPU_ALIGNED(type, name) KSHIM_PERCPU __aligned(64) type name

/* Carries a call site: looking up the CPU's table is where a deadlock check begins. */
/* clang-format off */
#define this_cpu_ptr(pointer)                                                             \
    __extension__({                                                                       \
        kshim_arrive(KSHIM_CALL_SITE("this_cpu_ptr(" #pointer ")"));                      \
        (__typeof__(pointer))sim_this_cpu(pointer);                                       \
    })
/* clang-format on */
#define raw_cpu_ptr(pointer) ((__typeof__(pointer))sim_this_cpu(pointer))
#define per_cpu_ptr(pointer, cpu) ((__typeof__(pointer))sim_per_cpu((pointer), (unsigned)(cpu)))
#define per_cpu(variable, cpu) (*per_cpu_ptr(&(variable), cpu))

#define kshim_this_cpu_rmw(variable, operation, operand, text)                                  \
    kshim_from_raw(                                                                             \
        __typeof__(variable),                                                                   \
        sim_this_cpu_rmw(&(variable), operation, kshim_to_raw(__typeof__(variable), (operand)), \
                         sizeof(variable), SIM_SITE(text)))
#define this_cpu_read(variable)                                     \
    kshim_from_raw(__typeof__(variable),                            \
                   sim_this_cpu_read(&(variable), sizeof(variable), \
                                     SIM_SITE("this_cpu_read(" #variable ")")))
#define this_cpu_write(variable, value)                                                            \
    sim_this_cpu_write(&(variable), kshim_to_raw(__typeof__(variable), (value)), sizeof(variable), \
                       SIM_SITE("this_cpu_write(" #variable ", " #value ")"))
#define this_cpu_inc_return(variable) \
    (kshim_this_cpu_rmw(variable, SIM_ADD, 1, "this_cpu_inc_return(" #variable ")") + 1)
#define this_cpu_inc(variable) \
    ((void)kshim_this_cpu_rmw(variable, SIM_ADD, 1, "this_cpu_inc(" #variable ")"))
#define this_cpu_dec(variable) \
    ((void)kshim_this_cpu_rmw(variable, SIM_ADD, -1, "this_cpu_dec(" #variable ")"))
#define this_cpu_add(variable, value) \
    ((void)kshim_this_cpu_rmw(variable, SIM_ADD, value, "this_cpu_add(" #variable ", " #value ")"))

/* The forms for code that excludes preemption itself: x86 still has one instruction, on arm64 it
 * is an ordinary load and an ordinary store, with room for an interrupt between. */
#ifdef KSHIM_ARM64
#define __this_cpu_inc(variable) ((void)++*raw_cpu_ptr(&(variable)))
#define __this_cpu_dec(variable) ((void)--*raw_cpu_ptr(&(variable)))
#define __this_cpu_read(variable) (*raw_cpu_ptr(&(variable)))
#define __this_cpu_write(variable, value) ((void)(*raw_cpu_ptr(&(variable)) = (value)))
#else
#define __this_cpu_inc(variable) \
    ((void)kshim_this_cpu_rmw(variable, SIM_ADD, 1, "__this_cpu_inc(" #variable ")"))
#define __this_cpu_dec(variable) \
    ((void)kshim_this_cpu_rmw(variable, SIM_ADD, -1, "__this_cpu_dec(" #variable ")"))
#define __this_cpu_read(variable) this_cpu_read(variable)
#define __this_cpu_write(variable, value) this_cpu_write(variable, value)
#endif

/* Lock code raises only its event counters this way. They are reported by name and never counted
 * in memory, so that statistics are no part of a state. */
const char* kshim_event_name(const void* counter);
#define raw_cpu_inc(counter) sim_lock_event(kshim_event_name(&(counter)))
#define raw_cpu_add(counter, value) ((void)(value), sim_lock_event(kshim_event_name(&(counter))))

/* clang-format off */
#define smp_processor_id()                                                                \
    __extension__({                                                                       \
        kshim_leave(KSHIM_CALL_SITE("smp_processor_id()"));                               \
        (int)sim_cpu();                                                                   \
    })
/* clang-format on */
#define raw_smp_processor_id() ((int)sim_cpu())
#define num_possible_cpus() (sim_cpus())
#define num_online_cpus() (sim_cpus())
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (unsigned)(cpu) < sim_cpus(); (cpu)++)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)

#endif
