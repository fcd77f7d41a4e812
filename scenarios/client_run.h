// Runs a client (a kernel test module) on the machine in clock mode `timed`: loads it, lets it run
// for some virtual time, unloads it, with the oracles watching the locks it uses.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lock/linux/client.h"
#include "scenarios/lock_figures.h"
#include "sim/machine.h"

namespace lockstep {

struct ClientRunOptions {
    unsigned cpus = 4;
    TimeNs time = 5 * kNsPerSec;  // between the module's init and its exit
    std::uint64_t seed = 1;
    TimeNs stall = 0;           // half-way, whoever owns a lock loses its CPU for so long; 0: not
    double wall_seconds = 120;  // a run that takes longer is ended
    std::function<void(TimeNs, const char*)> console;
    const volatile std::sig_atomic_t* interrupted = nullptr;  // or nullptr
};

struct ClientRunResult {
    ExecutionResult execution;
    int init_result = 0;  // of the module's init; it is not loaded if this is negative
    bool loaded = false;
    bool unloaded = false;  // exit returned
    bool interrupted = false;
    bool out_of_time = false;       // wall_seconds
    std::string crash;              // one sentence, or empty
    std::vector<Tolerated> limits;  // findings that are documented limits of the lock
    LockFigures figures{};
};

// One per process at a time. The module's parameters are set by now.
ClientRunResult run_client(const ClientModule& module, const ClientRunOptions& options);

}  // namespace lockstep
