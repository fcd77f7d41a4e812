// Which executions a campaign consists of: a list that depends on the scenario and the options
// only, so that execution number n is the same one in every process and can be made again.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/runner.h"
#include "scenarios/scenario.h"

namespace lockstep {

struct PlannedExecution {
    std::string scheduler;
    std::uint64_t seed = 0;
};

class Plan {
  public:
    Plan(const Scenario& scenario, const RunOptions& options);

    std::uint64_t total() const { return round_robins_ + seeds_; }
    PlannedExecution at(std::uint64_t index) const;
    // Everything the scenario asks for: only then does "never happened" mean anything.
    bool whole() const { return whole_; }
    // "1 round-robin and 100 random schedules"
    std::string describe() const;

  private:
    std::uint64_t round_robins_ = 0;  // one per family of injections, first
    std::uint64_t seeds_ = 0;
    std::uint64_t seed_first_ = 1;
    std::string sampler_;
    std::string asked_for_;  // the strategy, if it is only sampled here
    bool whole_ = false;
};

// How many combinations of points the injections of a scenario can use (DESIGN: one execution
// family per point); at most kFamiliesMax are made sure of.
constexpr std::uint64_t kFamiliesMax = 64;
std::uint64_t families(const Scenario& scenario);

}  // namespace lockstep
