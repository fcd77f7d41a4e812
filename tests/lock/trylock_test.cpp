// The trylocks of the plain locks.
#include <gtest/gtest.h>

#include <string>

#include "lock/port.h"
#include "sim/kernel.h"
#include "tests/lock/lock_machine.h"

namespace lockstep {
namespace {

constexpr int kBusy = -16;

struct Trying {
    LockMachine* machine;
    int first, second, after_release;
    unsigned preempt_taken, preempt_refused;
};

// The port's acquire is its trylock here, so that oracles see the calls.
void try_twice(void* argument) {
    auto& trying = *static_cast<Trying*>(argument);
    trying.first = trying.machine->acquire(0);
    trying.preempt_taken = sim_preempt_count();
    trying.second = trying.machine->acquire(0);
    trying.preempt_refused = sim_preempt_count();
    trying.machine->release(0);
    trying.after_release = trying.machine->acquire(0);
    trying.machine->release(0);
}

TEST(Trylock, takes_a_free_lock_and_refuses_a_taken_one) {
    for (const char* name : {"tas", "ticket", "mcs", "qspinlock"}) {
        SCOPED_TRACE(name);
        Port port = open_port(name);
        port.operations.acquire = port.operations.trylock;
        LockMachine machine(port, 1, 1);
        Trying trying{&machine, -1, -1, -1, 0, 0};
        machine.add_task(0, try_twice, &trying);
        machine.seal();
        EXPECT_EQ(machine.run("round-robin", 1).reason, EndReason::finished);
        EXPECT_EQ(trying.first, 0);
        EXPECT_EQ(trying.second, kBusy);
        EXPECT_EQ(trying.after_release, 0);
        EXPECT_EQ(machine.word(0), 0u);
        EXPECT_EQ(machine.nodes_in_use(), 0);
    }
}

TEST(Trylock, keeps_preemption_off_only_if_it_took_the_lock) {
    Port port = open_port("qspinlock");
    port.operations.acquire = port.operations.trylock;
    LockMachine machine(port, 1, 1);
    Trying trying{&machine, -1, -1, -1, 0, 0};
    machine.add_task(0, try_twice, &trying);
    machine.seal();
    machine.run("round-robin", 1);
    EXPECT_EQ(trying.preempt_taken, 1u);
    EXPECT_EQ(trying.preempt_refused, 1u);
}

TEST(Trylock, does_not_exist_for_the_resilient_locks) {
    EXPECT_EQ(open_port("rqspinlock").operations.trylock, nullptr);
    EXPECT_EQ(open_port("rqspinlock-tas").operations.trylock, nullptr);
}

}  // namespace
}  // namespace lockstep
