/* Call sites of the lock's own inline functions, so that a lock point can say which of several
 * calls of one function is meant. Included last, after the functions are defined: a macro is not
 * expanded inside itself, so each name below still ends in the kernel's function.
 */
#ifndef LOCKSTEP_KSHIM_CALLS_H
#define LOCKSTEP_KSHIM_CALLS_H

/* clang-format off */
#define queued_spin_trylock(lock)                                                         \
    __extension__({                                                                       \
        kshim_arrive(KSHIM_CALL_SITE("queued_spin_trylock(" #lock ")"));                  \
        queued_spin_trylock(lock);                                                        \
    })
#define xchg_tail(lock, tail)                                                             \
    __extension__({                                                                       \
        u32 kshim_tail = xchg_tail(lock, tail);                                           \
        kshim_leave(KSHIM_CALL_SITE("xchg_tail(" #lock ", " #tail ")"));                  \
        kshim_tail;                                                                       \
    })
/* clang-format on */

/* With paravirt spinlocks CONFIG_LOCK_EVENT_COUNTS would also time wake-ups in memory, and
 * statistics are no part of a state. So it is off there, and the events are told from here. */
#ifdef CONFIG_PARAVIRT_SPINLOCKS
const char* kshim_event_text(unsigned event);
#undef lockevent_inc
#undef lockevent_cond_inc
#define lockevent_inc(event) sim_lock_event(kshim_event_text(LOCKEVENT_##event))
#define lockevent_cond_inc(event, condition) \
    do {                                     \
        if (condition) lockevent_inc(event); \
    } while (0)
#endif

#endif
