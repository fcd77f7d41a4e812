/* What a kernel port's shared object says about itself: the one symbol the loader looks up.
 *
 * Shared by the C objects (unit*.c) and the C++ loader, so it is plain C. Sizes and offsets come
 * from the kernel's own structs, as compiled.
 */
#ifndef LOCKSTEP_LOCK_LINUX_DESCRIPTOR_H
#define LOCKSTEP_LOCK_LINUX_DESCRIPTOR_H

#include <stdint.h>

#define LOCKSTEP_KPORT_ABI 2
#define LOCKSTEP_KPORT_SYMBOL lockstep_kernel_port
#define LOCKSTEP_KPORT_SYMBOL_NAME "lockstep_kernel_port"

struct sim_site;

enum kport_shape {
    KPORT_AS_CONFIGURED = 0, /* rqspinlock: the queue's word, or the test-and-set loop's */
    KPORT_QUEUED,            /* tail, pending, locked */
    KPORT_OWNED,             /* the word says which CPU owns the lock */
    KPORT_TICKET,
};

struct kport_word {
    uint32_t locked_mask;
    uint32_t pending_mask; /* 0 = no such field */
    uint32_t tail_mask;
    uint32_t tail_index_shift;
    uint32_t tail_cpu_shift;
    enum kport_shape shape;
    uint32_t slow_value; /* QUEUED: of the locked field, owned and somebody is halted; 0 = none */
    uint32_t owner_mask; /* OWNED: CPU + owner_bias */
    uint32_t owner_shift;
    uint32_t owner_bias;
};

struct kport_held_table {
    const void* symbol; /* in the per-CPU template */
    uint32_t size;
    uint32_t count_offset;
    uint32_t entries_offset;
    uint32_t entry_size;
    uint32_t entries;
};

struct kport_nodes {
    const void* symbol; /* in the per-CPU template; NULL = the port has no queue */
    uint32_t size;
    uint32_t first_offset; /* of node 0 */
    uint32_t stride;
    uint32_t nodes;
    uint32_t next_offset; /* in a node */
    uint32_t locked_offset;
    uint32_t count_offset; /* in all */
};

struct kport_descriptor {
    uint32_t abi;
    uint32_t lock_size;
    uint32_t lock_alignment;
    uint32_t queued; /* 1 = built with the queue */

    /* What the kernel does once at boot, on a configured machine; or NULL. */
    void (*boot)(void);
    void (*init)(void* lock);
    int (*acquire)(void* lock);
    void (*release)(void* lock);
    int (*acquire_irqsave)(void* lock, uint64_t* flags);
    void (*release_irqrestore)(void* lock, uint64_t flags);
    int (*trylock)(void* lock); /* 0 or -EBUSY; NULL = there is none */

    const void* percpu_begin;
    const void* percpu_end;
    struct sim_site* sites_begin; /* accesses */
    struct sim_site* sites_end;
    struct sim_site* calls_begin; /* calls that can carry a lock point */
    struct sim_site* calls_end;

    struct kport_word word;
    struct kport_held_table held_table;
    struct kport_nodes nodes;

    uint64_t timeout_ns; /* of the pending waiter; the head waits twice as long; 0 = for ever */
};

#endif
