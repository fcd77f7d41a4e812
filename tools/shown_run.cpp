// Finding the execution to draw: a token and a repro file are one, a scenario is run for it.
#include "tools/shown_run.h"

#include "tools/divergence.h"
#include "tools/interrupt.h"

namespace lockstep {

ShownRun::ShownRun(const ChosenRun& chosen)
    : subject(choose_subject(chosen)),
      trace(trace_picks(subject.scenario, subject.port, subject.picks, true)) {}

std::optional<int> ShownRun::refused(const char* to_do) const {
    std::vector<std::string> divergence = describe_divergence(subject, trace);
    for (const std::string& line : divergence) complain(line);
    if (!divergence.empty()) return subject.repro ? kExitOurBug : kExitUsage;
    if (trace.report.verdict == RunReport::Verdict::skipped)
        throw UsageError("scenario " + subject.scenario.name + " is skipped on port " +
                         subject.port.name + ": " + trace.report.skip_reason);
    if (trace.crashed)
        throw UsageError(std::string("nothing to ") + to_do +
                         ": the code under test crashes in this execution; "
                         "`lockstep replay` tells how");
    return std::nullopt;
}

std::optional<Inflection> ShownRun::inflection() const {
    const bool failed = !trace.report.failures.empty();
    if (!failed && trace.recording.findings.empty()) return std::nullopt;
    Scenario scenario = subject.scenario;
    if (!failed) scenario.allowances.clear();  // what is allowed was not to be avoided either
    Progress progress;
    InterruptGuard guard;
    return inflection_of(scenario, subject.port, subject.picks, InterruptGuard::asked(),
                         [&](const std::string& state) { progress.show(state); });
}

}  // namespace lockstep
