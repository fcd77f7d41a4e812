// Repro store: where repro files of failures go, and the line that replays one from anywhere.
#pragma once

#include <string>

#include "lock/port.h"
#include "scenarios/runner.h"

namespace lockstep {

// ${XDG_STATE_HOME:-~/.local/state}/lockstep/repro; an empty string without a home.
std::string repro_folder();

struct ReplayHint {
    std::string file;     // the repro file, absolute; empty if none could be written
    std::string command;  // what to type: "lockstep replay ..."; empty if nothing can be replayed
    std::string problem;  // why there is no file
};
// Saves the failure to the folder above, or to the current folder if that cannot be written to.
ReplayHint store_failure(const Scenario& scenario, const Port& port, const Failure& failure);

// `text` as one word of a shell.
std::string shell_word(const std::string& text);

}  // namespace lockstep
