// What every sound lock must do, run over every built-in lock: a new lock's test is its line in
// lock/registry.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "lock/port.h"
#include "tests/lock/lock_machine.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kSeeds = 100;

std::vector<std::string> built_in_names(bool sound) {
    std::vector<std::string> names;
    for (const Port& port : list_ports())
        if (port.version == "built in" && port.caught_by.empty() == sound)
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
    // Round-robin once, then random schedules; everything must be as if nothing had happened.
    void expect_clean(const Workload& workload) {
        const Port port = open_port(GetParam());
        LockMachine machine(port, workload);
        check_one(port, machine, workload, "round-robin", 0);
        for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed)
            check_one(port, machine, workload, "random", seed);
    }

  private:
    static void check_one(const Port& port, LockMachine& machine, const Workload& workload,
                          const std::string& scheduler, std::uint64_t seed) {
        SCOPED_TRACE(workload.name + ", " + scheduler + ", seed " + std::to_string(seed));
        const ExecutionResult result = machine.run(scheduler, seed);
        EXPECT_EQ(result.reason, EndReason::finished);
        for (const Finding& finding : result.findings)
            ADD_FAILURE() << finding.oracle << "/" << finding.word << ": " << finding.text;
        EXPECT_EQ(machine.tally().overlaps, 0u);
        EXPECT_EQ(machine.tally().acquired, workload.cpus * workload.rounds);
        EXPECT_EQ(machine.tally().failed, 0u);
        EXPECT_EQ(machine.tally().unbalanced, 0u);
        EXPECT_EQ(machine.tally().variable, workload.cpus * workload.rounds);
        std::uint64_t word = machine.lock_word();
        // A free ticket lock is one whose two halves are equal.
        if (port.facts.word.shape == WordLayout::Shape::ticket)
            word = (word >> 16) ^ (word & 0xffff);
        EXPECT_EQ(word, 0u);
        EXPECT_EQ(machine.dirty_table_bytes(), 0u);
        EXPECT_EQ(machine.nodes_in_use(), 0);
    }
};

TEST_P(SoundLock, is_taken_and_released_by_one_CPU_alone) {
    expect_clean(basic_workloads()[0]);
}
TEST_P(SoundLock, has_one_owner_at_a_time_with_two_CPUs) {
    expect_clean(basic_workloads()[1]);
}
TEST_P(SoundLock, has_one_owner_at_a_time_with_three_CPUs) {
    expect_clean(basic_workloads()[2]);
}
TEST_P(SoundLock, has_one_owner_at_a_time_with_eight_CPUs) {
    expect_clean(basic_workloads()[3]);
}
TEST_P(SoundLock, gives_interrupts_back_after_irqsave) {
    expect_clean(basic_workloads()[4]);
}

TEST_P(SoundLock, fails_a_trylock_on_a_lock_that_is_taken) {
    const Port port = open_port(GetParam());
    if (port.operations.trylock == nullptr) GTEST_SKIP() << "has no trylock";
    static int answers[2];
    static Port under_test;
    under_test = port;
    under_test.operations.acquire = [](void* lock) {
        answers[0] = under_test.operations.trylock(lock);
        answers[1] = under_test.operations.trylock(lock);
        return answers[0];
    };
    LockMachine trying(under_test, {"one CPU", 1, 1, false});
    EXPECT_EQ(trying.run("round-robin", 1).reason, EndReason::finished);
    EXPECT_EQ(answers[0], 0);
    EXPECT_EQ(answers[1], -16);
    EXPECT_EQ(trying.tally().unbalanced, 0u);
}

INSTANTIATE_TEST_SUITE_P(Registry, SoundLock, testing::ValuesIn(built_in_names(true)), test_name);

class BrokenLock : public testing::TestWithParam<std::string> {};

// In the order and within the budget in which a user would find it: round-robin once and a
// hundred random schedules of each basic workload.
TEST_P(BrokenLock, is_caught_first_by_the_oracle_it_names) {
    const Port port = open_port(GetParam());
    unsigned caught = 0;
    for (const Workload& workload : basic_workloads()) {
        LockMachine machine(port, workload);
        for (std::uint64_t seed = 0; seed <= kSeeds; ++seed) {
            const ExecutionResult result = machine.run(seed == 0 ? "round-robin" : "random", seed);
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
