// What to replay: read from a token or a repro file, checked against the scenario and the port.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/scenario.h"

namespace lockstep {

struct ReplayArguments {
    std::string what;  // a token or the path of a repro file
    std::string scenario;
    std::string port;
    bool as_json = false;
};

void add_replay_options(CLI::App& command, ReplayArguments& arguments);

struct ReplaySource {
    std::vector<std::string> problems;  // ready to print; the rest is only set if there is none
    std::optional<Scenario> scenario;
    Port port;
    std::vector<PickRun> picks;
    std::optional<std::uint64_t> step_hash;  // as recorded in a repro file
};

bool looks_like_token(const std::string& text);
// Throws PortError.
ReplaySource find_replay_source(const ReplayArguments& arguments);

}  // namespace lockstep
