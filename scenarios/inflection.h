// Where a failing execution became inevitable: for growing parts of its picks, how many random
// continuations end in the same failure, and the first pick behind which all of them do.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/shrink_schedule.h"
#include "scenarios/trial.h"

namespace lockstep {

struct InflectionOptions {
    std::uint32_t continuations = 64;  // for each point of the curve
    std::uint32_t certain = 512;       // before "all of them" is said of a sample
    std::uint32_t exact_max = 2000;    // executions to enumerate every continuation with
    std::uint32_t points = 40;         // of the curve, at most
    std::function<void(const std::string& state)> progress;
};
// After the first `picks` picks, this share of random continuations failed.
struct CurvePoint {
    std::uint64_t picks = 0;
    Share share;
};

struct Inflection {
    // Number of the pick, counted from 1, behind which every continuation fails; 0: every schedule
    // fails. Its choice and step are taken[pick - 1].
    std::uint64_t pick = 0;
    std::optional<Taken> taken;
    std::uint64_t picks_total = 0;
    bool exact = false;               // every continuation was made, not a sample
    std::uint64_t continuations = 0;  // how many were behind "every"
    Share before;                     // without the pick
    std::vector<CurvePoint> curve;    // by picks, from none to where it is inevitable
};

// Fewer of everything if continuations are long or take a worker process down: a few are made.
InflectionOptions inflection_effort(TrialBench& bench, const Failing& failing);

// `bench` is aimed at the failure of `failing` and uses its scenario. Deterministic.
Inflection find_inflection(TrialBench& bench, const Failing& failing,
                           const InflectionOptions& options);
// The same for recorded picks. Nothing if they do not fail, or if `interrupted` asked for the end.
std::optional<Inflection> inflection_of(
    const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks,
    const volatile std::sig_atomic_t* interrupted,
    const std::function<void(const std::string& state)>& progress);

}  // namespace lockstep
