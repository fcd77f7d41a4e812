/* The kernel as seen by unmodified kernel lock code: every name it uses, mapped to sim/kernel.h.
 *
 * The builder makes one-line headers (linux/percpu.h, asm/barrier.h ...) that include this file,
 * so the order in which kernel code includes them does not matter. Written from the meaning of
 * the kernel's API; nothing here is taken from a kernel header.
 */
#ifndef LOCKSTEP_KSHIM_H
#define LOCKSTEP_KSHIM_H

#include "sim/kernel.h"

#include "kshim/config.h"
#include "kshim/language.h"

#include "kshim/access.h"

#include "kshim/atomic.h"

#include "kshim/wait.h"

#include "kshim/percpu.h"

#include "kshim/context.h"

#include "kshim/report.h"

#include "kshim/bpf.h"

#include "kshim/paravirt.h"

#endif
