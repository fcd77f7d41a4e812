// Where the estimates of the running campaign are kept.
#include "sim/schedulers/estimates.h"

#include "sim/check.h"

namespace lockstep {

namespace {
Estimates known_now;
}  // namespace

const Estimates& estimates() {
    return known_now;
}

void set_estimates(const Estimates& known) {
    SIM_CHECK(known.depth >= 1);
    SIM_CHECK(known.depth <= Estimates::kDepthMax);
    known_now = known;
}

}  // namespace lockstep
