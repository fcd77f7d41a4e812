// Both measurements run in a worker of their own, because the code under test may crash in it.
#include "scenarios/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <new>
#include <vector>

#include "scenarios/crash_guard.h"
#include "scenarios/family_scheduler.h"
#include "scenarios/prepare.h"
#include "scenarios/worker.h"
#include "sim/check.h"
#include "sim/rng.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMeasuredExecutions = 32;  // of each of the two rounds
constexpr std::size_t kCountedAt = 64;
constexpr std::uint32_t kLeapsOfUnbounded = 16;  // more than that are drawn for no execution

struct Counts {
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    std::uint64_t injections[kInjectionsMax] = {};
    std::uint64_t give_ups = 0, leaps = 0, preempts = 0;
    std::uint64_t selected[kCpusMax] = {};
};

// Of the measurement that runs in this process. Outside the arena: nothing may depend on it.
Counts measured;
bool only_cpus = false;

void count_occasion(const Option& option) {
    switch (option.kind) {
        case Option::Kind::inject:
            ++measured.injections[option.argument];
            break;
        case Option::Kind::give_up:
            ++measured.give_ups;
            break;
        case Option::Kind::leap:
            ++measured.leaps;
            break;
        case Option::Kind::preempt:
            ++measured.preempts;
            break;
        case Option::Kind::run:
        case Option::Kind::family:
            break;
    }
}

bool is_selected(ObjectKind object) {
    return object == ObjectKind::lock_word || object == ObjectKind::queue_node ||
           object == ObjectKind::held_table;
}

// Around `random`: counts what it is offered. In the first round nothing rare happens while a CPU
// can run, so that an injection is counted over a whole execution.
class Counting final : public Scheduler {
  public:
    explicit Counting(Scheduler* inner) : inner_(inner) {}
    const char* name() const override { return inner_->name(); }
    void begin(std::uint64_t seed) override {
        rng_ = Rng(seed);
        inner_->begin(seed);
    }
    Pick pick(const Choices& choices) override {
        std::uint32_t runs = 0;
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            count_occasion(choices.options[i]);
            if (choices.options[i].kind == Option::Kind::run) ++runs;
        }
        Pick chosen = inner_->pick(choices);
        if (only_cpus && runs > 0) {
            std::uint32_t n = rng_.below(runs);
            chosen = {0, 0};
            while (choices.options[chosen.index].kind != Option::Kind::run || n-- != 0)
                ++chosen.index;
        }
        const Option& option = choices.options[chosen.index];
        if (option.kind == Option::Kind::run && is_selected(choices.pending(option.cpu).object))
            ++measured.selected[option.cpu];
        return chosen;
    }

  private:
    Scheduler* inner_;
    Rng rng_;
};

const SchedulerEntry* counted_entry = nullptr;

Scheduler* make_counting(void* memory) {
    Scheduler* const inner = counted_entry->construct(static_cast<std::byte*>(memory) + kCountedAt);
    return new (memory) Counting(inner);
}

std::uint64_t mean(std::uint64_t total, std::uint64_t executions) {
    return (total + executions - 1) / executions;
}

void learn_occasions(Estimates& known) {
    const std::uint64_t n = measured.executions;
    known.measured = true;
    for (unsigned i = 0; i < kInjectionsMax; ++i)
        known.injections[i] = mean(measured.injections[i], n);
    known.give_ups = mean(measured.give_ups, n);
    known.leaps = mean(measured.leaps, n);
    known.preempts = mean(measured.preempts, n);
}

void learn_lengths(Estimates& known) {
    known.steps = std::max<std::uint64_t>(1, mean(measured.steps, measured.executions));
    for (unsigned c = 0; c < kCpusMax; ++c)
        known.selected[c] = mean(measured.selected[c], measured.executions);
}

// False if the code under test crashed: then nothing more may run in this process.
bool run_round(CrashGuard& guard, std::uint64_t first_seed, bool rare_too) {
    only_cpus = !rare_too;
    measured = {};
    for (std::uint64_t i = 0; i < kMeasuredExecutions; ++i) {
        const ExecutionResult result = guard.run(Machine::instance(), first_seed + i);
        ++measured.executions;
        measured.steps += result.steps;
        if (!guard.crash().empty()) return false;
    }
    return true;
}

template <typename T>
std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

void measure_here(const Scenario& scenario, const Port& port, const RunOptions& options,
                  Estimates known, const std::function<void(const Estimates&)>& tell) {
    PreparedScenario prepared(scenario, port);
    CrashGuard guard(options.watchdog_ms);
    counted_entry = find_scheduler("random");
    const SchedulerEntry counting = {"random", "", kCountedAt + counted_entry->size, 64,
                                     make_counting};
    set_estimates(known);
    Machine::instance().set_scheduler(family_scheduler(counting));
    const bool sound = run_round(guard, 1, false);
    learn_occasions(known);
    learn_lengths(known);
    tell(known);
    if (!sound) return;
    set_estimates(known);
    run_round(guard, 1 + kMeasuredExecutions, true);
    learn_lengths(known);
    tell(known);
}

