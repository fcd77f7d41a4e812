// What oracles are told about tasks: whenever a CPU runs another task than before, there is a
// task_switch, also when the CPU was idle in between.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "sim/kernel.h"
#include "sim/machine.h"

namespace lockstep {
namespace {

// Follows the events as an oracle does and asks the machine which task it really is.
class Follower final : public Oracle {
  public:
    const char* name() const override { return "follower"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::task_start) | event_bit(EventKind::task_switch) |
               event_bit(EventKind::preempt_off);
    }
    void begin(const OracleSetup&) override {}
    void on_event(const Event& event, FindingSink& sink) override {
        if (event.kind != EventKind::preempt_off)
            task_[event.cpu] = event.value;
        else if (task_[event.cpu] != expected)
            sink.report(name(), "lost", event, "an event of another task");
    }
    static inline std::uint64_t expected = 0;  // set by whoever is about to make the event

  private:
    std::array<std::uint64_t, kCpusMax> task_ = {};
};

OracleEntry follower_entry() {
    return {"follower",
            "knows which task runs",
            sizeof(Follower),
            alignof(Follower),
            0,
            [](void* memory) -> Oracle* { return new (memory) Follower; }};
}

// The argument is the task's own id plus one.
void sleeps_and_shows_itself(void* argument) {
    const auto self = reinterpret_cast<std::uintptr_t>(argument) - 1;
    for (unsigned round = 0; round < 3; ++round) {
        Follower::expected = self;
        sim_preempt_disable();
        sim_preempt_enable();
        sim_sleep((self + 1) * kNsPerMs);
    }
}

TEST(TaskEvents, AnOracleAlwaysKnowsWhichTaskOfACpuRuns) {
    Machine& machine = Machine::instance();
    MachineConfig config;
    config.cpus = 2;
    machine.configure(config);
    for (std::uintptr_t task = 0; task < 4; ++task)
        machine.add_task(static_cast<CpuId>(task % 2), sleeps_and_shows_itself,
                         reinterpret_cast<void*>(task + 1), "sleeper");
    machine.add_oracle(follower_entry());
    for (const SchedulerEntry& entry : scheduler_registry())
        if (std::string(entry.name) == "random") machine.set_scheduler(entry);
    machine.seal();
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const ExecutionResult result = machine.run(seed);
        ASSERT_EQ(result.reason, EndReason::finished);
        ASSERT_EQ(result.findings_total, 0U) << seed;
    }
}

}  // namespace
}  // namespace lockstep
