// Timeline: one line per step, with a lane per CPU that shows which contexts are stacked on it,
// what the step did in the lock's own terms, and the source line. Repeats are folded into one.
#pragma once

#include <string>
#include <vector>

#include "tools/recording.h"

namespace lockstep {

struct TimelineOptions {
    unsigned width = 100;
    std::uint64_t step_from = 0, step_to = ~std::uint64_t{0};
    std::size_t rows_max = 0;  // keep the last ones; 0 = all
};

// Lines without a newline at the end.
std::vector<std::string> draw_timeline(const Recording& recording, const TimelineOptions& options);

}  // namespace lockstep
