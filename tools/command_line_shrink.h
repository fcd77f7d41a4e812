// The words of `lockstep shrink`.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

CLI::App* add_shrink_command(CLI::App& app, ShrinkArguments& shrink, const char* exit_codes);

}  // namespace lockstep
