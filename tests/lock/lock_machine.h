// A machine with one lock and one task per CPU that takes and gives it back a few times: what the
// lock tests run. Installs a port the way a scenario does, without the scenario language.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/machine.h"

namespace lockstep {

struct Workload {
    std::string name;
    unsigned cpus = 1;
    unsigned rounds = 1;
    bool irqsave = false;
};

// What the tasks count; lives in the arena, so that every execution starts from zero.
struct Tally {
    std::uint32_t inside;    // owners at this moment
    std::uint32_t overlaps;  // how often somebody entered while another was inside
    std::uint32_t acquired;
    std::uint32_t failed;
    std::uint32_t unbalanced;  // rounds that changed the preempt count or the irq flag
    std::uint64_t variable;    // touched inside, so that critical sections take a few steps
};

class LockMachine {
  public:
    LockMachine(const Port& port, const Workload& workload);

    ExecutionResult run(const std::string& scheduler, std::uint64_t seed);

    // After a run.
    const Tally& tally() const { return *tally_; }
    std::uint64_t lock_word() const;
    // Bytes of the held-lock tables and of the node counts that are not zero, over all CPUs.
    unsigned dirty_table_bytes() const;
    int nodes_in_use() const;

  private:
    struct Work {
        LockMachine* machine = nullptr;
        unsigned rounds = 0;
        bool irqsave = false;
    };
    static void work(void* argument);
    void one_round(bool irqsave);
    void install();
    void add_oracles();

    Port port_;
    Workload workload_;
    Work work_;
    void* lock_ = nullptr;
    Tally* tally_ = nullptr;
};

inline const std::vector<Workload>& basic_workloads() {
    static const std::vector<Workload> workloads = {
        {"uncontended", 1, 3, false},      {"two CPUs", 2, 3, false},
        {"three CPUs", 3, 3, false},       {"eight CPUs", 8, 2, false},
        {"irqsave, two CPUs", 2, 3, true},
    };
    return workloads;
}

}  // namespace lockstep
