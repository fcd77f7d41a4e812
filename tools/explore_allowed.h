// What an exploration found and the scenario allows: an example of each, to be replayed.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/harvest.h"
#include "tools/repro_store.h"

namespace lockstep {

// By finding, "truthful-errors/stale".
std::map<std::string, ReplayHint> store_examples(const Scenario& scenario, const Port& port,
                                                 const Harvest& harvest);
// The line that replays it, indented; none if there is nothing to replay.
std::vector<std::string> hint_lines(const std::map<std::string, ReplayHint>& hints,
                                    const std::string& finding);
nlohmann::ordered_json examples_json(const Scenario& scenario, const Harvest& harvest,
                                     const std::map<std::string, ReplayHint>& hints);

}  // namespace lockstep
