// lockstep replay: one recorded execution again, step for step.
#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/describe.h"
#include "tools/divergence.h"
#include "tools/failure_text.h"
#include "tools/json_text.h"
#include "tools/option_oracle.h"
#include "tools/subject.h"
#include "tools/text_columns.h"
#include "tools/timeline.h"
#include "tools/trace.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

std::string verdict_line(const RunReport& report) {
    switch (report.verdict) {
        case RunReport::Verdict::as_expected:
            return "as the scenario expects";
        case RunReport::Verdict::not_as_expected:
            return "NOT as the scenario expects";
        case RunReport::Verdict::skipped:
            return "skipped: " + report.skip_reason;
    }
    return "?";
}

int exit_code(const Subject& subject, const Trace& trace, bool diverged) {
    // A token is bad input when it does not fit; a repro file whose port and engine agree and
    // that still runs otherwise shows that we are not deterministic.
    if (diverged) return subject.repro ? kExitOurBug : kExitUsage;
    if (trace.report.verdict == RunReport::Verdict::skipped) return kExitAllSkipped;
    bool expected = trace.report.verdict == RunReport::Verdict::as_expected;
    return expected ? kExitAsExpected : kExitNotAsExpected;
}

void print_steps(const ReplayArguments& arguments, const Trace& trace, Output& output) {
    TimelineOptions options;
    options.width = arguments.width != 0 ? arguments.width : output.width();
    for (const std::string& line : draw_timeline(trace.recording, options)) output.line(line);
    output.line("");
}

void print(const ReplayArguments& arguments, const Subject& subject, const Trace& trace,
           Output& output) {
    const ExecutionResult& result = result_of(trace.report);
    output.line("replay of " + subject.scenario.name + " on port " + subject.port.name +
                (subject.port.version.empty() ? "" : " (" + subject.port.version + ")"));
    if (arguments.trace) print_steps(arguments, trace, output);
    unsigned width = arguments.width != 0 ? arguments.width : std::max(80U, output.width());
    Waits waits = fold_waits(trace.recording);
    for (const std::string& line : picture_lines(trace.recording, waits, width, 0))
        output.line(line);
    if (trace.crashed) output.line("(no picture: the code under test crashed)");
    output.line("");
    for (const std::string& line : explanation_lines(trace.recording, waits)) output.line(line);
    for (const Failure& failure : trace.report.failures)
        output.line(output.paint(Colour::red, failure_headline(subject.scenario, failure)));
    for (std::size_t i = 0; i < trace.report.allowed.size(); ++i)
        output.line("expected: " + trace.report.allowed[i] + ": " + trace.report.allowed_text[i]);
    for (const std::string& silent : trace.report.not_judged) output.line(silent);
    output.line(counted(result.steps, "step") + ", " + time_text(result.time) +
                " of virtual time, step hash " + hash_text(result.step_hash));
    output.line(verdict_line(trace.report));
}

Json to_json(const Subject& subject, const Trace& trace, bool with_trace) {
    const ExecutionResult& result = result_of(trace.report);
    Json json = {{"format", "lockstep-replay-1"},
                 {"scenario", subject.scenario.name},
                 {"port", subject.port.name},
                 {"verdict", verdict_line(trace.report)},
                 {"steps", result.steps},
                 {"time_ns", result.time},
                 {"step_hash", hash_text(result.step_hash)},
                 {"end", end_reason_text(result.reason)}};
    json["as_expected"] = trace.report.verdict == RunReport::Verdict::as_expected;
    json["findings"] = Json::array();
    for (const Finding& finding : result.findings)
        json["findings"].push_back(finding_json(finding));
    json["not_judged"] = trace.report.not_judged;
    json["failures"] = Json::array();
    for (const Failure& failure : trace.report.failures)
        json["failures"].push_back(failure_headline(subject.scenario, failure));
    json["explanation"] = explanation_lines(trace.recording, fold_waits(trace.recording));
    if (!with_trace) return json;
    json["events"] = Json::array();
    for (const Event& event : trace.recording.events)
        json["events"].push_back(event_json(trace.recording, event));
    return json;
}

}  // namespace

int command_replay(const ReplayArguments& arguments, Output& output) {
    Subject subject = read_subject(arguments.what, arguments.scenario, arguments.port);
    use_oracles(subject.scenario, arguments.oracles);
    if (arguments.gdb) return replay_in_gdb(arguments);
    Trace trace = trace_picks(subject.scenario, subject.port, subject.picks, true);
    std::vector<std::string> divergence = describe_divergence(subject, trace);
    int code = exit_code(subject, trace, !divergence.empty());
    if (arguments.json) {
        Json json = to_json(subject, trace, arguments.trace);
        if (!divergence.empty()) json["divergence"] = divergence;
        output.line(json.dump(2, ' ', false, Json::error_handler_t::replace));
        return code;
    }
    if (divergence.empty())
        print(arguments, subject, trace, output);
    else
        for (const std::string& line : divergence) complain(line);
    return code;
}

}  // namespace lockstep
