// What the replay scheduler follows. The list is constant while executions run, so it may live
// outside the arena; how far the replay has come is inside.
#pragma once

#include <vector>

#include "sim/scheduler.h"

namespace lockstep {

void replay_follow(const std::vector<PickRun>& picks);

}  // namespace lockstep
