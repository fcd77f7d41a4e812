// What may be typed behind `lockstep explore`, and its help.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

// `arguments` must outlive `app`.
CLI::App* add_explore_command(CLI::App& app, ExploreArguments& arguments, const char* exit_codes);

}  // namespace lockstep
