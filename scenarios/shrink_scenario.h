// Shrinks the scenario of a failing execution: fewer CPUs, injections, statements and whatever
// else its text can do without, as long as the same failure is found in what is left.
#pragma once

#include <functional>

#include "scenarios/shrink_schedule.h"
#include "scenarios/trial.h"

namespace lockstep {

struct SmallScenario {
    Scenario scenario;
    Failing best;  // of an execution of it
};

// REQUIRES: `bench` uses small.scenario and is aimed at the failure; `small.best` cannot be made
// cheaper by shrink_schedule(). Neither picks, steps nor virtual time get longer. Every step ends
// in a whole scenario that the reader accepts; an exception of the bench leaves `small` at the best
// so far.
void shrink_scenario(TrialBench& bench, const Port& port, SmallScenario& small,
                     const std::function<void()>& better);

}  // namespace lockstep
