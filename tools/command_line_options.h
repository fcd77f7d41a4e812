// Options that several commands share. What they fill in must outlive the command.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tools/commands.h"
#include "tools/lock_tables.h"

namespace lockstep {

// The words that say which execution is meant.
void add_run_options(CLI::App& command, ChosenRun& chosen);
void add_width_option(CLI::App& command, unsigned& width);
// For every command that judges executions.
void add_oracle_option(CLI::App& command, std::vector<std::string>& names);
void add_ci_options(CLI::App& command, CiArguments& arguments);
void add_figure_options(CLI::App& command, FigureTables& tables);

}  // namespace lockstep
