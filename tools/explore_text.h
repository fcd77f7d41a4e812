// Explore text: what a sampling campaign came to, as lines for people and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/sampling.h"

namespace lockstep {

// "pct, depth 3, seeds from 1, 2 workers"
std::string campaign_text(const SamplingReport& report, std::uint64_t seed);
// A table with a row for each report.
std::vector<std::string> campaign_table(const std::vector<const SamplingReport*>& reports);
// "found by pct with seed 17 in execution 17; 3 of 1000 executions show it"
std::string discovery_text(const Discovery& discovery, const SamplingReport& report);
// "never reached: 2 of 20 lock points: ..."; cut to a few names. `known` is all there is to reach.
std::vector<std::string> never_reached_lines(const std::vector<std::string>& names,
                                             const std::vector<std::string>& known);
// "reached by random only: 2 pairs: ..."; empty if there are none.
std::string missed_line(const std::vector<std::string>& pairs);
const char* end_text(SamplingReport::End end);

nlohmann::ordered_json sampling_json(const SamplingReport& report);

}  // namespace lockstep
