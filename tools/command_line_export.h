// What may be typed behind `lockstep export`.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

CLI::App* add_export_command(CLI::App& app, ExportArguments& arguments, const char* exit_codes);

}  // namespace lockstep