// Tells log10 of the product of the numbers of options of each execution, and how long it was.
struct Probe {
    double log10_product = 0;
    std::uint64_t steps = 0;
    double seconds = 0;
};

void probe_here(const Scenario& scenario, const Port& port, const RunOptions& options,
                std::uint64_t probes, const std::function<void(const Probe&)>& tell) {
    using Clock = std::chrono::steady_clock;
    PreparedScenario prepared(scenario, port);
    CrashGuard guard(options.watchdog_ms);
    Machine::instance().set_scheduler(family_scheduler(*find_scheduler("uniform")));
    for (std::uint64_t seed = 1; seed <= probes; ++seed) {
        const Clock::time_point begin = Clock::now();
        const ExecutionResult result = guard.run(Machine::instance(), seed);
        Probe probe;
        probe.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        probe.steps = result.steps;
        for (const PickRun& run : result.picks)
            probe.log10_product += run.times * std::log10(run.bound);
        tell(probe);
        if (!guard.crash().empty()) return;
    }
}

}  // namespace

Estimates measure(const Scenario& scenario, const Port& port, const RunOptions& options,
                  unsigned depth) {
    Estimates known;
    known.depth = std::clamp(depth, 1U, Estimates::kDepthMax);
    if (scenario.machine.clock == ClockMode::stalls)
        known.leaps_max = scenario.machine.leaps_max == kLeapsUnbounded
                              ? kLeapsOfUnbounded
                              : scenario.machine.leaps_max;
    for (std::size_t i = 0; i < scenario.injections.size(); ++i)
        known.injection_times[i] = scenario.injections[i].injection.times;
    WorkerTask task;
    task.work = [&](WorkerPort& to) {
        measure_here(scenario, port, options, known,
                     [&to](const Estimates& now) { to.send(bytes_of(now)); });
        return 0;
    };
    Estimates told = known;
    task.received = [&told](const std::string& message) {
        if (message.size() != sizeof(told)) throw EngineBug("a worker sent no estimates");
        std::memcpy(&told, message.data(), sizeof(told));
    };
    task.interrupted = options.interrupted;
    run_worker(task);  // however it ends: what it has told is what is known
    return told;
}

SpaceEstimate summarise_probes(std::vector<double> probes) {
    SIM_CHECK(!probes.empty());
    std::sort(probes.begin(), probes.end());
    SpaceEstimate space;
    space.probes = probes.size();
    space.log10_min = probes.front();
    space.log10_max = probes.back();
    space.log10_median = probes[probes.size() / 2];
    // In units of the largest, so that nothing overflows.
    const auto n = static_cast<double>(probes.size());
    double sum = 0, squares = 0;
    for (const double probe : probes) {
        const double value = std::pow(10.0, probe - space.log10_max);
        sum += value;
        squares += value * value;
    }
    const double mean_value = sum / n;
    space.log10_mean = space.log10_max + std::log10(mean_value);
    const double variance = std::max(0.0, squares / n - mean_value * mean_value);
    space.relative_error = std::sqrt(variance / n) / mean_value;
    return space;
}

SpaceEstimate estimate_space(const Scenario& scenario, const Port& port, const RunOptions& options,
                             std::uint64_t probes) {
    std::vector<double> products;
    double steps = 0, seconds = 0;
    WorkerTask task;
    task.work = [&](WorkerPort& to) {
        probe_here(scenario, port, options, probes,
                   [&to](const Probe& probe) { to.send(bytes_of(probe)); });
        return 0;
    };
    task.received = [&](const std::string& message) {
        Probe probe;
        if (message.size() != sizeof(probe)) throw EngineBug("a worker sent no probe");
        std::memcpy(&probe, message.data(), sizeof(probe));
        products.push_back(probe.log10_product);
        steps += static_cast<double>(probe.steps);
        seconds += probe.seconds;
        if (options.progress) options.progress(products.size(), probes);
    };
    task.interrupted = options.interrupted;
    run_worker(task);
    if (products.empty()) return {};
    SpaceEstimate space = summarise_probes(std::move(products));
    space.steps_mean = steps / static_cast<double>(space.probes);
    space.steps_per_second = seconds > 0 ? steps / seconds : 0;
    return space;
}

double log10_seconds(const SpaceEstimate& space, unsigned workers) {
    const double steps_per_second = space.steps_per_second * workers;
    if (steps_per_second <= 0) return 0;
    return space.log10_mean + std::log10(std::max(1.0, space.steps_mean) / steps_per_second);
}

}  // namespace lockstep
