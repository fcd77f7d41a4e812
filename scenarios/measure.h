// What is measured about a scenario on a port before a campaign: how long its executions are, how
// often each rare thing could happen in one, and how many executions there are in all.
#pragma once

#include <cstdint>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"
#include "sim/schedulers/estimates.h"

namespace lockstep {

// The same in every process and for every number of workers: it depends on the scenario, the port
// and `depth` only. The executions it makes are judged by nobody and belong to no campaign.
Estimates measure(const Scenario& scenario, const Port& port, const RunOptions& options,
                  unsigned depth);

// The number of executions by Knuth's method: the product of the numbers of options that a random
// execution met is an unbiased estimate. Few large products carry the mean, so that with few
// probes it is rather too low. Numbers are powers of ten.
struct SpaceEstimate {
    std::uint64_t probes = 0;
    double log10_mean = 0;
    double log10_median = 0, log10_min = 0, log10_max = 0;  // of single probes
    double relative_error = 0;                              // standard error of the mean / mean
    double steps_mean = 0;
    double steps_per_second = 0;  // of one worker
};
SpaceEstimate estimate_space(const Scenario& scenario, const Port& port, const RunOptions& options,
                             std::uint64_t probes);
// Of making every execution once, by as many workers.
double log10_seconds(const SpaceEstimate& space, unsigned workers);

// The arithmetic alone. REQUIRES: `probes` (log10 of each product) is not empty.
SpaceEstimate summarise_probes(std::vector<double> probes);

}  // namespace lockstep
