// A question: a condition typed by somebody who looks at an execution, in the words of `expect`.
#pragma once

#include <string>
#include <variant>

#include "scenarios/scenario.h"

namespace lockstep {

// The scenario, to be run so that any question can be answered.
Scenario open_to_questions(Scenario scenario);

// The compiled expression, or one sentence about what is wrong with it. Never throws.
std::variant<Expression, std::string> read_question(const Scenario& scenario,
                                                    const std::string& text);

}  // namespace lockstep
