// Finding the execution to draw: a token and a repro file are one, a scenario is run for it.
#include "tools/shown_run.h"

#include "tools/divergence.h"
#include "tools/interrupt.h"
#include "tools/option_oracle.h"

namespace lockstep {

namespace {

Subject subject_of(const ShowArguments& arguments) {
    const bool recorded = is_token(arguments.what) || arguments.what.ends_with(".repro");
    if (recorded && arguments.seed)
        throw UsageError("--seed is for a scenario; a token or repro file is one execution");
    if (!recorded)
        return run_subject({arguments.what, arguments.port, arguments.oracles, arguments.scheduler,
                            arguments.seed});
    Subject subject = read_subject(arguments.what, arguments.scenario, arguments.port);
    use_oracles(subject.scenario, arguments.oracles);
    return subject;
}

}  // namespace

ShownRun::ShownRun(const ShowArguments& arguments)
    : subject(subject_of(arguments)),
      trace(trace_picks(subject.scenario, subject.port, subject.picks, true)) {}

std::optional<int> ShownRun::refused() const {
    std::vector<std::string> divergence = describe_divergence(subject, trace);
    for (const std::string& line : divergence) complain(line);
    if (!divergence.empty()) return subject.repro ? kExitOurBug : kExitUsage;
    if (trace.crashed)
        throw UsageError(
            "nothing to show: the code under test crashes in this execution; "
            "`lockstep replay` tells how");
    return std::nullopt;
}

std::optional<Inflection> ShownRun::inflection() const {
    if (trace.report.failures.empty()) return std::nullopt;
    Progress progress;
    InterruptGuard guard;
    return inflection_of(subject.scenario, subject.port, subject.picks, InterruptGuard::asked(),
                         [&](const std::string& state) { progress.show(state); });
}

}  // namespace lockstep
