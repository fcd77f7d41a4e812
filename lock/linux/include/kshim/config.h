/* The kernel configuration of a port. The builder gives the architecture as one of KSHIM_X86_64,
 * KSHIM_ARM64, KSHIM_POWERPC, KSHIM_S390 and KSHIM_GENERIC, and one CONFIG_ macro per choice of the
 * flavour; everything else is the same for all of them.
 */
#ifndef LOCKSTEP_KSHIM_CONFIG_H
#define LOCKSTEP_KSHIM_CONFIG_H

#if defined(KSHIM_X86_64) + defined(KSHIM_ARM64) + defined(KSHIM_POWERPC) + defined(KSHIM_S390) + \
        defined(KSHIM_GENERIC) !=                                                                 \
    1
#error "a port is built for exactly one architecture"
#endif

#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_BPF_SYSCALL 1
#ifndef CONFIG_PARAVIRT_SPINLOCKS /* see calls.h */
#define CONFIG_LOCK_EVENT_COUNTS 1
#endif

/* Below 16 K the lock word has a pending byte, from there on a pending bit. */
#ifndef CONFIG_NR_CPUS
#define CONFIG_NR_CPUS 64
#endif

/* Everything is simulated as little-endian, as the host is: powerpc can be that, s390 cannot. */
#define __LITTLE_ENDIAN 1234
#define __BYTE_ORDER_LITTLE_ENDIAN 1

#endif
