// Picture: who did what, one column per CPU and time downwards, as lockdep draws a deadlock. Only
// what a person needs to see the point: lock calls and their results, interrupts, waits, breaks.
#pragma once

#include <cstdint>
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

// One thing that is drawn. `text` stands in the column of its CPU, or across all of them.
struct PictureRow {
    TimeNs time = 0;
    bool everybody = false;  // a line across all columns: a break, a finding
    CpuId cpu = 0;
    unsigned indent = 0;
    std::string text;
    std::size_t event = 0;  // index into Recording::events: what it is drawn for
};

// All rows between the steps wanted, in order; width and rows_max do not matter.
std::vector<PictureRow> picture_rows(const Recording& recording, const Waits& waits,
                                     const PictureOptions& options);

// Lines without a newline at the end.
std::vector<std::string> draw_picture(const Recording& recording, const Waits& waits,
                                      const PictureOptions& options);

}  // namespace lockstep
