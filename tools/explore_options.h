// Which strategy a scenario is explored by, and whether the options given are of any use to it.
#pragma once

#include <string>

#include "scenarios/scenario.h"
#include "tools/commands.h"

namespace lockstep {

// These visit every state instead of drawing executions.
bool is_search(const std::string& strategy);
// The one asked for, or the scenario's own.
std::string explore_strategy(const Scenario& scenario, const ExploreArguments& arguments);

// Throw UsageError. An option that would do nothing is not taken: --twice promises a check.
void require_known_strategy(const std::string& strategy);
void require_options_of_use(const Scenario& scenario, const ExploreArguments& arguments);

}  // namespace lockstep
