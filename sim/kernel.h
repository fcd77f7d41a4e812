/* The kernel ABI: the only functions lock code can call. Usable from C and C++; no kernel types.
 *
 * Every access takes a `site` (file, line, function, expression text), so a trace can name it.
 * Sizes are 1, 2, 4 or 8 bytes. Times are virtual nanoseconds. All functions below must be called
 * from simulated code (a task or an interrupt handler); outside it they act without a step.
 * An access, a fence, an irq-flag change and a clock read are one step each: the scheduler may
 * let anything else happen just before it.
 */
#ifndef LOCKSTEP_SIM_KERNEL_H
#define LOCKSTEP_SIM_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything that changes during an execution lives from here on, at the same address in every
 * process, build and run. */
#define SIM_ARENA_BASE 0x200000000000ULL

/* A place in lock code. One static object per place; everything but `point*` is constant.
 * A lock point (a stable name such as rq.pending.set) is attached to the site that realises it. */
struct sim_site {
    const char* file;
    const char* function;
    const char* expression;
    uint32_t line;
    uint16_t point_before; /* lock point id reached when a context arrives here; 0 = none */
    uint16_t point_after;  /* lock point id reached when the access has been made; 0 = none */
    uint64_t hits;         /* accesses made here, ever; coverage only, never part of a state */
};

#ifdef __cplusplus
#define SIM_SITE_STORAGE static
#else
#define SIM_SITE_STORAGE static __attribute__((section("sim_sites"), used, aligned(8)))
#endif
/* clang-format off */
#define SIM_SITE(text)                                                              \
    __extension__({                                                                 \
        SIM_SITE_STORAGE struct sim_site sim_site_here =                            \
            {__FILE__, __func__, text, __LINE__, 0, 0, 0};                          \
        &sim_site_here;                                                             \
    })
/* clang-format on */

enum sim_order { SIM_RELAXED = 0, SIM_ACQUIRE = 1, SIM_RELEASE = 2, SIM_FULL = 3 };
enum sim_rmw_op { SIM_XCHG = 0, SIM_ADD = 1, SIM_AND = 2, SIM_OR = 3, SIM_ANDNOT = 4 };
enum sim_fence_kind { SIM_MB = 0, SIM_RMB = 1, SIM_WMB = 2, SIM_CTRL_ACQUIRE = 3 };

/* The head of the arena: what the inlined part of a spin loop looks at. Owned by the machine. */
struct sim_hot {
    const volatile void* spin_address; /* the word a native spin batch may re-read; else NULL */
    int64_t spin_left;                 /* iterations the batch may still make */
};
#define SIM_HOT ((struct sim_hot*)SIM_ARENA_BASE)

/* --- memory ------------------------------------------------------------------------------- */

uint64_t sim_load(const volatile void* address, unsigned size, enum sim_order order,
                  struct sim_site* site);
void sim_store(volatile void* address, uint64_t value, unsigned size, enum sim_order order,
               struct sim_site* site);
/* Returns the old value. */
uint64_t sim_rmw(volatile void* address, enum sim_rmw_op op, uint64_t operand, unsigned size,
                 enum sim_order order, struct sim_site* site);
/* Stores `desired` if the word equals *expected and returns 1; otherwise puts the word's value
 * into *expected, returns 0 and orders nothing. */
int sim_cmpxchg(volatile void* address, uint64_t* expected, uint64_t desired, unsigned size,
                enum sim_order order, struct sim_site* site);
void sim_fence(enum sim_fence_kind kind, struct sim_site* site);

/* Plain (unmarked) accesses, reported by compiler instrumentation just before they are made.
 * `pc` is the code address; accesses to the caller's own stack are ignored. */
void sim_plain_read(const volatile void* address, unsigned size, uintptr_t pc);
void sim_plain_write(volatile void* address, unsigned size, uintptr_t pc);

/* --- per-CPU data --------------------------------------------------------------------------- */

/* `symbol` points into a registered per-CPU template; the answer is that CPU's own copy. */
void* sim_per_cpu(const volatile void* symbol, unsigned cpu);
void* sim_this_cpu(const volatile void* symbol);
/* One step each; atomic against this CPU's own interrupts only, no order. rmw returns the old. */
uint64_t sim_this_cpu_read(const volatile void* symbol, unsigned size, struct sim_site* site);
void sim_this_cpu_write(volatile void* symbol, uint64_t value, unsigned size,
                        struct sim_site* site);
uint64_t sim_this_cpu_rmw(volatile void* symbol, enum sim_rmw_op op, uint64_t operand,
                          unsigned size, struct sim_site* site);

/* --- waiting and time ----------------------------------------------------------------------- */

/* One iteration of a spin loop ends here (cpu_relax). An iteration that wrote nothing parks the
 * context on the words it read since the last call. Use sim_relax() below, not this. */
void sim_relax_step(struct sim_site* site);
/* A load that may be all there is to a turn of a spin loop, without a cpu_relax: when the same site
 * looks at the same word once more, a turn has ended. */
uint64_t sim_spin_load(const volatile void* address, unsigned size, enum sim_order order,
                       struct sim_site* site);
/* WFE-like: returns when the cache line of `address` is stored to, an interrupt was taken, an
 * event-stream tick came (if the machine has one), or at once if the word differs from `seen`. */
void sim_wait_change(const volatile void* address, uint64_t seen, unsigned size,
                     struct sim_site* site);
