// Subject: the one execution that replay and show are about, from a token, a repro file or a
// scenario; everything that does not fit is refused with the reason.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/repro.h"
#include "scenarios/scenario.h"
#include "tools/commands.h"

namespace lockstep {

struct Subject {
    Scenario scenario;
    Port port;
    std::vector<PickRun> picks;
    std::optional<Repro> repro;  // if it came from a repro file
};

bool is_token(const std::string& text);

// `what` is a token (then `scenario` may say where its scenario is) or a repro file. An empty
// `port` means the repro's, the scenario's or the default port. Throws UsageError and PortError.
Subject read_subject(const std::string& what, const std::string& scenario, const std::string& port);

// The execution that was typed; a scenario is run until its first failure, or is its first
// execution if there is none. Throws UsageError and PortError.
Subject choose_subject(const ChosenRun& chosen);

// A scenario to be run anew. Throws UsageError.
Scenario read_only_scenario(const std::string& target);
// The port to use for a scenario when `name` was typed, or nothing was.
Port port_of(const Scenario& scenario, const std::string& name);

}  // namespace lockstep
