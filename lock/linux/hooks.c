/* What the compiler's thread-sanitizer instrumentation calls in a kernel port: each plain access
 * becomes a step of the simulation. No sanitizer runtime is linked. This file itself is built
 * without instrumentation, and so are the few helpers of the shim headers that live here.
 */
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))

/* A little above our frame lies the caller's own stack, and above every stack a guard page that
 * is larger than this window: no shared data can be there. Saves a call for most local variables;
 * sim_plain_* know the rest of the stack. */
#define NEAR_STACK_BYTES 2048u
#define IS_LOCAL(address) \
    ((uintptr_t)(address) - (uintptr_t)__builtin_frame_address(0) < NEAR_STACK_BYTES)

static inline __attribute__((always_inline)) void plain_read(const void* address, unsigned size,
                                                             uintptr_t pc) {
    if (!IS_LOCAL(address)) sim_plain_read(address, size, pc);
}

static inline __attribute__((always_inline)) void plain_write(void* address, unsigned size,
                                                              uintptr_t pc) {
    if (!IS_LOCAL(address)) sim_plain_write(address, size, pc);
}

/* --- scalars --------------------------------------------------------------------------------- */

#define SCALAR_HOOKS(size)                                \
    void __tsan_read##size(void* p) {                     \
        plain_read(p, size, CALLER);                      \
    }                                                     \
    void __tsan_write##size(void* p) {                    \
        plain_write(p, size, CALLER);                     \
    }                                                     \
    void __tsan_unaligned_read##size(void* p) {           \
        plain_read(p, size, CALLER);                      \
    }                                                     \
    void __tsan_unaligned_write##size(void* p) {          \
        plain_write(p, size, CALLER);                     \
    }                                                     \
    void __tsan_volatile_read##size(void* p) {            \
        plain_read(p, size, CALLER);                      \
    }                                                     \
    void __tsan_volatile_write##size(void* p) {           \
        plain_write(p, size, CALLER);                     \
    }                                                     \
    void __tsan_unaligned_volatile_read##size(void* p) {  \
        plain_read(p, size, CALLER);                      \
    }                                                     \
    void __tsan_unaligned_volatile_write##size(void* p) { \
        plain_write(p, size, CALLER);                     \
    }                                                     \
    void __tsan_read_write##size(void* p) {               \
        plain_read(p, size, CALLER);                      \
        plain_write(p, size, CALLER);                     \
    }
SCALAR_HOOKS(1)
SCALAR_HOOKS(2)
SCALAR_HOOKS(4)
SCALAR_HOOKS(8)

/* --- larger pieces: one step for every eight bytes -------------------------------------------- */

static unsigned piece_of(size_t rest) {
    return rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
}

static void plain_read_range(const char* from, size_t size, uintptr_t pc) {
    for (size_t done = 0; done < size; done += piece_of(size - done))
        plain_read(from + done, piece_of(size - done), pc);
}

static void plain_write_range(char* to, size_t size, uintptr_t pc) {
    for (size_t done = 0; done < size; done += piece_of(size - done))
        plain_write(to + done, piece_of(size - done), pc);
}

void __tsan_read16(void* p) {
    plain_read_range(p, 16, CALLER);
}
void __tsan_write16(void* p) {
    plain_write_range(p, 16, CALLER);
}
void __tsan_volatile_read16(void* p) {
    plain_read_range(p, 16, CALLER);
}
void __tsan_volatile_write16(void* p) {
    plain_write_range(p, 16, CALLER);
}
void __tsan_read_range(void* p, size_t size) {
    plain_read_range(p, size, CALLER);
}
void __tsan_write_range(void* p, size_t size) {
    plain_write_range(p, size, CALLER);
}

void* __tsan_memcpy(void* to, const void* from, size_t size) {
    plain_read_range(from, size, CALLER);
    plain_write_range(to, size, CALLER);
    return __builtin_memcpy(to, from, size);
}

void* __tsan_memmove(void* to, const void* from, size_t size) {
    plain_read_range(from, size, CALLER);
    plain_write_range(to, size, CALLER);
    return __builtin_memmove(to, from, size);
}

void* __tsan_memset(void* to, int byte, size_t size) {
    plain_write_range(to, size, CALLER);
    return __builtin_memset(to, byte, size);
}

/* --- what needs no answer -------------------- */

void __tsan_init(void) {}
void __tsan_func_entry(void* caller) {
    (void)caller;
}
void __tsan_func_exit(void) {}

/* --- helpers of the shim headers -------------------- */

struct kshim_exchanged {
    unsigned long long old;
    unsigned long long success;
};
struct kshim_exchanged kshim_cmpxchg(volatile void* address, unsigned long long expected,
                                     unsigned long long desired, unsigned size,
                                     enum sim_order order, struct sim_site* site);
void kshim_arrive(struct sim_site* site);
void kshim_leave(struct sim_site* site);

struct kshim_exchanged kshim_cmpxchg(volatile void* address, unsigned long long expected,
                                     unsigned long long desired, unsigned size,
                                     enum sim_order order, struct sim_site* site) {
    uint64_t old = expected;
    int success = sim_cmpxchg(address, &old, desired, size, order, site);

    return (struct kshim_exchanged){.old = old, .success = (unsigned long long)success};
}

void kshim_arrive(struct sim_site* site) {
    if (site->point_before) sim_point(site->point_before);
}

void kshim_leave(struct sim_site* site) {
    if (site->point_after) sim_point(site->point_after);
}
