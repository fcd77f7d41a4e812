// The words of `lockstep step` and `lockstep play`.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

CLI::App* add_play_command(CLI::App& app, PlayArguments& play, const char* exit_codes);
CLI::App* add_step_command(CLI::App& app, StepArguments& step, const char* exit_codes);

}  // namespace lockstep
