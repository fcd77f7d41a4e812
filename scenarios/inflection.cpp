// If every continuation of some picks fails, so does every continuation of more of them: halving
// finds a border of the samples, and looking closer moves it to where no exception is known.
//
//   picks made      0        5        10        14 | 15        20
//   failed of 64    3        9        8         21 | 64        64
//                                       inevitable ^ pick 15
#include "scenarios/inflection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "scenarios/prepare.h"
#include "scenarios/shrink.h"
#include "sim/check.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kSeedFirst = 1;

class InflectionSearch {
  public:
    InflectionSearch(TrialBench& bench, const Failing& failing, const InflectionOptions& options)
        : bench_(bench), failing_(failing), options_(options) {}

    Inflection run();

  private:
    Guide prefix(std::uint64_t picks) const;
    bool certain_in_sample(std::uint64_t picks, std::uint32_t continuations);
    template <typename Certain>
    std::uint64_t halve(std::uint64_t low, std::uint64_t high, Certain certain);
    bool enumerate(std::uint64_t picks);
    bool look_closer(std::uint64_t picks);
    void draw_curve();
    void show(const std::string& state) const {
        if (options_.progress) options_.progress("inflection: " + state);
    }

    TrialBench& bench_;
    const Failing& failing_;
    const InflectionOptions& options_;
    Inflection found_;
    std::optional<std::uint64_t> sure_of_;  // what found_ tells the certainty of
};

Guide InflectionSearch::prefix(std::uint64_t picks) const {
    SIM_CHECK(picks <= failing_.taken.size());
    Guide guide;
    for (std::uint64_t i = 0; i < picks; ++i)
        guide.recorded.push_back({failing_.taken[i].index, failing_.taken[i].bound, 1});
    guide.inner_after = true;
    return guide;
}

bool InflectionSearch::certain_in_sample(std::uint64_t picks, std::uint32_t continuations) {
    return bench_.sample(prefix(picks), kSeedFirst, continuations, true).all();
}

// The smallest number of picks in [low, high] behind which `certain` knows no exception, if it
// knows none behind `high`.
template <typename Certain>
std::uint64_t InflectionSearch::halve(std::uint64_t low, std::uint64_t high, Certain certain) {
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        show("pick " + std::to_string(middle) + " of " + std::to_string(failing_.taken.size()));
        if (certain(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// Goes through every continuation, the last choice first, as long as that is affordable. False if
// one does not fail.
bool InflectionSearch::enumerate(std::uint64_t picks) {
    Guide guide = prefix(picks);
    guide.inner_after = false;  // the first option behind what is given
    for (std::uint32_t made = 1; made <= options_.exact_max; ++made) {
        const Continuation next = bench_.follow(guide);
        if (!next.failed) return false;
        std::vector<PickRun> path;
        for (const Taken& taken : next.taken) path.push_back({taken.index, taken.bound, 1});
        while (path.size() > picks && path.back().index + 1U == path.back().bound) path.pop_back();
        if (path.size() <= picks) {
            found_.exact = true;
            found_.continuations = made;
            return true;
        }
        ++path.back().index;
        guide.recorded = std::move(path);
    }
    return true;
}

bool InflectionSearch::look_closer(std::uint64_t picks) {
    if (!certain_in_sample(picks, options_.certain)) return false;
    sure_of_.reset();
    found_.exact = false;
    found_.continuations = options_.certain;
    if (!enumerate(picks)) return false;
    sure_of_ = picks;
    return true;
}

void InflectionSearch::draw_curve() {
    const std::uint64_t end = std::min<std::uint64_t>(found_.pick + 1, failing_.taken.size());
    const std::uint64_t parts =
        std::max<std::uint64_t>(1, std::min<std::uint64_t>(options_.points - 1, end));
    for (std::uint64_t i = 0; i <= parts; ++i) {
        const std::uint64_t picks = end * i / parts;
        show("curve, pick " + std::to_string(picks));
        found_.curve.push_back(
            {picks, bench_.sample(prefix(picks), kSeedFirst, options_.continuations, false)});
    }
}

// A small sample finds the neighbourhood. It may have missed an exception, so it is looked at
// more closely from there on, in growing strides.
Inflection InflectionSearch::run() {
    const std::uint64_t total = found_.picks_total = failing_.taken.size();
    const auto roughly = [this](std::uint64_t picks) {
        return certain_in_sample(picks, options_.continuations);
    };
    const auto closely = [this](std::uint64_t picks) { return look_closer(picks); };
    std::uint64_t low = halve(0, total, roughly);
    std::uint64_t high = low;
    for (std::uint64_t stride = 1; high < total && !look_closer(high); stride *= 2) {
        low = high + 1;
        high = std::min(total, high + stride);
    }
    found_.pick = halve(low, high, closely);
    if (sure_of_ != found_.pick) look_closer(found_.pick);  // for how sure we are of this one
    if (found_.pick > 0) {
        found_.taken = failing_.taken[found_.pick - 1];
        found_.before = bench_.sample(prefix(found_.pick - 1), kSeedFirst, options_.certain, false);
    }
    draw_curve();
    return found_;
}

}  // namespace

InflectionOptions inflection_effort(TrialBench& bench, const Failing& failing) {
    constexpr std::uint32_t kProbes = 16;
    constexpr std::uint64_t kStepsForCurve = 2'000'000;
    constexpr std::uint64_t kStepsForEnumeration = 1'000'000;
    constexpr std::uint64_t kStepsForCertainty = 3'000'000;
    constexpr std::uint64_t kContinuationsMin = 16, kPointsMin = 10;
    constexpr std::uint32_t kLessIfCrashing = 8;
    Guide random;
    random.inner_after = true;
    const std::uint64_t before = bench.effort();
    bench.sample(random, kSeedFirst, kProbes, false);
    const std::uint64_t steps = std::max(
        {std::uint64_t{1}, (bench.effort() - before) / kProbes, failing.failure.result.steps});
    InflectionOptions options;
    const std::uint64_t affordable = kStepsForCurve / steps;
    options.points = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(affordable / kContinuationsMin, kPointsMin, options.points));
    options.continuations = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        affordable / options.points, kContinuationsMin, options.continuations));
    options.exact_max = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(kStepsForEnumeration / steps, 50, 2000));
    options.certain = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(kStepsForCertainty / steps, 48, options.certain));
    if (failing.failure.kind == Failure::Kind::crashed) {
        options.continuations = std::max(8U, options.continuations / kLessIfCrashing);
        options.certain = std::max(48U, options.certain / kLessIfCrashing);
        options.exact_max = std::max(50U, options.exact_max / kLessIfCrashing);
        options.points /= 2;
    }
    return options;
}

std::optional<Inflection> inflection_of(
    const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks,
    const volatile std::sig_atomic_t* interrupted,
    const std::function<void(const std::string& state)>& progress) {
    if (!skip_reason(scenario, port).empty()) return std::nullopt;
    TrialBench bench(port, interrupted);
    bench.use(scenario);
    std::string refused;
    const std::optional<Failing> failing = aim_at_failure(bench, picks, scenario, refused);
    if (!failing) return std::nullopt;
    try {
        InflectionOptions options = inflection_effort(bench, *failing);
        options.progress = progress;
        return find_inflection(bench, *failing, options);
    } catch (const TrialsInterrupted&) {
        return std::nullopt;
    }
}

Inflection find_inflection(TrialBench& bench, const Failing& failing,
                           const InflectionOptions& options) {
    return InflectionSearch(bench, failing, options).run();
}

}  // namespace lockstep
