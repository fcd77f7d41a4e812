// The options of the commands that run a kernel test module.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

// Each fills its own arguments, which must outlive `app`.
CLI::App* add_rqsl_command(CLI::App& app, ClientArguments& arguments, const char* exit_codes);
CLI::App* add_selftest_command(CLI::App& app, ClientArguments& arguments, const char* exit_codes);
CLI::App* add_torture_command(CLI::App& app, ClientArguments& arguments, const char* exit_codes);

}  // namespace lockstep
