// Each round in a worker of its own, because the code under test may crash in it.
#include "scenarios/state_estimate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>

#include "scenarios/crash_guard.h"
#include "scenarios/judge.h"
#include "scenarios/prepare.h"
#include "scenarios/worker.h"
#include "sim/check.h"
#include "sim/state_table.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kLearnStates = 2'000;

using Grown = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

constexpr std::uint64_t kTableBytes = std::uint64_t{1} << 32;  // of address space
constexpr double kRecentPart = 100;  // the line is that of numbers down to this part of the last
constexpr std::size_t kPointsOfLine = 4;  // that make a line

class GrowthRound final : public Explorer::Client {
  public:
    GrowthRound(PreparedScenario& prepared, const SearchOptions& options, CrashGuard& guard)
        : guard_(guard), judge_(prepared), table_(kTableBytes), explorer_(options.bounds, *this) {}

    StateRound run(std::uint64_t seed, std::uint64_t most) {
        const auto begun = std::chrono::steady_clock::now();
        StateRound round;
        const Path path = explorer_.random_path(seed);
        round.choices = path.size();
        Grown grown;
        for (std::size_t at = path.size(); at-- > 0 && exhaust(path, at, most);)
            grown.emplace_back(++round.exhausted, table_.used());
        round.visited = table_.used();
        round.complete = round.exhausted == round.choices;
        if (!round.complete) {
            grown.emplace_back(round.exhausted + 1, round.visited);
            round.states = extrapolate(grown, round.choices).value_or(0);
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        round.seconds = took.count();
        return round;
    }

    bool fresh(std::uint64_t hash) override { return table_.insert(hash); }
    void expect(std::uint64_t hash) override { table_.prefetch(hash); }
    void on_end(const ExecutionResult&) override {
        if (!guard_.crash().empty()) guard_.recover();
    }
    bool on_finding(const ExecutionResult& result) override { return judge_.tolerates(result); }

  private:
    // What is behind choice `at`, but for what is known. False: that would be too many.
    bool exhaust(const Path& path, std::size_t at, std::uint64_t most) {
        if (at == 0) {
            explorer_.begin();
        } else {
            Unexplored from;
            from.path.assign(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(at));
            from.options = ~std::uint64_t{0};
            explorer_.begin(from);
        }
        while (!explorer_.done()) {
            if (table_.used() >= most) return false;
            explorer_.advance();
            guard_.moved();
            if (table_.crowded()) table_.grow();
        }
        return true;
    }

    CrashGuard& guard_;
    Judge judge_;
    StateTable table_;
    Explorer explorer_;
};

struct RoundTold {
    std::uint64_t number = 0;
    StateRound round;
};

// Rounds `first`, `first` + `step` ... below `end`.
WorkerTask rounds_task(PreparedScenario& prepared, const StateEstimateOptions& options,
                       std::array<unsigned, 3> which, std::vector<StateRound>& rounds) {
    WorkerTask task;
    task.work = [&prepared, &options, which](WorkerPort& to) {
        const unsigned first = which[0], step = which[1], end = which[2];
        CrashGuard guard(options.search.watchdog_ms);
        guard.during([&] {
            for (unsigned i = first; i < end; i += step) {
                const RoundTold told{i, GrowthRound(prepared, options.search, guard)
                                            .run(options.seed + i, options.visit)};
                to.send({reinterpret_cast<const char*>(&told), sizeof told});
            }
        });
        return 0;
    };
    task.received = [&rounds](const std::string& message) {
        RoundTold told;
        if (message.size() != sizeof told) throw EngineBug("a worker sent no round");
        std::memcpy(&told, message.data(), sizeof told);
        rounds.at(told.number) = told.round;
    };
    task.interrupted = options.search.interrupted;
    return task;
}

}  // namespace

bool StateEstimate::complete() const {
    return std::any_of(rounds.begin(), rounds.end(),
                       [](const StateRound& round) { return round.complete; });
}

std::uint64_t StateEstimate::at_least() const {
    std::uint64_t most = 0;
    for (const StateRound& round : rounds) most = std::max(most, round.visited);
    return most;
}

std::vector<double> StateEstimate::states() const {
    std::vector<double> all;
    for (const StateRound& round : rounds)
        if (round.states > 0)
            all.push_back(std::max(round.states, static_cast<double>(at_least())));
    std::sort(all.begin(), all.end());
    return all;
}

double StateEstimate::states_per_second() const {
    double states = 0, seconds = 0;
    for (const StateRound& round : rounds) {
        states += static_cast<double>(round.visited);
        seconds += round.seconds;
    }
    return seconds > 0 ? states / seconds * workers : 0;
}

std::optional<double> extrapolate(const Grown& grown, std::uint64_t choices) {
    if (grown.empty()) return std::nullopt;
    const auto [left_last, states_last] = grown.back();
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (const auto& [left, states] : grown) {
        if (static_cast<double>(states) * kRecentPart < static_cast<double>(states_last)) continue;
        const double log_left = std::log(left), log_states = std::log(states);
        n += 1;
        x += log_left;
        y += log_states;
        xx += log_left * log_left;
        xy += log_left * log_states;
    }
    if (n < kPointsOfLine) return std::nullopt;
    const double power = (n * xy - x * y) / (n * xx - x * x);
    const double further = std::log(choices) - std::log(left_last);
    return static_cast<double>(states_last) * std::exp(std::max(0.0, power * further));
}

namespace {

// With what a search learns at its beginning about steps that can be left out.
ExploreBounds learned_bounds(const Scenario& scenario, const Port& port, SearchOptions options) {
    if (options.bounds.every_step) return options.bounds;
    options.keep_going = true;
    options.checkpoint.clear();
    options.states_max = kLearnStates;
    return search(scenario, port, options).bounds;
}

}  // namespace

StateEstimate estimate_states(const Scenario& scenario, const Port& port,
                              const StateEstimateOptions& asked) {
    StateEstimateOptions options = asked;
    options.search.bounds = learned_bounds(scenario, port, asked.search);
    StateEstimate estimate;
    estimate.workers = std::max(1U, options.search.workers);
    estimate.rounds.resize(std::max(1U, options.rounds));
    const auto end = static_cast<unsigned>(estimate.rounds.size());
    PreparedScenario prepared(scenario, port);
    run_worker(rounds_task(prepared, options, {0, 1, 1}, estimate.rounds));
    if (estimate.rounds.front().complete) {
        estimate.rounds.resize(1);
        return estimate;
    }
    WorkerGroup group;
    for (unsigned w = 0; w < std::min(estimate.workers, end - 1); ++w)
        group.start(
            rounds_task(prepared, options, {1 + w, estimate.workers, end}, estimate.rounds));
    group.run();
    return estimate;
}

}  // namespace lockstep
