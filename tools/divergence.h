// Divergence: where and how a replayed execution leaves the recorded one.
#pragma once

#include <string>
#include <vector>

#include "tools/subject.h"
#include "tools/trace.h"

namespace lockstep {

// What happened at the first pick that did not fit: both sides, one line each. Empty if all
// picks fitted and, for a repro file, the step hash is the recorded one.
std::vector<std::string> describe_divergence(const Subject& subject, const Trace& trace);

}  // namespace lockstep
