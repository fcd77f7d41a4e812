// The words that say which execution is meant.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

void add_run_options(CLI::App& command, ChosenRun& chosen);
void add_width_option(CLI::App& command, unsigned& width);

}  // namespace lockstep
