/* What the shared object of a client (a kernel test module) says about itself, besides what every
 * port says (descriptor.h). Shared by C and C++.
 */
#ifndef LOCKSTEP_LOCK_LINUX_CLIENT_CLIENT_H
#define LOCKSTEP_LOCK_LINUX_CLIENT_CLIENT_H

#include <stdint.h>

#define LOCKSTEP_KCLIENT_ABI 1
#define LOCKSTEP_KCLIENT_SYMBOL lockstep_kernel_client
#define LOCKSTEP_KCLIENT_SYMBOL_NAME "lockstep_kernel_client"

/* A module parameter, as the module declares it. */
struct kclient_param {
    const char* name;
    const char* type; /* int, bool, charp ... */
    void* place;      /* NULL: one that cannot be set here */
};
struct kclient_param_text {
    const char* name;
    const char* text;
};

struct kclient_lock {
    const char* name;
    void* lock;
    uint32_t resilient; /* 1 = an rqspinlock; 0 = a plain queued spin lock */
};

/* What a selftest found; the program judges. */
struct kclient_result {
    const char* name;
    const char* what;
    int expected;
    int got;
};

struct kclient_descriptor {
    uint32_t abi;
    uint32_t lock_count;
    int (*init)(void);
    void (*exit)(void);
    const struct kclient_param* params_begin;
    const struct kclient_param* params_end;
    const struct kclient_param_text* texts_begin;
    const struct kclient_param_text* texts_end;
    const struct kclient_lock* locks;
    const struct kclient_result* results; /* NULL: none */
    uint64_t result_count;
    uint64_t* uptime_ns; /* added to the clocks the module reads; may be NULL */
};

#endif
