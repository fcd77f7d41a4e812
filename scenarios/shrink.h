// Shrinking: of a failing execution, a smaller one with the same failure. First its schedule, for
// which a token of the same scenario is enough; then the scenario itself.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/scenario.h"
#include "scenarios/shrink_scenario.h"
#include "scenarios/shrink_schedule.h"

namespace lockstep {

struct ShrinkOptions {
    bool keep_scenario = false;  // the schedule only
    // For each half, the schedule and the scenario; hundreds are usual.
    std::uint64_t executions_max = 2'000;
    // "schedule: 12 runs, 312 executions"
    std::function<void(const std::string& state)> progress;
    const volatile std::sig_atomic_t* interrupted = nullptr;
};

struct Shrunk {
    // Why there is nothing to shrink; then nothing else is set.
    std::string refused;
    std::string key;                       // failure_key() of what was kept
    Failing given;                         // the execution as it came
    Failing schedule;                      // the best schedule of the given scenario
    std::optional<SmallScenario> smaller;  // if the scenario could be made smaller
    std::uint64_t executions = 0;
    bool interrupted = false;  // the best so far; more might have been possible
    bool exhausted = false;    // the same, as no more executions were allowed
};

// Deterministic, and doing it again to the result changes nothing unless it was interrupted
// or exhausted.
Shrunk shrink(const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks,
              const ShrinkOptions& options);

// The first failure of these picks and its keys, or why there is none. `bench` is then aimed at it.
std::optional<Failing> aim_at_failure(TrialBench& bench, const std::vector<PickRun>& picks,
                                      const Scenario& scenario, std::string& refused);

}  // namespace lockstep
