// Failure text: a failed scenario in words, as comment lines below its KTAP result.
#pragma once

#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "tools/recording.h"
#include "tools/waits.h"

namespace lockstep {

// "FAIL truthful-errors (false): CPU0 nmi got -EDEADLK ...": one line.
std::string failure_headline(const Scenario& scenario, const Failure& failure);
// One line for each attempt of the first execution: "ab@0: res_spin_lock(B) = -EDEADLK after
// 2.753 ms". Many are cut to the first dozen.
std::vector<std::string> attempt_lines(const Scenario& scenario, const Port& port,
                                       const RunReport& report);
// Why each failed attempt of the recording failed, each reason once.
std::vector<std::string> explanation_lines(const Recording& recording, const Waits& waits);
// The picture, the cycle below it. Nothing for an empty recording.
std::vector<std::string> picture_lines(const Recording& recording, const Waits& waits,
                                       unsigned width, unsigned rows_max);

}  // namespace lockstep
