// Asking a port for a known bug: its scenario is run with the features of the fix taken as present,
// so that what the fixed lock must do is what this one is judged by, whatever its source looks
// like.
#pragma once

#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"

namespace lockstep {

// The same port, said to have these features as well: has(...) is true of them in `requires`, in
// conditions and in allowances. What the oracles know of the lock stays as it is.
Port with_features(Port port, const std::vector<std::string>& features);

struct BugAnswer {
    enum class State : std::uint8_t {
        absent,   // the scenario went as with the fix
        present,  // an expectation of the fixed lock was not met, or a finding of the bug made
        not_applicable,  // the scenario is not about this port; `reason` says why
        undecided,       // it could not be brought about, as `reason` says
    };
    State state = State::undecided;
    std::string reason;  // of anything but absent, one sentence
    RunReport report;    // of the run, all other findings allowed
};

// "absent", "present", "not applicable", "undecided".
const char* state_text(BugAnswer::State state);

// REQUIRES: scenario.upstream. Throws as run_scenario().
BugAnswer ask_for_bug(const Scenario& scenario, const Port& port, const RunOptions& options);

}  // namespace lockstep
