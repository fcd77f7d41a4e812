// What the resilient locks promise beyond excluding each other: they return instead of hanging.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/kernel.h"
#include "tests/lock/lock_machine.h"

namespace lockstep {
namespace {

constexpr unsigned kCpus = 4;
constexpr TimeNs kCheck = 3 * kNsPerMs;  // one spin wrap, or one millisecond

struct Shared {             // in the machine
    std::uint32_t holders;  // CPUs that have their first lock
    std::uint32_t give_up;  // the stuck owner may go
    int first[kCpus], second[kCpus];
    TimeNs waited[kCpus];  // for the second
    int nmi;
    TimeNs nmi_waited;
};

class Resilient : public testing::TestWithParam<const char*> {
  public:  // bodies and handlers are plain functions
    void build(unsigned cpus, unsigned locks) {
        machine_ = std::make_unique<LockMachine>(open_port(GetParam()), cpus, locks);
        shared_ = machine_->allocate<Shared>();
        here_ = this;
        cpus_ = cpus;
    }
    bool tas() const { return std::string(GetParam()) == "rqspinlock-tas"; }
    TimeNs patience() const { return tas() ? kNsPerSec : 250 * kNsPerMs; }

    int timed_acquire(LockId lock, TimeNs* waited) {
        const TimeNs before = Machine::instance().now();
        const int ret = machine_->acquire(lock);
        *waited = Machine::instance().now() - before;
        return ret;
    }
    static void wait_for_all(std::uint32_t* counter, std::uint32_t value) {
        struct Wanted {
            std::uint32_t* counter;
            std::uint32_t value;
        } wanted{counter, value};
        Machine::instance().wait_until(
            [](void* argument) {
                const auto& it = *static_cast<Wanted*>(argument);
                return *it.counter >= it.value;
            },
            &wanted);
    }
    void expect_nothing_left(unsigned locks) {
        for (unsigned lock = 0; lock < locks; ++lock)
            EXPECT_EQ(machine_->word(static_cast<LockId>(lock)), 0u);
        EXPECT_EQ(machine_->dirty_table_bytes(), 0u);
        EXPECT_EQ(machine_->nodes_in_use(), 0);
    }

    // Takes the lock of its own number and then the next one's, when all have their first.
    static void take_in_a_circle(void* argument) {
        Resilient& self = *here_;
        const auto cpu = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(argument));
        const auto own = static_cast<LockId>(cpu);
        const auto other = static_cast<LockId>((cpu + 1) % self.cpus_);
        self.shared_->first[cpu] = self.machine_->acquire(own);
        self.shared_->holders += 1;
        wait_for_all(&self.shared_->holders, self.cpus_);
        self.shared_->second[cpu] = self.timed_acquire(other, &self.shared_->waited[cpu]);
        if (self.shared_->second[cpu] == 0) self.machine_->release(other);
        self.machine_->release(own);
    }
    void run_circle(unsigned cpus) {
        build(cpus, cpus);
        for (std::uintptr_t cpu = 0; cpu < cpus; ++cpu)
            machine_->add_task(static_cast<CpuId>(cpu), take_in_a_circle,
                               reinterpret_cast<void*>(cpu));
        machine_->seal();
    }

    static Resilient* here_;
    std::unique_ptr<LockMachine> machine_;
    Shared* shared_ = nullptr;
    unsigned cpus_ = 0;
};

Resilient* Resilient::here_ = nullptr;

TEST_P(Resilient, finds_an_AA_deadlock_at_the_first_look) {
    run_circle(1);
    EXPECT_EQ(machine_->run("round-robin", 1).reason, EndReason::finished);
    EXPECT_EQ(shared_->first[0], 0);
    EXPECT_EQ(shared_->second[0], -EDEADLK);
    EXPECT_LT(shared_->waited[0], kNsPerUs);
    expect_nothing_left(1);
}

TEST_P(Resilient, finds_an_ABBA_deadlock_within_one_check_interval) {
    run_circle(2);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        EXPECT_EQ(machine_->run("random", seed).reason, EndReason::finished);
        const int* second = shared_->second;
        EXPECT_TRUE(second[0] == -EDEADLK || second[1] == -EDEADLK);
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
            EXPECT_TRUE(second[cpu] == -EDEADLK || second[cpu] == 0) << second[cpu];
            EXPECT_LE(shared_->waited[cpu], 2 * kCheck);
        }
        expect_nothing_left(2);
    }
}

TEST_P(Resilient, ends_a_cycle_of_three_by_the_clock) {
    run_circle(3);
    EXPECT_EQ(machine_->run("round-robin", 1).reason, EndReason::finished);
    unsigned timed_out = 0;
    for (unsigned cpu = 0; cpu < 3; ++cpu) {
        EXPECT_NE(shared_->second[cpu], -EDEADLK);
        if (shared_->second[cpu] != -ETIMEDOUT) continue;
        ++timed_out;
        EXPECT_GE(shared_->waited[cpu], patience());
        EXPECT_LE(shared_->waited[cpu], patience() + 2 * kCheck);
    }
    EXPECT_GE(timed_out, 1u);
    expect_nothing_left(3);
}

