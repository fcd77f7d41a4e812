// The option --stalls of `lockstep explore`: how often time may leap while somebody can run.
#pragma once

#include <string>

#include "scenarios/scenario.h"

namespace lockstep {

// The scenario as its file would be with `clock: stalls` and `leaps: WANTED`; its text and hash say
// so as well. Nothing if `wanted` is empty. Throws UsageError if it is neither a number from 0 to
// 1000 nor `unbounded`, or if the clock is one without leaps.
void use_stalls(Scenario& scenario, const std::string& wanted);

}  // namespace lockstep
