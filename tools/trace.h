// Trace: replays an execution in this process with a recorder listening.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scenarios/runner.h"
#include "tools/recording.h"

namespace lockstep {

struct Trace {
    Recording recording;
    RunReport report;
    // A crash of the code under test would be ours as well: it is replayed without a recorder.
    bool crashed = false;
};

// Names the places of plain accesses. Each look-up starts a program, and a loop asks for the same
// few places again and again: it asks once for each. The port must outlive it.
std::function<std::string(std::uintptr_t)> pc_describer(const Port& port);

// Follows these picks once on this port. Events are kept if `record`.
Trace trace_picks(const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks,
                  bool record);

// The result of the replayed execution: of its failure if it failed, else of the first one.
const ExecutionResult& result_of(const RunReport& report);

}  // namespace lockstep
