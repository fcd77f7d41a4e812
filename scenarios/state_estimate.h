// How many states a search will visit, and how long it may take, estimated before it is begun.
//
// A round draws a random path to an end and exhausts what can be reached from its last choice,
// from the one before, and so on. That is exact, merged states are one, and it is nested: whatever
// can be reached later on the path can be reached earlier.
//
//     boot ──►○──►○──►○──►○──►○──►○──► end       choices left      1    2    3    4
//                          └──►  all behind it   states behind it  6   17   41  102 ... ?
//
// When as many states have been visited as a round may, the numbers so far say how fast they grow:
// a line through their logarithms leads on to boot. Of machines whose parts were independent the
// states behind a choice would be a power of the choices left. Only CPUs move on the path, as long
// as one can, so that what else may happen is still to come everywhere.
//
// What is visited is a lower bound. The rest is no promise: a number that grows in jumps (time
// leaps; a lock is handed over) is not where the line leads. How far it was off where the number is
// known is in docs/explore.md.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "scenarios/search.h"

namespace lockstep {

struct StateEstimateOptions {
    SearchOptions search;  // bounds, workers, whom to ask whether to stop
    std::uint64_t seed = 1;
    unsigned rounds = 8;
    std::uint64_t visit = 200'000;  // states, by each round
};

struct StateRound {
    std::uint64_t visited = 0;
    bool complete = false;        // those are all
    std::uint64_t choices = 0;    // of its path
    std::uint64_t exhausted = 0;  // of these, from the end
    double states = 0;            // that it leads to; 0: it does not say
    double seconds = 0;
};

struct StateEstimate {
    std::vector<StateRound> rounds;  // one if that one was complete
    unsigned workers = 0;

    bool complete() const;
    std::uint64_t at_least() const;
    // Of the rounds that lead somewhere, in ascending order.
    std::vector<double> states() const;
    double states_per_second() const;  // of all workers together
};

// The same for a seed. REQUIRES: skip_reason() is empty, and a clock that leaves a choice.
StateEstimate estimate_states(const Scenario& scenario, const Port& port,
                              const StateEstimateOptions& options);

// Where it leads: (choices left, states behind), ascending, the last pair with at least so many.
// Nothing, if the numbers jump to there.
std::optional<double> extrapolate(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& grown,
                                  std::uint64_t choices);

}  // namespace lockstep