/* The next wait of this context gives up by itself after a bounded number of spins: giving up
 * early becomes an option of the scheduler. Takes no step. */
void sim_wait_bounded(void);
/* Around a loop that only waits for a condition: what was read before it is no part of its turns,
 * and what it saw is over with it. A loop without these is understood from its second turn on.
 * Take no step. */
void sim_wait_begin(void);
void sim_wait_end(void);
/* The same for a loop that goes on with something else after its last turn: the turns it is spared
 * take no time, as they were made while others made their steps. */
void sim_wait_counted(void);
/* A paravirtual vCPU: returns at once if the word differs from `value`; else the CPU halts until it
 * is kicked or an interrupt was taken. A kick that comes before the halt is not lost: it ends the
 * next one. So it may return for no reason, as the kernel's pv_wait() may. */
void sim_halt(const volatile void* address, uint64_t value, unsigned size, struct sim_site* site);
void sim_kick(unsigned cpu, struct sim_site* site);
int sim_event_stream(void); /* 1 if WFE is woken by a timer on this machine */
uint64_t sim_clock(struct sim_site* site);
void sim_delay(uint64_t ns); /* busy: the CPU stays with this context */
void sim_sleep(uint64_t ns); /* the CPU runs its other tasks; REQUIRES: task context */

/* --- CPU and context ------------------------------------------------------------------------ */

unsigned sim_cpu(void);
unsigned sim_cpus(void);
unsigned sim_preempt_count(void);
void sim_preempt_disable(void);
void sim_preempt_enable(void);        /* may switch to another task of this CPU */
uint64_t sim_irq_save(void);          /* returns flags; 1 = irqs were on */
void sim_irq_restore(uint64_t flags); /* may take a pending hardirq */
int sim_irqs_disabled(void);
int sim_in_nmi(void);
int sim_in_hardirq(void);
int sim_in_softirq(void);

/* --- tasks ---------------------------------------------------------------------------------- */

/* Returns a task id >= 0, or -1 when there is no room. The task starts when woken. */
int sim_task_create(void (*entry)(void*), void* argument, const char* name);
void sim_task_bind(int task, unsigned cpu);
void sim_task_wake(int task);
void sim_task_stop(int task); /* sets its stop flag, wakes it and waits until it has ended */
int sim_task_should_stop(void);
/* A counter of CPU cycles that calls `entry` in NMI context on `cpu` every `period_ns` it was not
 * idle, counted from the handler's return. Returns an id >= 0, or -1: no room, or the clock mode
 * is not `timed`. It is off at first. */
int sim_counter_create(unsigned cpu, uint64_t period_ns, void (*entry)(void*), void* argument);
void sim_counter_enable(int counter, int on);
uint64_t sim_cycles_to_ns(uint64_t cycles);

/* --- notes by a client of a lock: code that calls the lock as a module does --------------------
 */

/* Around a call of the lock. A lock the machine knows nothing about is not noted. */
void sim_note_acquire(const volatile void* lock, int trylock);
void sim_note_acquired(const volatile void* lock, int ret);
void sim_note_release(const volatile void* lock);
void sim_note_released(const volatile void* lock);

/* --- notes, keys, memory -------------------------------------------------------------------- */

void sim_point(uint16_t point); /* this place has a lock-point name; takes no step */
void sim_lock_event(const char* name);
void sim_contention_begin(const volatile void* lock, unsigned flags);
void sim_contention_end(const volatile void* lock, int ret);
void sim_printk(const char* text);
__attribute__((noreturn)) void sim_power_off(void);            /* ends the run, as expected */
void sim_warn(struct sim_site* site);                          /* a finding; goes on */
__attribute__((noreturn)) void sim_bug(struct sim_site* site); /* a finding; ends the run */
int sim_static_key(const char* name);
void* sim_alloc(size_t size); /* zeroed, or NULL; freed all at once at the end of the run */
void sim_free(void* pointer);

/* --- the inlined fast path ------------------------------------------------------------------- */

/* While a context may spin natively (nothing else can change), re-reading the one word it waits
 * on costs a compare and no call. Inline assembly, so that instrumentation does not see it. */
static inline __attribute__((always_inline)) int sim_spinning_on(const volatile void* address) {
#if defined(__x86_64__)
    __asm__ goto("cmpq %0, (%1)\n\tje %l2" : : "r"(address), "r"(SIM_HOT) : "cc" : spinning);
    return 0;
spinning:
    return 1;
#else
    (void)address;
    return 0;
#endif
}

/* For a context that knows what its next turns would do: takes up to so many of them at once while
 * it may spin natively, and returns how many. Otherwise 0. Takes no step. */
static inline __attribute__((always_inline)) int64_t sim_spin_ahead(int64_t turns) {
    int64_t taken = SIM_HOT->spin_left;
    if (SIM_HOT->spin_address == 0 || taken <= 0) return 0;
    if (taken > turns) taken = turns;
    SIM_HOT->spin_left -= taken;
    return taken;
}

static inline __attribute__((always_inline)) void sim_relax(struct sim_site* site) {
#if defined(__x86_64__)
    __asm__ goto("decq 8(%0)\n\tjns %l1" : : "r"(SIM_HOT) : "cc", "memory" : spinning);
    sim_relax_step(site);
spinning:
    return;
#else
    sim_relax_step(site);
#endif
}

#ifdef __cplusplus
}
#endif
#endif
