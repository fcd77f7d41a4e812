// A sealed machine with a port, its locks and all oracles: what is measured. Bodies are plain
// functions, so that a figure is about the machine and the lock, not about the scenario language.
#pragma once

#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/machine.h"

namespace lockstep::bench {

class BenchMachine {
  public:
    // Configures the one machine of the process anew.
    BenchMachine(const Port& port, unsigned cpus, unsigned locks);
    void add_task(CpuId cpu, void (*body)(void*), void* argument = nullptr);
    // Then no more changes. Judged: by all oracles.
    void seal(const std::string& scheduler, bool judged);

    const Port& port() const { return port_; }
    void* lock(unsigned index) const { return locks_[index]; }
    // As a scenario body calls the lock: oracles are told.
    int acquire(LockId lock) const;
    void release(LockId lock) const;

  private:
    void install();

    Port port_;
    unsigned cpus_;
    std::vector<void*> locks_;
};

}  // namespace lockstep::bench
