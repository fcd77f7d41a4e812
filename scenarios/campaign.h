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
    std::function<void(const Harvest&)> deliver;
    std::function<void(std::uint64_t index)> starting;  // just before an execution; or none
};

StretchEnd run_stretch(const Scenario& scenario, const Port& port, const RunOptions& options,
                       const Stretch& stretch);

}  // namespace lockstep
