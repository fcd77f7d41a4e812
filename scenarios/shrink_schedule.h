// Shrinks the schedule of a failing execution: fewer interrupts and other strikes, then fewer
// switches between CPUs, then a shorter token. The scenario stays as it is.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "scenarios/trial.h"

namespace lockstep {

// A failing execution. Replay takes the first option behind the last pick, so picks of the first
// option at the end say nothing: `failure.picks` and `choices` are without them, `taken` is not.
struct Failing {
    Failure failure;
    std::vector<Taken> taken;
    std::vector<ChoiceRun> choices;
};

// Compared from the first to the last.
struct ScheduleCost {
    std::uint64_t strikes = 0;  // picks that are not "this CPU runs"
    std::uint64_t runs = 0;     // of equal choices
    std::uint64_t text = 0;     // characters of the picks
    std::uint64_t picks = 0;
    friend auto operator<=>(const ScheduleCost&, const ScheduleCost&) = default;
};

// REQUIRES: the answer reproduced the failure.
Failing failing_of(const TrialAnswer& answer);
ScheduleCost cost_of(const Failing& failing);

// Makes `best` cheaper until no step of the search does; then doing it again changes nothing.
// `better`, if given, is called after each step that did. An exception of the bench leaves `best`
// at the best so far.
void shrink_schedule(TrialBench& bench, Failing& best, const std::function<void()>& better);

}  // namespace lockstep
