// Lanes deliver chunks in any order; here they are put in order and the stop rules looked at.
#include "scenarios/sampling.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <set>
#include <utility>

#include "scenarios/campaign.h"
#include "scenarios/coverage.h"
#include "scenarios/lane.h"
#include "scenarios/measure.h"
#include "scenarios/plan.h"
#include "scenarios/worker.h"
#include "sim/check.h"
#include "sim/points.h"
#include "sim/schedulers/portfolio.h"

namespace lockstep {

namespace {

// Small enough that a plateau is noticed soon, large enough that telling costs nothing.
constexpr std::uint64_t kChunk = 64;
constexpr std::uint64_t kExecutionsMax = 1'000'000'000'000;

using Clock = std::chrono::steady_clock;

class Sampling {
  public:
    Sampling(const Scenario& scenario, const Port& port, const SamplingOptions& options)
        : scenario_(scenario),
          port_(port),
          options_(options),
          run_(run_options(options)),
          plan_(scenario, run_) {}

    SamplingReport report();

  private:
    static RunOptions run_options(const SamplingOptions& options);
    void run_lanes();
    void receive(std::size_t lane, const Harvest& harvest);
    void take_in(const Harvest& chunk);
    void merge_in_order();
    void merge_the_rest();
    void tick();
    void stop(SamplingReport::End why);
    void discover();

