// The options of `lockstep learn`, and its help.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

// `learn` must outlive the command.
CLI::App* add_learn_command(CLI::App& app, LearnArguments& learn, const char* exit_codes);

}  // namespace lockstep
