// Exhaustive search: everything that can happen in a scenario on a port within stated bounds, by
// worker processes on all cores that share one table of states.
//
// A search is complete when nothing is left; otherwise it says what ended it. The number of states
// and of ends does not depend on the number of workers, nor on having been killed and resumed.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/harvest.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"
#include "sim/explorer.h"

namespace lockstep {

struct SearchOptions {
    ExploreBounds bounds;
    bool breadth_first = false;  // one worker; the first failure has the fewest choices
    bool keep_going = false;     // false: the first failure ends it
    bool exact = false;          // keep whole states and compare them; for small cases
    unsigned workers = 0;        // 0: one for each core
    std::uint64_t memory_max = std::uint64_t{8} << 30;  // bytes for states
    std::uint64_t states_max = 0;                       // 0: no limit
    double seconds_max = 0;                             // 0: no limit
    std::string checkpoint;                             // file to write and to resume from; or none
    double checkpoint_every = 10;                       // seconds
    unsigned watchdog_ms = 5000;
    std::function<void(const ExploreCounts& so_far)> progress;  // or none
    const volatile std::sig_atomic_t* interrupted = nullptr;
};

struct SearchReport {
    enum class End : std::uint8_t {
        complete,
        failure,  // the first one, as asked for
        memory,
        states,
        seconds,
        interrupted,
    };
    End end = End::complete;
    // Some path was cut: by the scenario's limit of steps or virtual time, which is an end that its
    // expectations judge, or before its end, of which nothing is known.
    bool truncated = false;
    bool unjudged = false;  // the latter
    ExploreCounts counts;
    std::uint64_t failing_ends = 0;
    std::vector<Failure> failures;  // the first of each signature, with picks that replay it
    Harvest harvest;                // of the distinct ends
    unsigned workers = 0;
    double seconds = 0;  // of wall time, all of a resumed search's parts together
    std::uint64_t bytes = 0;
    std::uint32_t resumed = 0;  // how often before
    ExploreBounds bounds;       // with what was learned about steps that can be left out
    std::string note;           // for example why a checkpoint could not be used
};

// REQUIRES: skip_reason() is empty. Throws EngineBug, PortError, and CheckpointError if the
// checkpoint file is of another search or damaged, or asked for breadth first or exact.
SearchReport search(const Scenario& scenario, const Port& port, const SearchOptions& options);

struct CheckpointError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// "complete" only if nothing was left and nothing was cut; "stopped at the first failure" ...
std::string describe_end(const SearchReport& report);
// "3 CPUs, sc memory, quiescent clock, 1 injection anywhere, preemptions unbounded"
std::string describe_bounds(const Scenario& scenario, const SearchOptions& options);

}  // namespace lockstep
