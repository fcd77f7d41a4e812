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
Scheduler* make_pct(void* memory);
extern const std::size_t kPctSize;
Scheduler* make_pos(void* memory);
extern const std::size_t kPosSize;
Scheduler* make_urw(void* memory);
extern const std::size_t kUrwSize;
Scheduler* make_portfolio(void* memory);
extern const std::size_t kPortfolioSize;
Scheduler* make_uniform(void* memory);
extern const std::size_t kUniformSize;
Scheduler* make_replay(void* memory);
extern const std::size_t kReplaySize;

}  // namespace lockstep
