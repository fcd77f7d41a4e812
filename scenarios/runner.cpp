// run_scenario(): lets workers make the planned executions and turns the harvest into a report.
#include "scenarios/runner.h"

#include <string>
#include <utility>

#include "scenarios/campaign.h"
#include "scenarios/harvest.h"
#include "scenarios/judge.h"
#include "scenarios/lane.h"
#include "scenarios/plan.h"
#include "scenarios/prepare.h"
#include "scenarios/worker.h"

namespace lockstep {

namespace {

class Run {
  public:
    Run(const Scenario& scenario, const Port& port, const RunOptions& options)
        : scenario_(scenario), port_(port), options_(options), plan_(scenario, options) {}

    RunReport report();

  private:
    void in_process();
    void in_workers();
    void receive(const Harvest& harvest);
    bool asked_to_stop() const {
        return options_.interrupted != nullptr && *options_.interrupted != 0;
    }
    std::string bounds() const;

    const Scenario& scenario_;
    const Port& port_;
    const RunOptions& options_;
    Plan plan_;
    Harvest harvest_;
};

void Run::receive(const Harvest& harvest) {
    add(harvest_, harvest);
    if (options_.progress) options_.progress(harvest_.next, plan_.total());
}

void Run::in_process() {
    const Stretch stretch{
        0, plan_.total(), 0, 1, [this](const Harvest& harvest) { receive(harvest); }, nullptr};
    run_stretch(scenario_, port_, options_, stretch);
}

void Run::in_workers() {
    WorkerGroup group;
    const LaneWork work{scenario_, port_, options_, plan_};
    const Stretch stretch{
        0, plan_.total(), 0, 1, [this](const Harvest& harvest) { receive(harvest); }, nullptr};
    Lane lane(work, stretch, group);
    lane.start();
    group.run();
}

std::string Run::bounds() const {
    const MachineConfig& machine = scenario_.machine;
    const auto count = [](std::size_t number, const char* what) {
        return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
    };
    std::string text = count(machine.cpus, "CPU") + ", " + machine.memory + " memory, ";
    text += clock_text(machine);
    text += spurious_text(machine);
    text += ", " + count(scenario_.injections.size(), "injection") + ", " + plan_.describe();
    if (harvest_.next < plan_.total())
        text += ", ended after " + std::to_string(harvest_.executions);
    return text;
}

RunReport Run::report() {
    RunReport report;
    report.skip_reason = skip_reason(scenario_, port_);
    if (!report.skip_reason.empty()) {
        report.verdict = RunReport::Verdict::skipped;
        return report;
    }
    // Every port a worker will need can be opened: it must be us who say so if not.
    for (const LockDeclaration& lock : scenario_.locks)
        if (!served_by_port(lock, port_)) open_port(built_in_of(lock.lock_class));
    if (options_.in_process || options_.trace != nullptr)
        in_process();
    else
        in_workers();
    report.interrupted = asked_to_stop() && harvest_.next < plan_.total();
    report.executions = harvest_.executions;
    report.steps = harvest_.steps;
    report.time_longest = harvest_.time_longest;
    report.failures = harvest_.failures;
    // Only a whole campaign can say that something never happened.
    if (plan_.whole() && !report.interrupted && report.failures.empty())
        for (const Failure& failure : judge_absences(scenario_, port_, harvest_))
            add_failure(report.failures, failure);
    for (const auto& [finding, text] : harvest_.allowed_text) report.allowed_text.push_back(text);
    for (const auto& [finding, executions] : harvest_.allowed)
        report.allowed.push_back(finding + " (" + std::to_string(executions) +
                                 (executions == 1 ? " execution)" : " executions)"));
    report.not_judged = not_judged_lines(harvest_);
    report.fairness = harvest_.fairness;
    report.figures = harvest_.figures;
    report.first = harvest_.first;
    report.first_picks = harvest_.first_picks;
    report.first_result = harvest_.first_result;
    report.outcomes.assign(harvest_.outcomes.begin(), harvest_.outcomes.end());
    report.bounds = bounds();
    if (!report.failures.empty()) report.verdict = RunReport::Verdict::not_as_expected;
    return report;
}

}  // namespace

std::string clock_text(const MachineConfig& machine) {
    if (machine.clock != ClockMode::stalls)
        return clock_name(machine.clock) + std::string(" clock");
    if (machine.leaps_max == kLeapsUnbounded) return "clock with unbounded stalls";
    const char* const what = machine.leaps_max == 1 ? " stall" : " stalls";
    return "clock with " + std::to_string(machine.leaps_max) + what;
}

RunReport run_scenario(const Scenario& scenario, const Port& port, const RunOptions& options) {
    return Run(scenario, port, options).report();
}

}  // namespace lockstep
