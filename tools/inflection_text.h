// Inflection text: the pick that made a failure inevitable, in words and as a small curve.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/inflection.h"
#include "tools/recording.h"

namespace lockstep {

// "CPU1 goes on, while another could have": what a pick chose.
std::string choice_text(const Recording& recording, const Taken& taken);
// The pick, what it does, how the odds were before, and the curve. The recording is of the same
// execution, or empty if there is none.
std::vector<std::string> inflection_lines(const Recording& recording, const Inflection& inflection,
                                          unsigned width);
nlohmann::ordered_json inflection_json(const Recording& recording, const Inflection& inflection);

}  // namespace lockstep
