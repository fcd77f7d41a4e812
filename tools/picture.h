// Picture: who did what, one column per CPU and time downwards, as lockdep draws a deadlock. Only
// what a person needs to see the point: lock calls and their results, interrupts, waits, breaks.
#pragma once

#include <string>
#include <vector>

#include "tools/recording.h"
#include "tools/waits.h"

namespace lockstep {

struct PictureOptions {
    unsigned width = 100;
    unsigned rows_max = 60;  // the middle is left out beyond that; 0 = all
    // Steps to draw, both ends included.
    std::uint64_t step_from = 0, step_to = ~std::uint64_t{0};
};

// Lines without a newline at the end.
std::vector<std::string> draw_picture(const Recording& recording, const Waits& waits,
                                      const PictureOptions& options);

}  // namespace lockstep
