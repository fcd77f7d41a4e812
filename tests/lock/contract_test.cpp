// What every sound lock must do, run over every built-in lock: a new lock's test is its line in
// lock/registry.cpp. And the other way round: every broken lock is caught, by the oracle it names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/kernel.h"
#include "tests/lock/lock_machine.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kSeeds = 100;

struct Workload {
    const char* name;
    unsigned cpus;
    unsigned rounds;
    bool irqsave;
};

constexpr Workload kUncontended = {"uncontended", 1, 3, false};
constexpr Workload kTwoCpus = {"two CPUs", 2, 3, false};
constexpr Workload kThreeCpus = {"three CPUs", 3, 3, false};
constexpr Workload kEightCpus = {"eight CPUs", 8, 2, false};
constexpr Workload kIrqsave = {"irqsave, two CPUs", 2, 3, true};

// What the tasks count; lives in the machine, so that every execution starts from zero.
struct Tally {
    std::uint32_t inside;    // owners at this moment
    std::uint32_t overlaps;  // how often somebody entered while another was inside
    std::uint32_t acquired;
    std::uint32_t failed;
    std::uint32_t unbalanced;  // rounds that changed the preempt count or the irq flag
    std::uint64_t variable;    // added to inside, in two steps
};

// Every CPU takes lock 0 and gives it back, `rounds` times.
class Contention {
  public:
    Contention(const Port& port, const Workload& workload)
        : machine_(port, workload.cpus, 1), workload_(workload) {
        tally_ = machine_.allocate<Tally>();
        for (unsigned cpu = 0; cpu < workload.cpus; ++cpu)
            machine_.add_task(static_cast<CpuId>(cpu), work, this);
        machine_.seal();
    }

    // Seed 0 is round-robin, the others are random schedules.
    ExecutionResult run(std::uint64_t seed) {
        return machine_.run(seed == 0 ? "round-robin" : "random", seed);
    }
    const Tally& tally() const { return *tally_; }
    const LockMachine& machine() const { return machine_; }

  private:
    static void work(void* argument) {
        auto& self = *static_cast<Contention*>(argument);
        for (unsigned round = 0; round < self.workload_.rounds; ++round) self.one_round();
    }

    void one_round() {
        const unsigned preempt_before = sim_preempt_count();
        std::uint64_t flags = 0;
        const int ret = machine_.acquire(0, workload_.irqsave ? &flags : nullptr);
        if (ret == 0) {
            critical_section();
            if (workload_.irqsave) {
                machine_.release_irqrestore(0, flags);
            } else {
                machine_.release(0);
            }
        } else {
            tally_->failed += 1;
        }
        if (sim_preempt_count() != preempt_before || sim_irqs_disabled() != 0)
            tally_->unbalanced += 1;
    }

    void critical_section() {
        if (tally_->inside != 0) tally_->overlaps += 1;
        tally_->inside += 1;
        tally_->acquired += 1;
        const std::uint64_t seen = sim_load(&tally_->variable, 8, SIM_RELAXED, SIM_SITE("read"));
        sim_store(&tally_->variable, seen + 1, 8, SIM_RELAXED, SIM_SITE("write"));
        tally_->inside -= 1;
    }

    LockMachine machine_;
    Workload workload_;
    Tally* tally_ = nullptr;
};

// Without those that have an upstream bug, which needs more than these workloads.
std::vector<std::string> built_in_names(bool sound) {
    std::vector<std::string> names;
    for (const Port& port : list_ports())
        if (port.version == "built in" && port.bugs.empty() && port.caught_by.empty() == sound)
            names.push_back(port.name);
    return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

class SoundLock : public testing::TestWithParam<std::string> {
  protected:
    // Afterwards everything must be as if nothing had happened.
    void expect_clean(const Workload& workload) {
        Contention contention(open_port(GetParam()), workload);
        for (std::uint64_t seed = 0; seed <= kSeeds && !HasFailure(); ++seed) {
            SCOPED_TRACE(std::string(workload.name) + ", seed " + std::to_string(seed));
            const ExecutionResult result = contention.run(seed);
            EXPECT_EQ(result.reason, EndReason::finished);
            for (const Finding& finding : result.findings)
                ADD_FAILURE() << finding.oracle << "/" << finding.word << ": " << finding.text;
            const Tally& tally = contention.tally();
            EXPECT_EQ(tally.overlaps, 0u);
            EXPECT_EQ(tally.acquired, workload.cpus * workload.rounds);
            EXPECT_EQ(tally.variable, workload.cpus * workload.rounds);
            EXPECT_EQ(tally.failed, 0u);
            EXPECT_EQ(tally.unbalanced, 0u);
            EXPECT_EQ(contention.machine().word(0), 0u);
            EXPECT_EQ(contention.machine().dirty_table_bytes(), 0u);
            EXPECT_EQ(contention.machine().nodes_in_use(), 0);
        }
    }
};

TEST_P(SoundLock, is_taken_and_released_by_one_CPU_alone) {
    expect_clean(kUncontended);
}
TEST_P(SoundLock, has_one_owner_at_a_time_with_two_CPUs) {
    expect_clean(kTwoCpus);
}
TEST_P(SoundLock, has_one_owner_at_a_time_with_three_CPUs) {
    expect_clean(kThreeCpus);
}
TEST_P(SoundLock, has_one_owner_at_a_time_with_eight_CPUs) {
    expect_clean(kEightCpus);
}
TEST_P(SoundLock, gives_interrupts_back_after_irqsave) {
    expect_clean(kIrqsave);
}

INSTANTIATE_TEST_SUITE_P(Registry, SoundLock, testing::ValuesIn(built_in_names(true)), test_name);

// The suite must be able to fail: these two locks do not do what a lock does.
TEST(Contract, notices_two_owners_of_a_lock_that_does_not_exclude) {
    Port port = open_port("tas");
    port.operations.acquire = [](void*) {
        sim_preempt_disable();
        return 0;
    };
    Contention contention(port, kTwoCpus);
    contention.run(0);
    EXPECT_GT(contention.tally().overlaps, 0u);
}

TEST(Contract, notices_a_preempt_count_that_is_not_given_back) {
    Port port = open_port("tas");
    port.operations.release = [](void* lock) {
        sim_store(lock, 0, 4, SIM_RELEASE, SIM_SITE("release"));
    };
    Contention contention(port, kUncontended);
    contention.run(0);
    EXPECT_EQ(contention.tally().unbalanced, kUncontended.rounds);
}

class BrokenLock : public testing::TestWithParam<std::string> {};

// In the order and within the budget in which a user would find it: round-robin once and a
// hundred random schedules of each simple workload.
TEST_P(BrokenLock, is_caught_first_by_the_oracle_it_names) {
    const Port port = open_port(GetParam());
    unsigned caught = 0;
    for (const Workload& workload : {kUncontended, kTwoCpus, kThreeCpus, kEightCpus, kIrqsave}) {
        Contention contention(port, workload);
        for (std::uint64_t seed = 0; seed <= kSeeds; ++seed) {
            const ExecutionResult result = contention.run(seed);
            if (result.findings.empty()) continue;
            EXPECT_EQ(result.findings[0].oracle, port.caught_by)
                << workload.name << ", seed " << seed << ": " << result.findings[0].text;
            ++caught;
            break;
        }
    }
    EXPECT_GT(caught, 0u);
}

INSTANTIATE_TEST_SUITE_P(Registry, BrokenLock, testing::ValuesIn(built_in_names(false)), test_name);

}  // namespace
}  // namespace lockstep
