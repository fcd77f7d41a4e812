// Fairness text: who was served how often and who waited longest, as lines and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/fairness_figures.h"
#include "scenarios/scenario.h"

namespace lockstep {

// For each lock: "fairness of A: 40 acquisitions on CPU0, 40 on CPU1; longest wait 52 steps (CPU1),
// 1.00 ms (CPU0)". Locks that nobody asked for are left out.
std::vector<std::string> fairness_lines(const Scenario& scenario,
                                        const std::vector<LockFairness>& locks);
nlohmann::ordered_json fairness_json(const Scenario& scenario,
                                     const std::vector<LockFairness>& locks);

}  // namespace lockstep
