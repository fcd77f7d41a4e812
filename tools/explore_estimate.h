// `explore --estimate`: how large a scenario's space is, as lines for people and as JSON. For
// sampling that is the number of executions, for a search the number of states.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/measure.h"
#include "scenarios/state_estimate.h"

namespace lockstep {

std::vector<std::string> estimate_lines(const SpaceEstimate& space, unsigned workers);
nlohmann::ordered_json estimate_json(const SpaceEstimate& space, unsigned workers);

// `bounds` as describe_bounds() says them.
std::vector<std::string> estimate_lines(const StateEstimate& estimate, const std::string& bounds);
nlohmann::ordered_json estimate_json(const StateEstimate& estimate, const std::string& bounds);

}  // namespace lockstep
