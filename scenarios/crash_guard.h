// Keeps a crash of the code under test from ending the program: while a CrashGuard lives, a memory
// fault, a stack overflow, an abort or a loop that makes no step ends the running execution like
// a BUG(), so that it has picks, a step hash and a finding like any other execution.
//
// After a crash the process may hold anything in its memory: finish what must be told and leave.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/machine.h"

namespace lockstep {

class CrashGuard {
  public:
    // A step must come within this much CPU time.
    explicit CrashGuard(unsigned watchdog_ms);
    ~CrashGuard();
    CrashGuard(const CrashGuard&) = delete;
    CrashGuard& operator=(const CrashGuard&) = delete;

    // machine.run(seed), guarded. `comparable`: the state at the end is compared with another's, so
    // nothing that earlier executions left on the stacks may be in it.
    ExecutionResult run(Machine& machine, std::uint64_t seed, bool comparable = false);
    // machine.run_until(seed, step), guarded.
    ExecutionResult run_until(Machine& machine, std::uint64_t seed, std::uint64_t step);
    // The same for a search, which makes many executions in one go: `work` may run the machine as
    // it likes. It calls moved() now and then so that it is not taken for a runaway loop, and looks
    // at crash() when an execution ended.
    void during(const std::function<void()>& work);
    void moved();
    // Forgets a crash that was seen to.
    void recover();
    // One sentence if the last run crashed, else empty. The same in every process.
    std::string crash() const;
    bool runaway() const;
};

}  // namespace lockstep
