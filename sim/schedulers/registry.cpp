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
        {"replay", "follows recorded picks", kReplaySize, 16, make_replay},
    };
    return entries;
}

}  // namespace lockstep
