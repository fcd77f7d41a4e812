// Where repro files of failing runs go, and how a replay line for one looks.
#pragma once

#include <string>

#include "lock/port.h"
#include "scenarios/runner.h"

namespace lockstep {

struct SavedRepro {
    std::string path;     // empty if it could not be written
    std::string problem;  // why
};

// ${XDG_STATE_HOME:-~/.local/state}/lockstep/repro/<scenario>-<port>-<hash>.repro
SavedRepro keep_repro(const Scenario& scenario, const Port& port, const Failure& failure);

}  // namespace lockstep