    const Scenario& scenario_;
    const Port& port_;
    const SamplingOptions& options_;
    RunOptions run_;
    Plan plan_;
    WorkerGroup group_;
    std::vector<Harvest> pending_;             // per lane: the chunk it is in
    std::map<std::uint64_t, Harvest> chunks_;  // by number, not yet merged
    std::uint64_t merged_ = 0;                 // chunks
    Clock::time_point begin_ = Clock::now();
    bool received_ = false;  // anything at all
    bool over_ = false;
    SamplingReport report_;
};

RunOptions Sampling::run_options(const SamplingOptions& options) {
    RunOptions run;
    run.scheduler = options.strategy;
    run.seed_first = options.seed;
    run.seed_last = options.seed + options.executions.value_or(kExecutionsMax) - 1;
    run.twice = options.twice;
    run.fairness = options.fairness;
    run.coverage = true;
    run.stop_at_failure = !options.keep_going;
    run.watchdog_ms = options.watchdog_ms;
    run.interrupted = options.interrupted;
    return run;
}

void Sampling::stop(SamplingReport::End why) {
    if (over_) return;
    over_ = true;
    report_.end = why;
    group_.stop();
}

void Sampling::take_in(const Harvest& chunk) {
    for (const auto& [what, index] : chunk.covered)
        if (!report_.harvest.covered.contains(what))
            report_.last_news = std::max(report_.last_news, index + 1);
    add(report_.harvest, chunk);
}

void Sampling::merge_in_order() {
    for (auto next = chunks_.find(merged_); next != chunks_.end() && !over_;
         next = chunks_.find(merged_)) {
        const bool stopped = next->second.stopped;
        take_in(next->second);
        chunks_.erase(next);
        ++merged_;
        const std::uint64_t done = report_.harvest.executions;
        if (stopped) stop(SamplingReport::End::failure);
        if (options_.plateau && done - report_.last_news >= *options_.plateau)
            stop(SamplingReport::End::plateau);
    }
}

// Stopped by a person or the clock: everything that was made counts.
void Sampling::merge_the_rest() {
    for (const auto& [number, chunk] : chunks_) take_in(chunk);
    for (const Harvest& part : pending_)
        if (part.executions > 0) take_in(part);
}

void Sampling::receive(std::size_t lane, const Harvest& harvest) {
    received_ = true;
    Harvest& part = pending_[lane];
    add(part, harvest);
    if (harvest.next % kChunk == 0 || harvest.next == plan_.total() || harvest.stopped) {
        chunks_[(harvest.next - 1) / kChunk] = std::move(part);
        part = {};
    }
    merge_in_order();
}

void Sampling::tick() {
    if (options_.progress)
        options_.progress(report_.harvest.executions, report_.harvest.failures.size());
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
    // On a busy machine time may be over before the first execution: one at least is made.
    if (options_.seconds && elapsed >= *options_.seconds && received_)
        stop(SamplingReport::End::seconds);
}

void Sampling::run_lanes() {
    const std::uint64_t chunks = (plan_.total() + kChunk - 1) / kChunk;
    const unsigned wanted = options_.workers == 0 ? core_count() : options_.workers;
    report_.workers = static_cast<unsigned>(std::min<std::uint64_t>(wanted, chunks));
    pending_.resize(report_.workers);
    const LaneWork work{scenario_, port_, run_, plan_};
    std::deque<Lane> lanes;
    for (std::size_t i = 0; i < report_.workers; ++i) {
        const auto deliver = [this, i](const Harvest& harvest) { receive(i, harvest); };
        lanes.emplace_back(
            work, Stretch{i * kChunk, plan_.total(), kChunk, report_.workers, deliver, nullptr},
            group_);
        lanes.back().start();
    }
    group_.run([this] { tick(); });
}

void Sampling::discover() {
    for (const Failure& failure : report_.harvest.failures) {
        Discovery found;
        found.failure = failure;
        found.strategy = report_.strategy;
        if (found.strategy == "portfolio")
            found.strategy += std::string(" (") + portfolio_member(failure.seed) + ")";
        found.execution = failure.seed - options_.seed + 1;
        const auto times = report_.harvest.failed.find(signature(failure));
        found.times = times == report_.harvest.failed.end() ? 1 : times->second;
        found.failure.site = name_plain(port_, failure.site);
        report_.discoveries.push_back(std::move(found));
    }
    std::sort(report_.discoveries.begin(), report_.discoveries.end(),
              [](const Discovery& a, const Discovery& b) {
                  if (a.execution != b.execution) return a.execution < b.execution;
                  return signature(a.failure) < signature(b.failure);
              });
}

SamplingReport Sampling::report() {
    report_.strategy = options_.strategy;
    report_.estimates = measure(scenario_, port_, run_, options_.depth);
    set_estimates(report_.estimates);  // the workers are copies of this process
    begin_ = Clock::now();
    run_lanes();
    const bool asked = options_.interrupted != nullptr && *options_.interrupted != 0;
    if (asked && !over_) report_.end = SamplingReport::End::interrupted;
    if (report_.end == SamplingReport::End::interrupted ||
        report_.end == SamplingReport::End::seconds)
        merge_the_rest();
    report_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    set_estimates({});
    discover();
    return std::move(report_);
}

}  // namespace

unsigned core_count() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

std::size_t SamplingReport::covered(const std::string& what) const {
    const auto from = harvest.covered.lower_bound(what + " ");
    const auto to = harvest.covered.lower_bound(what + "!");  // the character after the space
    return static_cast<std::size_t>(std::distance(from, to));
}

std::vector<std::string> never_reached(const Port& port, const Harvest& harvest) {
    std::set<std::string> missing;
    for (const std::string& known : coverable(port))
        if (!harvest.covered.contains(known)) missing.insert(known);
    return {missing.begin(), missing.end()};
}

std::vector<std::string> pairs_missed(const Port& port, const Harvest& chosen,
                                      const Harvest& other) {
    std::vector<std::string> missed;
    for (const auto& [what, index] : other.covered)
        if (what.starts_with("pair ") && !chosen.covered.contains(what))
            missed.push_back(name_plain(port, what));
    return missed;
}

std::string guarantee(const Scenario& scenario, const SamplingReport& report) {
    const bool portfolio = report.strategy == "portfolio";
    if (report.strategy != "pct" && !portfolio) return "";
    std::set<CpuId> cpus;
    for (const TaskDeclaration& task : scenario.tasks) cpus.insert(task.cpu);
    const Estimates& known = report.estimates;
    const double steps = static_cast<double>(known.steps);
    const double one_in =
        static_cast<double>(cpus.size()) * std::pow(steps, static_cast<double>(known.depth - 1));
    char number[40];
    std::snprintf(number, sizeof(number), one_in < 1e15 ? "%.0f" : "%.3g", one_in);
    std::string text = "a failure of depth " + std::to_string(known.depth) + " among " +
                       std::to_string(cpus.size()) + " CPUs in " + std::to_string(known.steps) +
                       " steps is met with a probability of at least 1/" + number +
                       " in each execution" + (portfolio ? " by pct, every fourth" : "");
    if (!scenario.injections.empty()) text += ", for given places of the injections";
    return text;
}

SamplingReport sample(const Scenario& scenario, const Port& port, const SamplingOptions& options) {
    SIM_CHECK(options.executions || options.seconds || options.plateau || options.interrupted);
    return Sampling(scenario, port, options).report();
}

}  // namespace lockstep
