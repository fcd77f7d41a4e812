// What the scheduler `follow` follows: the options of a search's path, by what they are and not by
// their number. The list is constant while executions run, so it may live outside the arena.
#pragma once

#include <vector>

#include "sim/scheduler.h"

namespace lockstep {

void follow_path(const std::vector<Option>& path);

}  // namespace lockstep
