// One machine, many executions.
#include "scenarios/campaign.h"

#include <chrono>
#include <optional>
#include <utility>

#include "scenarios/coverage.h"
#include "scenarios/crash_guard.h"
#include "scenarios/fairness_figures.h"
#include "scenarios/family_scheduler.h"
#include "scenarios/judge.h"
#include "scenarios/lock_figures.h"
#include "scenarios/prepare.h"
#include "sim/check.h"
#include "sim/machine.h"

namespace lockstep {

namespace {

// Harvests are handed over this often, for progress and so that a dying worker takes little along.
// Wall time decides nothing but that.
constexpr std::chrono::milliseconds kDeliverEvery{200};

class Campaign {
  public:
    Campaign(const Scenario& scenario, const Port& port, const RunOptions& options)
        : scenario_(scenario),
          options_(options),
          plan_(scenario, options),
          prepared_(scenario, port, options.fairness ? &fairness_figures() : nullptr,
                    options.figures ? &lock_figures_entry() : nullptr),
          judge_(prepared_),
          guard_(options.watchdog_ms) {
        if (options.coverage) {
            coverage_.emplace(port);
            judge_.set_sites([this](std::size_t n) { return coverage_->site_of_finding(n); });
            Machine::instance().set_trace(&*coverage_);
        }
        if (options.trace != nullptr) Machine::instance().set_trace(options.trace);
        Machine::instance().hash_ends(options.twice);
    }
    ~Campaign() { Machine::instance().set_trace(nullptr); }
    Campaign(const Campaign&) = delete;
    Campaign& operator=(const Campaign&) = delete;

    StretchEnd run(const Stretch& stretch);

  private:
    bool execute(std::uint64_t index);
    bool judge(const PlannedExecution& planned, const ExecutionResult& result);
    bool check_twice(const PlannedExecution& planned, const ExecutionResult& first);
    void use(const std::string& scheduler);
    void deliver(const Stretch& stretch, std::uint64_t next, bool stopped);
    // In chunks nobody here sees the whole of the campaign.
    bool plateau_reached(const Stretch& stretch) const {
        return stretch.chunk == 0 && scenario_.explore.plateau &&
               judge_.unsurprising() >= *scenario_.explore.plateau;
    }

    const Scenario& scenario_;
    const RunOptions& options_;
    Plan plan_;
    PreparedScenario prepared_;
    Judge judge_;
    CrashGuard guard_;
    std::optional<Coverage> coverage_;
    std::string scheduler_;  // the one the machine has
};

void Campaign::use(const std::string& scheduler) {
    if (scheduler == scheduler_) return;
    const SchedulerEntry* const entry = find_scheduler(scheduler.c_str());
    SIM_CHECK_MSG(entry != nullptr, "a scheduler that is not registered");
    // A replay's picks already contain the choice of families.
    Machine::instance().set_scheduler(scheduler == "replay" ? *entry : family_scheduler(*entry));
    scheduler_ = scheduler;
}

// Returns true if there was a failure.
bool Campaign::execute(std::uint64_t index) {
    const PlannedExecution planned = plan_.at(index);
    if (options_.replay) Machine::instance().set_replay(*options_.replay);
    use(planned.scheduler);
    if (coverage_) coverage_->begin_execution();
    const ExecutionResult result = guard_.run(Machine::instance(), planned.seed, options_.twice);
    const bool failed = judge(planned, result);
    if (coverage_)
        for (const std::string& what : coverage_->news()) judge_.covered(what, index);
    if (!options_.twice || !guard_.crash().empty()) return failed;
    return check_twice(planned, result) || failed;
}

bool Campaign::judge(const PlannedExecution& planned, const ExecutionResult& result) {
    if (options_.fairness) judge_.take_fairness();
    if (options_.figures) judge_.take_figures();
    if (guard_.crash().empty()) return judge_.execution(planned, result);
    judge_.crashed(planned, result, guard_);
    return true;
}

// The second time by the picks of the first: whatever is not in them and not in the boot image
// would make the two differ. Returns true if they do. The stack of a task that did not end also
// holds what the two schedulers left in it, so then only the steps are compared.
bool Campaign::check_twice(const PlannedExecution& planned, const ExecutionResult& first) {
    Machine::instance().set_replay(first.picks);
    use("replay");
    if (coverage_) coverage_->begin_execution();
    const ExecutionResult second = guard_.run(Machine::instance(), 0, true);
    const bool ended = first.reason == EndReason::finished;
    const bool equal_states = !ended || first.state_hash == second.state_hash;
    const bool equal = first.step_hash == second.step_hash && first.steps == second.steps &&
                       first.reason == second.reason && second.diverged_at == 0 && equal_states;
    if (equal) return false;
    Failure failure;
    failure.kind = Failure::Kind::nondeterminism;
    failure.text = "two runs of the same picks differ: " + std::to_string(first.steps) + " and " +
                   std::to_string(second.steps) + " steps";
    if (!equal_states) failure.text += ", and other bytes at the end";
    judge_.fail(planned, first, std::move(failure));
    return true;
}

void Campaign::deliver(const Stretch& stretch, std::uint64_t next, bool stopped) {
    Harvest harvest = judge_.take();
    harvest.next = next;
    harvest.stopped = stopped;
    stretch.deliver(harvest);
}

StretchEnd Campaign::run(const Stretch& stretch) {
    using Clock = std::chrono::steady_clock;
    Clock::time_point delivered = Clock::now();
    for (std::uint64_t index = stretch.from; index < stretch.to; index = stretch.after(index)) {
        if (stretch.starting) stretch.starting(index);
        const bool failed = execute(index);
        const bool crashed = !guard_.crash().empty();
        const bool stop = (failed && options_.stop_at_failure) || plateau_reached(stretch);
        const bool last = index + 1 == stretch.to || stretch.ends_chunk(index);
        const Clock::time_point now = Clock::now();
        if (stop || crashed || last || now - delivered >= kDeliverEvery) {
            deliver(stretch, index + 1, stop);
            delivered = now;
        }
        if (crashed) return StretchEnd::crashed;
        if (stop) return StretchEnd::stopped;
        if (options_.interrupted != nullptr && *options_.interrupted != 0) {
            deliver(stretch, index + 1, true);
            return StretchEnd::stopped;
        }
    }
    return StretchEnd::done;
}

}  // namespace

StretchEnd run_stretch(const Scenario& scenario, const Port& port, const RunOptions& options,
                       const Stretch& stretch) {
    return Campaign(scenario, port, options).run(stretch);
}

}  // namespace lockstep
