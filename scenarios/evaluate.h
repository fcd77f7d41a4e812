// Where the names in a condition find their values: registers, locks and tables in the arena, all
// looked up once while a scenario is prepared. Reading takes no step of the simulation and
// allocates nothing, so conditions can be evaluated on a fiber as well as after an execution.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/expression_evaluate.h"
#include "scenarios/scenario.h"
#include "sim/facts.h"
#include "sim/points.h"

namespace lockstep {

// What a program did on one CPU. In the arena.
struct BodyState {
    std::uint64_t assigned;   // bit = register
    std::uint64_t attempts;   // acquires that returned
    TimeNs wait_ns;           // of the longest of them
    std::uint64_t runs;       // how often the program was entered
    std::int64_t* registers;  // as many as the program has
};

// What one acquire or trylock of a body came to. In the arena.
struct AcquireSlot {
    std::int64_t ret;  // of the last attempt
    TimeNs wait_ns;    // of the longest
    std::uint64_t attempts;
};

// Counts that conditions ask about and no lock remembers. In the arena.
struct Tally {
    TimeNs wait_ns;  // of anybody's longest acquire
    std::uint32_t points[kPointCount];
    std::uint32_t fired[kInjectionsMax];
};

class Surroundings final : public ExpressionSource {
  public:
    struct Lock {
        const void* word = nullptr;
        WordLayout layout;
        std::uint32_t size = 4;
    };

    Surroundings() = default;
    Surroundings(unsigned groups, unsigned cpus);
    Evaluated read(const Operation& leaf, std::uint16_t cpu) const override;
    bool ran(std::uint16_t group, std::uint16_t cpu) const override;
    // nullptr: `group` never runs on `cpu`.
    BodyState* body(std::uint16_t group, std::uint16_t cpu) const;
    void set_body(std::uint16_t group, std::uint16_t cpu, BodyState* state);
    void add_task(std::uint16_t group, CpuId cpu, TaskId task);

    bool asks_about_waits = false;  // some condition does
    std::vector<Lock> locks;
    std::vector<const void*> held_counts;  // per CPU; empty: the port has no table
    std::vector<const void*> node_counts;  // per CPU; empty: no nodes
    std::vector<const void*> variables;
    std::vector<std::string> features;
    const Tally* tally = nullptr;
    PointId family = 0;  // the point this execution's injections use; set after it

  private:
    struct Task {
        std::uint16_t group;
        CpuId cpu;
        TaskId id;
    };
    Evaluated read_body(const Operation& leaf, std::uint16_t cpu) const;
    std::int64_t read_lock(const Lock& lock, LockField field) const;
    bool exited(std::uint16_t group) const;

    unsigned cpus_ = 0;
    std::vector<BodyState*> bodies_;  // [group * cpus_ + cpu]
    std::vector<Task> tasks_;
};

// The same, seen by a running body: adds its own registers. Trivial, so it may live on a fiber.
class BodyView final : public ExpressionSource {
  public:
    BodyView(const Surroundings& surroundings, const BodyState& body)
        : surroundings_(&surroundings), body_(&body) {}
    Evaluated read(const Operation& leaf, std::uint16_t cpu) const override;
    bool ran(std::uint16_t group, std::uint16_t cpu) const override;

  private:
    const Surroundings* surroundings_;
    const BodyState* body_;
};

// Features decide whether a scenario, an expectation or an allowance is about this port. The
// expression asks has(...) and nothing else.
bool features_hold(const Expression& expression, const std::vector<std::string>& features);

}  // namespace lockstep
