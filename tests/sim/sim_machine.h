// What tests of the machine share: a fresh machine with a little shared memory, one-line accesses,
// and a record of every event of an execution.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/kernel.h"
#include "sim/machine.h"

namespace lockstep {

// Zero at the start of every execution. Each word has a cache line of its own.
struct SimShared {
    struct alignas(64) Line {
        std::uint64_t word;
        std::uint64_t neighbour;
    };
    Line lines[8];
};
inline SimShared* sim_shared = nullptr;

inline std::uint64_t& word(unsigned i) {
    return sim_shared->lines[i].word;
}
inline std::uint64_t get(std::uint64_t& from) {
    return sim_load(&from, 8, SIM_RELAXED, SIM_SITE("get"));
}
inline void put(std::uint64_t& to, std::uint64_t value) {
    sim_store(&to, value, 8, SIM_RELAXED, SIM_SITE("put"));
}
inline void spin_until_set(std::uint64_t& flag) {
    while (get(flag) == 0) sim_relax(SIM_SITE("cpu_relax()"));
}

inline const SchedulerEntry& scheduler_named(const std::string& name) {
    for (const SchedulerEntry& entry : scheduler_registry())
        if (name == entry.name) return entry;
    ADD_FAILURE() << "no scheduler " << name;
    return scheduler_registry()[0];
}

inline Machine& new_machine(MachineConfig config, const std::string& scheduler = "random") {
    Machine& machine = Machine::instance();
    if (config.steps_max == MachineConfig{}.steps_max) config.steps_max = 100'000;
    machine.configure(config);
    sim_shared = static_cast<SimShared*>(machine.allocate(sizeof(SimShared), 64));
    machine.set_scheduler(scheduler_named(scheduler));
    return machine;
}

inline Machine& new_machine(unsigned cpus, const std::string& scheduler = "random") {
    MachineConfig config;
    config.cpus = cpus;
    return new_machine(config, scheduler);
}

using Body = void (*)(void*);
inline TaskId add_body(CpuId cpu, Body body) {
    return Machine::instance().add_task(cpu, body, nullptr, "body");
}

inline Injection injection_of(Injection::Kind kind, void (*handler)(void*, CpuId)) {
    Injection injection;
    injection.kind = kind;
    injection.entry = handler;
    return injection;
}

class EventRecord final : public TraceSink {
  public:
    void on_event(const Event& event) override { events.push_back(event); }
    // Runs once and records only that execution.
    ExecutionResult run(std::uint64_t seed) {
        events.clear();
        Machine::instance().set_trace(this);
        const ExecutionResult result = Machine::instance().run(seed);
        Machine::instance().set_trace(nullptr);
        return result;
    }
    std::vector<Event> of(EventKind kind) const {
        std::vector<Event> found;
        for (const Event& event : events)
            if (event.kind == kind) found.push_back(event);
        return found;
    }
    std::vector<Event> events;
};

}  // namespace lockstep
