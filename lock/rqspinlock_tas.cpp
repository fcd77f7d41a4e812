// rqspinlock-tas: how the test-and-set fallback describes itself; the lock is in rqspinlock_tas.h.
#include "lock/rqspinlock_tas.h"

#include "lock/operations.h"

namespace lockstep {

Port rqspinlock_tas_description() {
    Port port;
    port.lock_class = "rqspinlock";
    port.version = "built in";
    port.arch = "generic";
    port.config = "tas";
    port.features = {"tas",
                     "aa-immediate",
                     "entry-enclosed",
                     "entry-after-unlock",
                     "error-entry-ordered",
                     "irqs-before-preempt",
                     "timed-wait",
                     "tas-single-entry"};
    port.points = resilient_points(false);
    port.lock_size = sizeof(RqTas::Word);
    port.lock_alignment = alignof(RqTas::Word);
    port.facts.word.shape = WordLayout::Shape::test_and_set;
    port.facts.word.locked_mask = 0xffffffff;
    port.facts.held_table = held_table_layout();
    port.facts.resilient = true;
    port.facts.bounds = rqspinlock_bounds();
    port.facts.bounds.test_and_set = kTasPatience;
    held_locks.install(port, PerCpuObject::Kind::held_table, "held_locks");
    return port;
}

Port rqspinlock_tas_port() {
    Port port = rqspinlock_tas_description();
    port.name = "rqspinlock-tas";
    port.summary = "test-and-set fallback of the resilient lock: no queue, one second";
    port.operations = operations_of<RqTas>();
    return port;
}

}  // namespace lockstep
