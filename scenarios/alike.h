// Which CPUs of a scenario may be exchanged: they run the same program with the same parameters,
// get the same injections, and nothing the scenario says tells one from another. What the lock's
// code makes of a CPU's number beyond addressing its own data (the order in which it looks at other
// CPUs, say) is taken for granted; docs/explore.md says so.
#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.h"

namespace lockstep {

struct Alike {
    std::vector<std::vector<CpuId>> groups;  // of two CPUs or more
    std::string why_not;                     // if there is no group: the first reason found
};
Alike find_alike(const Scenario& scenario);

}  // namespace lockstep
