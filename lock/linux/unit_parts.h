/* What the unit of every kernel port has in its end: names for lock events, and where the linker
 * put the per-CPU template and the sites. Included behind the kernel's files.
 */
#ifndef LOCKSTEP_LOCK_LINUX_UNIT_PARTS_H
#define LOCKSTEP_LOCK_LINUX_UNIT_PARTS_H

#include "descriptor.h"

#ifdef CONFIG_QUEUED_SPINLOCKS
#undef LOCK_EVENT
#define LOCK_EVENT(name) #name,
static const char* const kshim_event_names[] = {
#include "kernel/locking/lock_events_list.h"
};

/* Never counted in: only its elements' addresses say which event is meant. */
__attribute__((section("sim_names"))) unsigned long lockevents[lockevent_num];

const char* kshim_event_name(const void* counter) {
    return kshim_event_names[(const unsigned long*)counter - lockevents];
}

const char* kshim_event_text(unsigned event);
const char* kshim_event_text(unsigned event) {
    return kshim_event_names[event];
}
#endif

/* Weak: a lock without per-CPU data, or without calls, has no such section. */
#define KSHIM_LINKER __attribute__((visibility("hidden"), weak))
extern char __start_sim_percpu[] KSHIM_LINKER;
extern char __stop_sim_percpu[] KSHIM_LINKER;
extern struct sim_site __start_sim_sites[] KSHIM_LINKER;
extern struct sim_site __stop_sim_sites[] KSHIM_LINKER;
extern struct sim_site __start_sim_calls[] KSHIM_LINKER;
extern struct sim_site __stop_sim_calls[] KSHIM_LINKER;

/* clang-format off */
#define KPORT_SECTIONS                     \
    .percpu_begin = __start_sim_percpu,    \
    .percpu_end = __stop_sim_percpu,       \
    .sites_begin = __start_sim_sites,      \
    .sites_end = __stop_sim_sites,         \
    .calls_begin = __start_sim_calls,      \
    .calls_end = __stop_sim_calls
/* clang-format on */

#endif
