// lockstep step: one execution, forwards and backwards, a step at a time.
#include "tools/commands.h"
#include "tools/console.h"
#include "tools/divergence.h"
#include "tools/option_oracle.h"
#include "tools/stepper.h"

namespace lockstep {

int command_step(const StepArguments& arguments, Output& output) {
    const bool recorded = is_token(arguments.what) || arguments.what.ends_with(".repro");
    if (recorded && arguments.seed)
        throw UsageError("--seed is for a scenario; a token or repro file is one execution");
    Subject subject = recorded ? read_subject(arguments.what, arguments.scenario, arguments.port)
                               : run_subject({arguments.what, arguments.port, arguments.oracles,
                                              arguments.scheduler, arguments.seed});
    if (recorded) use_oracles(subject.scenario, arguments.oracles);
    const Trace trace = trace_picks(subject.scenario, subject.port, subject.picks, true);
    const std::vector<std::string> divergence = describe_divergence(subject, trace);
    for (const std::string& line : divergence) complain(line);
    if (!divergence.empty()) return subject.repro ? kExitOurBug : kExitUsage;
    if (trace.report.verdict == RunReport::Verdict::skipped)
        throw UsageError("scenario " + subject.scenario.name + " is skipped on port " +
                         subject.port.name + ": " + trace.report.skip_reason);
    if (trace.crashed)
        throw UsageError(
            "nothing to step through: the code under test crashes in this execution; "
            "`lockstep replay` tells how");
    Stepper stepper(subject, trace, arguments.width != 0 ? arguments.width : output.width());
    if (!arguments.json)
        for (const std::string& line : stepper.greeting()) output.line(line);
    return converse({"(step) ", arguments.json}, output,
                    [&](const std::string& command) { return stepper.answer(command); });
}

}  // namespace lockstep
