// The words of `lockstep report`.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

CLI::App* add_report_command(CLI::App& app, ReportArguments& report, const char* exit_codes);

}  // namespace lockstep
