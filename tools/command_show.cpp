// lockstep show: one execution as a picture and as a timeline of its steps.
#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/describe.h"
#include "tools/failure_text.h"
#include "tools/finding_text.h"
#include "tools/inflection_text.h"
#include "tools/json_text.h"
#include "tools/picture.h"
#include "tools/shown_run.h"
#include "tools/text_columns.h"
#include "tools/timeline.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTimelineRows = 400;

bool in_window(const ShowArguments& arguments, const Event& event) {
    return event.step >= arguments.from.value_or(0) &&
           event.step <= arguments.to.value_or(~std::uint64_t{0});
}

int print_json(const ShowArguments& arguments, const ShownRun& shown, Output& output) {
    const Subject& subject = shown.subject;
    const Trace& trace = shown.trace;
    const ExecutionResult& result = result_of(trace.report);
    Json json = {{"format", "lockstep-show-1"}, {"scenario", subject.scenario.name},
                 {"port", subject.port.name},   {"bugs", subject.port.bugs},
                 {"steps", result.steps},       {"step_hash", hash_text(result.step_hash)}};
    json["findings"] = Json::array();
    for (const Finding& finding : result.findings)
        json["findings"].push_back(finding_json(finding));
    const Waits waits = fold_waits(trace.recording);
    json["explanation"] = explanation_lines(trace.recording, waits);
    json["moment"] = finding_lines(trace.recording, waits);
    if (const std::optional<Inflection> inflection = shown.inflection())
        json["inflection"] = inflection_json(trace.recording, *inflection);
    json["events"] = Json::array();
    for (const Event& event : trace.recording.events)
        if (in_window(arguments, event))
            json["events"].push_back(event_json(trace.recording, event));
    output.line(json.dump(2, ' ', false, Json::error_handler_t::replace));
    return kExitAsExpected;
}

void print(const ShowArguments& arguments, const ShownRun& shown, Output& output) {
    const Subject& subject = shown.subject;
    const Trace& trace = shown.trace;
    unsigned width = arguments.width != 0 ? arguments.width : output.width();
    Waits waits = fold_waits(trace.recording);
    output.line(
        output.paint(Colour::bold, subject.scenario.name + " on port " + subject.port.name) + ": " +
        subject.scenario.summary);
    for (const std::string& bug : subject.port.bugs)
        output.line("With upstream bug " + bug + ", put in on purpose (`lockstep port bugs`).");
    output.line("");
    PictureOptions picture;
    if (arguments.from || arguments.to) {
        picture.step_from = arguments.from.value_or(0);
        picture.step_to = arguments.to.value_or(~std::uint64_t{0});
        picture.width = width;
        picture.rows_max = 0;
        for (const std::string& line : draw_picture(trace.recording, waits, picture))
            output.line(line);
    } else {
        for (const std::string& line : picture_lines(trace.recording, waits, width, 120))
            output.line(line);
    }
    output.line("");
    for (const std::string& line : explanation_lines(trace.recording, waits)) output.line(line);
    for (const std::string& line : finding_lines(trace.recording, waits)) output.line(line);
    output.line("");
    if (const std::optional<Inflection> inflection = shown.inflection()) {
        for (const std::string& line : inflection_lines(trace.recording, *inflection, width))
            output.line(line);
        output.line("");
    }
    TimelineOptions timeline;
    timeline.width = width;
    timeline.step_from = arguments.from.value_or(0);
    timeline.step_to = arguments.to.value_or(~std::uint64_t{0});
    timeline.rows_max = arguments.from || arguments.to ? 0 : kTimelineRows;
    for (const std::string& line : draw_timeline(trace.recording, timeline)) output.line(line);
    if (trace.recording.events_dropped > 0)
        output.line("[ " + counted(trace.recording.events_dropped, "event") +
                    " beyond the limit of the recorder ]");
    for (const Failure& failure : trace.report.failures)
        output.line(output.paint(Colour::red, failure_headline(subject.scenario, failure)));
}

}  // namespace

int command_show(const ShowArguments& arguments, Output& output) {
    if (arguments.from && arguments.to && *arguments.from > *arguments.to)
        throw UsageError("--from " + std::to_string(*arguments.from) + " is after --to " +
                         std::to_string(*arguments.to));
    ShownRun shown(arguments.run);
    if (const std::optional<int> code = shown.refused()) return *code;
    if (arguments.json) return print_json(arguments, shown, output);
    print(arguments, shown, output);
    return kExitAsExpected;
}

}  // namespace lockstep
