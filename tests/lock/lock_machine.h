// A machine with a port installed and a few locks and tasks: what the lock tests run. Does what a
// scenario does, without the scenario language.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/machine.h"

namespace lockstep {

class LockMachine {
  public:
    // Boots nothing yet. One at a time: the machine underneath is one per process.
    LockMachine(const Port& port, unsigned cpus, unsigned locks);

    // Before the first run. `argument` is handed to the body as it is.
    void add_task(CpuId cpu, void (*body)(void*), void* argument);
    Injection injection(Injection::Kind kind, CpuId cpu, void (*handler)(void*, CpuId));
    void seal();

    ExecutionResult run(const std::string& scheduler, std::uint64_t seed);

    // Called by bodies and handlers; oracles are told.
    int acquire(LockId lock, std::uint64_t* flags = nullptr);
    void release(LockId lock);
    void release_irqrestore(LockId lock, std::uint64_t flags);

    // Memory of the machine: zero at the start of every execution.
    template <class T>
    T* allocate() {
        return static_cast<T*>(Machine::instance().allocate(sizeof(T), alignof(T)));
    }

    // After a run.
    std::uint64_t word(LockId lock) const;
    unsigned dirty_table_bytes() const;  // of the held-lock tables, over all CPUs
    int nodes_in_use() const;            // over all CPUs

    const Port& port() const { return port_; }

  private:
    void install();
    void place_locks(unsigned locks);
    void add_oracles();

    Port port_;
    unsigned cpus_;
    std::vector<void*> locks_;
};

}  // namespace lockstep
