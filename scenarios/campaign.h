// Makes a stretch of planned executions in this process, one after the other on one prepared
// machine, and hands over what they came to in portions.
#pragma once

#include <cstdint>
#include <functional>

#include "scenarios/harvest.h"
#include "scenarios/plan.h"

namespace lockstep {

enum class StretchEnd : std::uint8_t {
    done,
    stopped,  // a failure or the plateau; the last harvest says so
    crashed,  // the code under test crashed: this process must not run anything else
};

struct Stretch {
    std::uint64_t from = 0, to = 0;  // indices of the plan
    // If chunk is not 0: only the chunk of this many that `from` lies in, then every lanes-th one
    // after it. A harvest never reaches beyond the end of a chunk.
    std::uint64_t chunk = 0, lanes = 1;
    bool ends_chunk(std::uint64_t index) const { return chunk != 0 && (index + 1) % chunk == 0; }
    std::uint64_t after(std::uint64_t index) const {
        return index + 1 + (ends_chunk(index) ? (lanes - 1) * chunk : 0);
    }
    std::function<void(const Harvest&)> deliver;
    std::function<void(std::uint64_t index)> starting;  // just before an execution; or none
};

StretchEnd run_stretch(const Scenario& scenario, const Port& port, const RunOptions& options,
                       const Stretch& stretch);

}  // namespace lockstep
