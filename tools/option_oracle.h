// The option --oracle, the same for every command that judges executions.
#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.h"

namespace lockstep {

// Lets the optional oracles among them judge a scenario too. Throws UsageError if one is unknown.
void use_oracles(Scenario& scenario, const std::vector<std::string>& names);
// The fairness oracle always judges; who names it also wants its figures.
bool wants_fairness(const std::vector<std::string>& names);

}  // namespace lockstep
