// All schedulers, one line each. A scenario's `script` is not here: it narrows the options before
// any scheduler is asked (sim/steering.cpp).
#include "sim/schedulers/schedulers.h"

namespace lockstep {

const std::vector<SchedulerEntry>& scheduler_registry() {
    static const std::vector<SchedulerEntry> entries = {
        {"round-robin", "every option in turn, one step each", kRoundRobinSize, 16,
         make_round_robin},
        {"random", "uniform random walk; interrupts are rarer than steps", kRandomSize, 16,
         make_random},
        {"follow", "goes the way a search went", kFollowSize, 16, make_follow},
        {"pct", "random priorities that change at a few random steps", kPctSize, 16, make_pct},
        {"pos", "a random priority for each access, redrawn when it conflicts", kPosSize, 16,
         make_pos},
        {"urw", "uniform over the orders of accesses to lock, queue and held tables", kUrwSize, 16,
         make_urw},
        {"portfolio", "random, pct, pos and urw in turn, by the seed", kPortfolioSize, 16,
         make_portfolio},
        {"uniform", "every option equally likely; for estimates of the size of a space",
         kUniformSize, 16, make_uniform},
        {"replay", "follows recorded picks", kReplaySize, 16, make_replay},
    };
    return entries;
}

}  // namespace lockstep
