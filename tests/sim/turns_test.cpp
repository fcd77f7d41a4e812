// Turns of a native spin that need not be made: fewer are made, and nothing else differs.
#include <gtest/gtest.h>

#include <string>

#include "sim/kernel.h"
#include "sim/machine.h"
#include "tests/sanitized.h"

namespace lockstep {
namespace {

struct Spun {
    std::uint32_t flag;
    std::uint32_t looks;
};
Spun* spun = nullptr;
std::uint64_t turns_made = 0;  // of which the machine knows nothing

void look() {
    ++spun->looks;
    sim_clock(SIM_SITE("ktime"));
}

// Counts by `step` and looks around whenever the count is `kWhen`.
template <int kStep, std::uint16_t kWhen = 0>
void wait_for_flag(void*) {
    std::uint16_t spins = 0;
    while (sim_load(&spun->flag, 4, SIM_RELAXED, SIM_SITE("flag")) == 0) {
        if (spins == kWhen) look();
        spins = static_cast<std::uint16_t>(spins + kStep);
        ++turns_made;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
}

void only_wait(void*) {
    while (sim_load(&spun->flag, 4, SIM_RELAXED, SIM_SITE("flag")) == 0) {
        ++turns_made;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
}

void set_flag_later(void*) {
    sim_sleep(30 * kNsPerMs);
    sim_store(&spun->flag, 1, 4, SIM_RELAXED, SIM_SITE("flag = 1"));
}

struct Outcome {
    ExecutionResult result;
    std::uint32_t looks;
    std::uint64_t turns;
};

Outcome spin(void (*body)(void*), Turns turns, unsigned spinners = 1) {
    Machine& machine = Machine::instance();
    MachineConfig config;
    config.cpus = spinners + 1;
    config.turns = turns;
    machine.configure(config);
    spun = static_cast<Spun*>(machine.allocate(sizeof(Spun), 64));
    for (unsigned c = 0; c < spinners; ++c)
        machine.add_task(static_cast<CpuId>(c), body, nullptr, "spin");
    machine.add_task(static_cast<CpuId>(spinners), set_flag_later, nullptr, "set");
    for (const SchedulerEntry& entry : scheduler_registry())
        if (std::string("random") == entry.name) machine.set_scheduler(entry);
    machine.seal();
    turns_made = 0;
    const ExecutionResult result = machine.run(7);
    EXPECT_EQ(result.reason, EndReason::finished);
    return {result, spun->looks, turns_made};
}

void expect_the_same(const Outcome& one, const Outcome& other) {
    EXPECT_EQ(one.looks, other.looks);
    EXPECT_EQ(one.result.time, other.result.time);
    EXPECT_EQ(one.result.steps, other.result.steps);
    EXPECT_EQ(one.result.step_hash, other.result.step_hash);
    EXPECT_EQ(one.result.state_hash, other.result.state_hash);
    EXPECT_EQ(one.result.picks, other.result.picks);
}

#if defined(__x86_64__)
constexpr bool kSkips = !kSanitized;
#else
constexpr bool kSkips = false;  // where a spin is not taken forward natively
#endif

TEST(Turns, OfALoopThatOnlyCountsAreMadeWhenTheCountWraps) {
    for (const unsigned spinners : {1U, 2U, 3U}) {
        const Outcome all = spin(wait_for_flag<1>, Turns::made, spinners);
        const Outcome few = spin(wait_for_flag<1>, Turns::in_u16, spinners);
        expect_the_same(all, few);
        EXPECT_GT(all.looks, 10U * spinners);
        EXPECT_GT(all.turns, 650'000U * spinners);
        if (kSkips) {
            EXPECT_LT(few.turns, all.turns / 20);
        }
    }
}

TEST(Turns, OfALoopThatCountsAreAllMadeIfNobodyKnowsHow) {
    const Outcome all = spin(wait_for_flag<1>, Turns::made);
    const Outcome still = spin(wait_for_flag<1>, Turns::on_stack);
    expect_the_same(all, still);
    EXPECT_EQ(still.turns, all.turns);
}

TEST(Turns, OfALoopThatCountsInAnotherWayAreAllMade) {
    for (void (*const body)(void*) : {wait_for_flag<-1>, wait_for_flag<2>}) {
        const Outcome all = spin(body, Turns::made);
        const Outcome still = spin(body, Turns::in_u16);
        expect_the_same(all, still);
        EXPECT_EQ(still.turns, all.turns);
    }
}

// The limit that docs/limits.md names: what is known of the lock must be true.
TEST(Turns, InWhichALoopLooksBeforeItsCountWrapsAreMissed) {
    const Outcome all = spin(wait_for_flag<1, 30'000>, Turns::made);
    const Outcome few = spin(wait_for_flag<1, 30'000>, Turns::in_u16);
    EXPECT_GT(all.looks, 5U);
    if (kSkips) {
        EXPECT_LT(few.looks, all.looks);
    }
    expect_the_same(all, spin(wait_for_flag<1, 30'000>, Turns::on_stack));
}

TEST(Turns, OfALoopThatKeepsNothingAreNotMade) {
    const Outcome all = spin(only_wait, Turns::made);
    const Outcome few = spin(only_wait, Turns::on_stack);
    expect_the_same(all, few);
    EXPECT_GT(all.turns, 100'000U);
    if (kSkips) {
        EXPECT_LT(few.turns, 5'000U);
    }
}

}  // namespace
}  // namespace lockstep
