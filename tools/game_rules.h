// Game rules: what a player can choose and what there is to reach, at a terminal and on a page
// alike.
#pragma once

#include <string>
#include <vector>

#include "sim/event.h"
#include "sim/scheduler.h"
#include "tools/recording.h"
#include "tools/subject.h"

namespace lockstep {

// What is typed for it: "cpu1", "nmi cpu0", "leap".
std::string option_name(const Scenario& scenario, const Recording& recording, const Option& option);

// The conditions to make true: that one, or, if it is empty, what the scenario says happens
// sometimes. None: then any error or finding is the goal. Throws UsageError for a bad one.
std::vector<Expression> goals_of(const Subject& subject, const std::string& goal);
// The goal where there is none, in words.
constexpr const char* kGoalOfAny = "make a lock call fail, or an oracle speak";

// A lock call returns an error.
bool is_error(const Event& event);

}  // namespace lockstep
