// Which strategy a scenario is explored by, and whether the options given are of any use to it: one
// that would do nothing is refused, as whoever types it believes that it did something.
#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.h"
#include "tools/commands.h"

namespace lockstep {

// How one of the scenarios is going to be explored.
struct WayToExplore {
    std::string scenario;
    std::string strategy;
};

// Whether every execution is visited instead of some being drawn.
bool is_search(const std::string& strategy);

// The one asked for, or the scenario's own. Throws UsageError if nothing here implements it.
std::string explore_strategy(const Scenario& scenario, const ExploreArguments& arguments);
void require_known_strategy(const std::string& strategy);

// REQUIRES: `ways` is not empty. Throws UsageError. What says how is judged or how far is looked
// must be of use to every scenario; limits of resources, seeds and baselines to one of them at
// least.
void refuse_useless_options(const ExploreArguments& arguments,
                            const std::vector<WayToExplore>& ways);

}  // namespace lockstep
