// Judges executions: findings against what the scenario allows, conditions against what it
// expects, and at the end what never happened although it had to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "scenarios/crash_guard.h"
#include "scenarios/harvest.h"
#include "scenarios/plan.h"
#include "scenarios/prepare.h"

namespace lockstep {

// What a finding is as a failure: without its place, seed and picks.
Failure failure_of(const Finding& finding);

class Judge {
  public:
    explicit Judge(PreparedScenario& prepared);

    // Looks at the execution the machine has just made and adds it to the harvest. Returns true if
    // it showed a failure.
    bool execution(const PlannedExecution& planned, const ExecutionResult& result);
    // The scenario allows every finding made so far.
    bool tolerates(const ExecutionResult& result) const;
    bool allows(const Finding& finding) const;
    // Adds an execution that ended in a crash: nothing it left behind can be judged.
    void crashed(const PlannedExecution& planned, const ExecutionResult& result,
                 const CrashGuard& guard);
    // Adds a failure seen from outside, such as nondeterminism.
    void fail(const PlannedExecution& planned, const ExecutionResult& result, Failure failure);

    // Adds what the execution just judged reached for the first time.
    void covered(const std::string& what, std::uint64_t index);
    // Adds the figures of the execution made last. REQUIRES: fairness_figures() watched it.
    void take_fairness() { take_fairness_figures(harvest_.fairness); }
    // The same of lock_figures_entry().
    void take_figures() {
        if (!harvest_.figures) harvest_.figures.emplace();
        add(*harvest_.figures, lock_figures());
    }
    // Where the findings of an execution were made is asked here, by number; or none.
    void set_sites(std::function<std::string(std::size_t)> site_of) {
        site_of_ = std::move(site_of);
    }

    // Executions are without picks, and no examples of what is allowed.
    void keep_no_examples() { keeps_examples_ = false; }

    // What was collected since the last call.
    Harvest take();
    // Executions in a row that came to nothing new.
    std::uint64_t unsurprising() const { return unsurprising_; }

  private:
    using OutcomeKey = std::tuple<std::size_t, std::uint16_t, std::int64_t>;

    void note_length(const ExecutionResult& result);
    void note_family(const ExecutionResult& result);
    void note_fired(const ExecutionResult& result);
    void note_example(const PlannedExecution& planned, const ExecutionResult& result,
                      const Finding& finding);
    void judge_findings(const PlannedExecution& planned, const ExecutionResult& result);
    void judge_ending(const PlannedExecution& planned, const ExecutionResult& result);
    void judge_expectations(const PlannedExecution& planned, const ExecutionResult& result);
    void note_outcomes();
    void note_first(const ExecutionResult& result);
    std::string describe_registers() const;
    void reset_harvest();

    PreparedScenario& prepared_;
    const Scenario& scenario_;
    std::vector<bool> expectation_applies_;
    std::vector<bool> allowance_applies_;
    std::vector<std::uint8_t> families_;  // per injection: its point in this execution
    std::map<OutcomeKey, std::uint64_t> outcomes_;
    std::map<OutcomeKey, bool> outcomes_seen_;
    Harvest harvest_;
    std::function<std::string(std::size_t)> site_of_;
    std::set<std::string> failed_now_;  // signatures in this execution
    bool keeps_examples_ = true;
    bool failed_ = false;
    bool first_done_ = false;
    std::uint64_t unsurprising_ = 0;
};

// After a whole campaign: `sometimes` that never held, `always` that never meant anything,
// injections that never fired, required allowances nobody used.
std::vector<Failure> judge_absences(const Scenario& scenario, const Port& port,
                                    const Harvest& harvest);

// "truthful-errors/stale": what harvests count findings by that a scenario allows.
std::string allowed_key(const Finding& finding);

// "0", "-EDEADLK", "-ETIMEDOUT", "-EBUSY" or the number.
std::string describe_value(std::int64_t value);

}  // namespace lockstep