// CPU 0 owns lock 0 until everybody else has given up.
void stuck_owner(Shared* shared, LockMachine* machine, unsigned waiters) {
    shared->first[0] = machine->acquire(0);
    shared->holders = 1;
    struct Wanted {
        Shared* shared;
        unsigned waiters;
    } wanted{shared, waiters};
    Machine::instance().wait_until(
        [](void* argument) {
            const auto& it = *static_cast<Wanted*>(argument);
            return it.shared->give_up == it.waiters;
        },
        &wanted);
    machine->release(0);
}

TEST_P(Resilient, gives_up_on_an_owner_that_never_lets_go) {
    build(kCpus, 1);
    machine_->add_task(
        0, [](void*) { stuck_owner(here_->shared_, here_->machine_.get(), kCpus - 1); }, nullptr);
    for (std::uintptr_t cpu = 1; cpu < kCpus; ++cpu)
        machine_->add_task(
            static_cast<CpuId>(cpu),
            [](void* argument) {
                const auto me = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(argument));
                Shared* shared = here_->shared_;
                wait_for_all(&shared->holders, 1);
                shared->second[me] = here_->timed_acquire(0, &shared->waited[me]);
                shared->give_up += 1;
            },
            reinterpret_cast<void*>(cpu));
    machine_->seal();
    EXPECT_EQ(machine_->run("round-robin", 1).reason, EndReason::finished);
    unsigned as_pending = 0, in_queue = 0;
    for (unsigned cpu = 1; cpu < kCpus; ++cpu) {
        EXPECT_EQ(shared_->second[cpu], -ETIMEDOUT);
        const TimeNs waited = shared_->waited[cpu];
        if (waited >= patience() && waited <= patience() + 2 * kCheck) ++as_pending;
        if (waited >= 2 * patience() && waited <= 2 * (patience() + kCheck)) ++in_queue;
    }
    // The pending waiter after 250 ms; the head, and with it everybody behind, after 500 ms.
    EXPECT_EQ(as_pending, tas() ? kCpus - 1 : 1u);
    EXPECT_EQ(in_queue, tas() ? 0u : kCpus - 2);
    expect_nothing_left(1);
}

TEST_P(Resilient, returns_from_an_NMI_that_strikes_the_owner) {
    build(1, 1);
    machine_->add_task(
        0,
        [](void*) {
            here_->shared_->first[0] = here_->machine_->acquire(0);
            Machine::instance().reach_label(0, 0);
            sim_delay(kNsPerMs);
            here_->machine_->release(0);
        },
        nullptr);
    Injection nmi = machine_->injection(Injection::Kind::nmi, 0, [](void*, CpuId) {
        here_->shared_->nmi = here_->timed_acquire(0, &here_->shared_->nmi_waited);
    });
    nmi.at.kind = Trigger::Kind::label;
    Machine::instance().add_injection(nmi);
    machine_->seal();
    const ExecutionResult result = machine_->run("round-robin", 1);
    EXPECT_EQ(result.reason, EndReason::finished);
    ASSERT_EQ(result.injections_fired.size(), 1u);
    EXPECT_EQ(result.injections_fired[0], 1u);
    EXPECT_EQ(shared_->first[0], 0);
    EXPECT_EQ(shared_->nmi, -EDEADLK);
    EXPECT_LT(shared_->nmi_waited, kNsPerUs);
    expect_nothing_left(1);
}

TEST_P(Resilient, finds_no_AA_deadlock_beyond_the_last_slot_of_the_table) {
    constexpr unsigned kHeld = 33;
    build(1, kHeld);
    machine_->add_task(
        0,
        [](void*) {
            for (unsigned lock = 0; lock < kHeld; ++lock)
                if (here_->machine_->acquire(static_cast<LockId>(lock)) == 0)
                    here_->shared_->holders += 1;
            here_->shared_->second[0] = here_->timed_acquire(32, &here_->shared_->waited[0]);
            for (unsigned lock = kHeld; lock > 0; --lock)
                here_->machine_->release(static_cast<LockId>(lock - 1));
        },
        nullptr);
    machine_->seal();
    EXPECT_EQ(machine_->run("round-robin", 1).reason, EndReason::finished);
    EXPECT_EQ(shared_->holders, kHeld);
    EXPECT_EQ(shared_->second[0], -ETIMEDOUT);
    EXPECT_GE(shared_->waited[0], patience());
    expect_nothing_left(kHeld);
}

// What a caller must not do: the count shows it, and nothing beside the table is written.
TEST_P(Resilient, writes_to_no_slot_when_released_more_often_than_acquired) {
    build(1, 1);
    machine_->add_task(
        0,
        [](void*) {
            here_->machine_->release(0);
            here_->machine_->release(0);
            here_->shared_->first[0] = here_->machine_->acquire(0);
            here_->machine_->release(0);
        },
        nullptr);
    machine_->seal();
    EXPECT_EQ(machine_->run("round-robin", 1).reason, EndReason::finished);
    EXPECT_EQ(shared_->first[0], 0);
    EXPECT_EQ(machine_->dirty_table_bytes(), sizeof(std::int32_t));  // -2
}

INSTANTIATE_TEST_SUITE_P(Ports, Resilient, testing::Values("rqspinlock", "rqspinlock-tas"));

}  // namespace
}  // namespace lockstep
