// Ports made up by a test: a plain spin lock whose acquire first does something of the test's
// choosing, such as crash.
#pragma once

#include <string>

#include "lock/port.h"
#include "sim/kernel.h"

namespace lockstep {

inline void test_release(void* lock) {
    sim_store(lock, 0, 4, SIM_RELEASE, SIM_SITE("WRITE_ONCE(*lock, 0)"));
    sim_preempt_enable();
}

inline int test_acquire(void* lock) {
    sim_preempt_disable();
    for (;;) {
        std::uint64_t expected = 0;
        if (sim_cmpxchg(lock, &expected, 1, 4, SIM_ACQUIRE, SIM_SITE("cmpxchg(lock, 0, 1)")) != 0)
            return 0;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
}

inline Port test_port(int (*acquire)(void*)) {
    Port port;
    port.name = "made-up";
    port.lock_class = "tas";
    port.source_hash = "0";
    port.arch = "generic";
    port.facts.word.shape = WordLayout::Shape::test_and_set;
    port.facts.word.locked_mask = 0xff;
    port.operations.acquire = acquire;
    port.operations.release = test_release;
    return port;
}

}  // namespace lockstep
