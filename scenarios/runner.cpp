// run_scenario(): lets workers make the planned executions and turns the harvest into a report.
#include "scenarios/runner.h"

#include <cstring>
#include <string>
#include <utility>

#include "scenarios/campaign.h"
#include "scenarios/harvest.h"
#include "scenarios/judge.h"
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
    WorkerEnd work(std::uint64_t from, std::uint64_t to);
    void after_death(const WorkerEnd& end);
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
    const Stretch stretch{0, plan_.total(), [this](const Harvest& harvest) { receive(harvest); },
                          nullptr};
    run_stretch(scenario_, port_, options_, stretch);
}

WorkerEnd Run::work(std::uint64_t from, std::uint64_t to) {
    WorkerTask task;
    task.work = [this, from, to](WorkerPort& port) {
        const Stretch stretch{from, to,
                              [&port](const Harvest& harvest) { port.send(pack(harvest)); },
                              [&port](std::uint64_t index) { port.set_mark(index + 1); }};
        return static_cast<int>(run_stretch(scenario_, port_, options_, stretch));
    };
    task.received = [this](const std::string& message) { receive(unpack(message)); };
    task.interrupted = options_.interrupted;
    return run_worker(task);
}

// The worker died without a word in execution mark - 1. What it had not yet sent is made again,
// then the deadly one is written down and left out.
void Run::after_death(const WorkerEnd& end) {
    if (end.how == WorkerEnd::How::exited)
        throw EngineBug("a worker ended with code " + std::to_string(end.code));
    const std::string how = std::string("a worker was killed: ") + strsignal(end.code);
    if (end.mark == 0) throw EngineBug(how + ", before its first execution");
    const std::uint64_t deadly = end.mark - 1;
    if (harvest_.next < deadly) {
        const WorkerEnd again = work(harvest_.next, deadly);
        if (again.how == WorkerEnd::How::interrupted) return;
        if (again.how != WorkerEnd::How::returned)
            throw EngineBug(how + ", and not in the same execution when that was repeated");
        if (harvest_.stopped) return;
    }
    const PlannedExecution planned = plan_.at(deadly);
    Failure failure;
    failure.kind = Failure::Kind::crashed;
    failure.text = how + " (" + planned.scheduler + ", seed " + std::to_string(planned.seed) + ")";
    failure.oracle = "progress";
    failure.word = "fault";
    failure.scheduler = planned.scheduler;
    failure.seed = planned.seed;
    add_failure(harvest_.failures, failure);
    harvest_.executions += 1;
    harvest_.next = deadly + 1;
    harvest_.stopped = options_.stop_at_failure;
}

void Run::in_workers() {
    while (harvest_.next < plan_.total() && !harvest_.stopped && !asked_to_stop()) {
        const std::uint64_t before = harvest_.next;
        const WorkerEnd end = work(harvest_.next, plan_.total());
        if (end.how == WorkerEnd::How::interrupted) return;
        if (end.how != WorkerEnd::How::returned) after_death(end);
        if (harvest_.next == before) throw EngineBug("a worker ended without doing anything");
    }
}

std::string Run::bounds() const {
    const MachineConfig& machine = scenario_.machine;
    const auto count = [](std::size_t number, const char* what) {
        return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
    };
    std::string text = count(machine.cpus, "CPU") + ", " + machine.memory + " memory, ";
    text += machine.clock == ClockMode::stalls ? "clock with " + count(machine.leaps_max, "stall")
                                               : std::string("quiescent clock");
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
        if (!served_by_port(lock, port_)) open_port(lock.lock_class);
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
    for (const auto& [finding, executions] : harvest_.allowed)
        report.allowed.push_back(finding + " (" + std::to_string(executions) +
                                 (executions == 1 ? " execution)" : " executions)"));
    report.first = harvest_.first;
    report.first_picks = harvest_.first_picks;
    report.first_result = harvest_.first_result;
    report.outcomes.assign(harvest_.outcomes.begin(), harvest_.outcomes.end());
    report.bounds = bounds();
    if (!report.failures.empty()) report.verdict = RunReport::Verdict::not_as_expected;
    return report;
}

}  // namespace

RunReport run_scenario(const Scenario& scenario, const Port& port, const RunOptions& options) {
    return Run(scenario, port, options).report();
}

}  // namespace lockstep
