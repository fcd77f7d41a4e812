// Options that several commands share. What they fill in must outlive the command.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/commands.h"
#include "tools/lock_tables.h"

namespace lockstep {

// Numbers as they are typed, in decimal. What does not fit is told with what would: CLI11's own
// checks take 0x10 and 010 for other numbers, -1 for the greatest one, and nan for any.
CLI::Validator whole_number(std::uint64_t from, std::uint64_t to);
// In seconds, GiB ...: `from` and `to` are what is told.
CLI::Validator amount(double from, double to, const std::string& unit);
// A whole number up to `to`, or `unbounded`.
CLI::Validator bound_up_to(std::uint64_t to);
// Of a schedule, as in `--seeds`.
constexpr std::uint64_t kSeedMax = 999'999'999'999'999'999;
// An option with an empty value would do nothing, mostly because a script's variable is empty.
// Throws UsageError.
void refuse_empty_values(const CLI::App& app);
// The words that say which execution is meant.
void add_run_options(CLI::App& command, ChosenRun& chosen);
void add_width_option(CLI::App& command, unsigned& width);
// For every command that judges executions.
void add_oracle_option(CLI::App& command, std::vector<std::string>& names);
void add_ci_options(CLI::App& command, CiArguments& arguments);
void add_figure_options(CLI::App& command, FigureTables& tables);

}  // namespace lockstep
