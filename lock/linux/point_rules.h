// Lock points of the kernel's rqspinlock: which access or call in the source each name of
// sim/points.h stands for. Resolved when a port is built, attached to its sites when it is loaded.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lock/linux/flavour.h"
#include "lock/linux/source_text.h"
#include "sim/kernel.h"

namespace lockstep {

// One site that a point lies at. A point may have several: the head can claim in two ways.
struct PointPlace {
    std::string point;
    bool before = true;  // else after
    std::string file;    // "kernel/bpf/rqspinlock.c"
    unsigned line = 0;
    std::string function;
    std::string expression;
};

// Finds the places of all points that make sense for `flavour` among `sites`. `sources` has the
// kernel files by their path in the tree.
std::vector<PointPlace> resolve_points(const Flavour& flavour,
                                       const std::vector<const sim_site*>& sites,
                                       const std::map<std::string, SourceText>& sources);

// The points that make sense for `flavour`, in the order of sim/points.h.
std::vector<std::string> expected_points(const Flavour& flavour);

}  // namespace lockstep
