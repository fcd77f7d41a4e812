// Repro files: one execution as one text that can be mailed. It holds everything a replay needs
// (the whole scenario, the picks) and everything that must agree (port, engine, hashes), and a
// checksum over all of it, so that a damaged file is refused and never half believed.
//
//   lockstep-repro 1
//   tool: lockstep 0.1.0
//   engine: 1
//   port: rqspinlock
//   ...
//   picks: 1
//   | 0/2*14.1/3.0/2
//   scenario-text: 12
//   | scenario: 1
//   ...
//   checksum: 16 hex digits over every line above
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"

namespace lockstep {

constexpr unsigned kReproFormat = 1;
// Raised whenever the same picks may mean another execution: a new kind of option, another order.
constexpr unsigned kEngineVersion = 3;

struct Repro {
    std::string tool;  // "lockstep 0.1.0"; informational
    unsigned engine = kEngineVersion;
    std::string port;
    std::string port_source;  // Port::source_hash
    std::string memory;
    std::string clock;
    std::string scenario_name;
    std::string scenario_hash;
    std::string kind;  // of the failure: "finding", "expectation" ...
    std::string oracle, word, text;
    std::string scheduler;
    std::uint64_t seed = 0;
    std::uint64_t steps = 0;
    std::uint64_t step_hash = 0;
    std::vector<PickRun> picks;
    std::string scenario_text;
};

struct ReproProblem {
    std::uint32_t line = 0;  // 1-based; 0 = the file as a whole
    std::string message;
};

// REQUIRES: `failure` has the result of an execution.
Repro make_repro(const Scenario& scenario, const Port& port, const Failure& failure,
                 const std::string& tool);
std::string write_repro(const Repro& repro);
std::variant<Repro, ReproProblem> read_repro(const std::string& text);

// Why this repro cannot be replayed on this port; empty if it can.
std::string refuses_port(const Repro& repro, const Port& port);
// The scenario inside. A problem in it is told with its line in the repro file's text.
std::variant<Scenario, ReproProblem> scenario_of(const Repro& repro);

// Writes to a temporary name beside `path`, syncs and renames: nobody ever sees half a file.
// Returns what went wrong, or nothing.
std::optional<std::string> save_repro(const Repro& repro, const std::string& path);

const char* failure_kind_name(Failure::Kind kind);

}  // namespace lockstep
