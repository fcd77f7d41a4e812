// One machine, many executions.
#include "scenarios/campaign.h"

#include <chrono>
#include <utility>

#include "scenarios/crash_guard.h"
#include "scenarios/family_scheduler.h"
#include "scenarios/judge.h"
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
          prepared_(scenario, port),
          judge_(prepared_),
          guard_(options.watchdog_ms) {
        if (options.trace != nullptr) Machine::instance().set_trace(options.trace);
        Machine::instance().hash_ends(options.twice);
    }
    ~Campaign() { Machine::instance().set_trace(nullptr); }
    Campaign(const Campaign&) = delete;
    Campaign& operator=(const Campaign&) = delete;

    StretchEnd run(const Stretch& stretch);

  private:
    bool execute(const PlannedExecution& planned);
    bool check_twice(const PlannedExecution& planned, const ExecutionResult& first);
    void use(const std::string& scheduler);
    void deliver(const Stretch& stretch, std::uint64_t next, bool stopped);
    bool plateau_reached() const {
        return scenario_.explore.plateau && judge_.unsurprising() >= *scenario_.explore.plateau;
    }

    const Scenario& scenario_;
    const RunOptions& options_;
    Plan plan_;
    PreparedScenario prepared_;
    Judge judge_;
    CrashGuard guard_;
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
bool Campaign::execute(const PlannedExecution& planned) {
    if (options_.replay) Machine::instance().set_replay(*options_.replay);
    use(planned.scheduler);
    const ExecutionResult result = guard_.run(Machine::instance(), planned.seed);
    if (!guard_.crash().empty()) {
        Failure failure;
        failure.kind = Failure::Kind::crashed;
        failure.text = guard_.crash();
        failure.oracle = "progress";
        failure.word = guard_.runaway() ? "runaway" : "fault";
        judge_.crashed(planned, result, std::move(failure));
        return true;
    }
    const bool failed = judge_.execution(planned, result);
    if (!options_.twice) return failed;
    return check_twice(planned, result) || failed;
}

// The second time by the picks of the first: whatever is not in them and not in the boot image
// would make the two differ. Returns true if they do.
bool Campaign::check_twice(const PlannedExecution& planned, const ExecutionResult& first) {
    Machine::instance().set_replay(first.picks);
    use("replay");
    const ExecutionResult second = guard_.run(Machine::instance(), 0);
    const bool equal = first.step_hash == second.step_hash && first.steps == second.steps &&
                       first.reason == second.reason && second.diverged_at == 0;
    if (equal) return false;
    Failure failure;
    failure.kind = Failure::Kind::nondeterminism;
    failure.text = "two runs of the same picks differ: " + std::to_string(first.steps) + " and " +
                   std::to_string(second.steps) + " steps";
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
    for (std::uint64_t index = stretch.from; index < stretch.to; ++index) {
        if (stretch.starting) stretch.starting(index);
        const bool failed = execute(plan_.at(index));
        const bool crashed = !guard_.crash().empty();
        const bool stop = (failed && options_.stop_at_failure) || plateau_reached();
        const Clock::time_point now = Clock::now();
        if (stop || crashed || index + 1 == stretch.to || now - delivered >= kDeliverEvery) {
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
