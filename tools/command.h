// The commands of lockstep: each adds itself to the command line and is one file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "tools/output.h"

namespace lockstep {

// What a command returns when it is chosen: its exit code.
using CommandBody = std::function<int(Output&)>;

// Each adds a subcommand to `app`; when it is chosen, `body` is set.
void add_run_command(CLI::App& app, CommandBody& body);
void add_replay_command(CLI::App& app, CommandBody& body);
void add_show_command(CLI::App& app, CommandBody& body);
void add_list_command(CLI::App& app, CommandBody& body);
void add_port_command(CLI::App& app, CommandBody& body);
void add_completion_command(CLI::App& app, CommandBody& body);

// "linux/x86_64: Linux 7.2.12, x86_64, queued [aa-immediate, ...]"
std::string port_line(const Port& port);
// Throws PortError. Empty name: the default port.
Port port_or_default(const std::string& name);
// "lockstep 0.1.0"
std::string tool_version();
// Set by Ctrl-C; a campaign then ends early with what it has.
const volatile std::sig_atomic_t* interrupt_flag();

// The execution behind `picks`, drawn: who did what, one column per CPU.
std::vector<std::string> picture_of(const Scenario& scenario, const Port& port,
                                    const std::vector<PickRun>& picks, unsigned width);
// One line per lock call that failed or waited: what it returned, when, and why.
std::vector<std::string> calls_of(const Scenario& scenario, const Port& port,
                                  const std::vector<PickRun>& picks);

}  // namespace lockstep
