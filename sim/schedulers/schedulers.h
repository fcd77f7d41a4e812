// What the registry needs to know of each scheduler file.
#pragma once

#include <cstddef>
#include <new>

#include "sim/scheduler.h"

namespace lockstep {

Scheduler* make_round_robin(void* memory);
extern const std::size_t kRoundRobinSize;
Scheduler* make_random(void* memory);
extern const std::size_t kRandomSize;
Scheduler* make_follow(void* memory);
extern const std::size_t kFollowSize;
Scheduler* make_replay(void* memory);
extern const std::size_t kReplaySize;

}  // namespace lockstep
