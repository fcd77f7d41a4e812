/* The kernel configuration of a port. The builder gives KSHIM_X86_64 or KSHIM_ARM64, and one
 * CONFIG_ macro per choice of the flavour; everything else is the same for all of them.
 */
#ifndef LOCKSTEP_KSHIM_CONFIG_H
#define LOCKSTEP_KSHIM_CONFIG_H

#if defined(KSHIM_X86_64) == defined(KSHIM_ARM64)
#error "a port is built for exactly one of KSHIM_X86_64 and KSHIM_ARM64"
#endif

#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_BPF_SYSCALL 1
#define CONFIG_LOCK_EVENT_COUNTS 1

/* Below 16 K the lock word has a pending byte, from there on a pending bit. */
#ifndef CONFIG_NR_CPUS
#define CONFIG_NR_CPUS 64
#endif

/* Both simulated architectures, and the host, are little-endian. */
#define __LITTLE_ENDIAN 1234
#define __BYTE_ORDER_LITTLE_ENDIAN 1

#endif
