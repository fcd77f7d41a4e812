// lockstep export: one run as files for other programs.
#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/describe.h"
#include "tools/exporter.h"
#include "tools/shown_run.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"
#include "tools/trace.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

// Everything that can be wrong with what was typed is said before anything runs.
ExportClock check_export(const ExportArguments& arguments) {
    std::size_t wanted = 0;
    std::string all;
    for (const Exporter& exporter : exporters()) {
        all += (all.empty() ? "" : ", ") + std::string(exporter.option);
        const auto file = arguments.files.find(exporter.option);
        if (file == arguments.files.end() || file->second.empty()) continue;
        ++wanted;
        for (const auto& [option, other] : arguments.files)
            if (option != exporter.option && other == file->second)
                throw UsageError(std::string(exporter.option) + " and " + option +
                                 " name the same file " + other);
    }
    if (wanted == 0) throw UsageError("nothing to write: give one or more of " + all);
    const auto dot = arguments.files.find("--dot");
    if (arguments.at && (dot == arguments.files.end() || dot->second.empty()))
        throw UsageError("--at is the moment that --dot draws; there is no --dot");
    if (arguments.clock == "ns") return ExportClock::ns;
    if (arguments.clock == "steps") return ExportClock::steps;
    throw UsageError("--clock: expected ns or steps, found `" + arguments.clock + "`" +
                     did_you_mean(arguments.clock, {"ns", "steps"}));
}

// The last step at which the first cycle of the run is still there; 0 if there is none.
std::uint64_t step_of_cycle(const Recording& recording, const Waits& waits) {
    std::uint64_t first = 0;
    for (const Attempt& attempt : waits.attempts) {
        if (!attempt.chain.cycle || !attempt.ended) continue;
        const std::uint64_t step = recording.events[attempt.end].step;
        if (step > 0 && (first == 0 || step - 1 < first)) first = step - 1;
    }
    return first;
}

Json write_exports(const ExportArguments& arguments, const ExportedRun& run, Output& output) {
    Json written = Json::array();
    for (const Exporter& exporter : exporters()) {
        const auto file = arguments.files.find(exporter.option);
        if (file == arguments.files.end() || file->second.empty()) continue;
        const std::string text = exporter.write(run);
        const std::string problem = write_file_safely(file->second, text);
        if (!problem.empty()) throw TryAgain("cannot write " + problem);
        written.push_back(
            {{"option", exporter.option}, {"file", file->second}, {"bytes", text.size()}});
        if (!arguments.json)
            output.line("wrote " + file->second + ": " + counted(text.size(), "byte"));
    }
    return written;
}

}  // namespace

int command_export(const ExportArguments& arguments, Output& output) {
    const ExportClock clock = check_export(arguments);
    const ShownRun shown(arguments.run);
    if (const std::optional<int> code = shown.refused("export")) return *code;
    const Subject& subject = shown.subject;
    const Trace& trace = shown.trace;
    const Recording& recording = trace.recording;
    const Waits waits = fold_waits(recording);
    const std::uint64_t steps = result_of(trace.report).steps;
    if (arguments.at && *arguments.at > steps)
        throw UsageError("--at " + std::to_string(*arguments.at) + " is behind the last step, " +
                         std::to_string(steps));
    const std::string title = subject.scenario.name + " on port " + subject.port.name;
    const Json written =
        write_exports(arguments, {recording, waits, title, clock, arguments.at}, output);
    const std::uint64_t cycle = step_of_cycle(recording, waits);
    if (arguments.json) {
        Json json = {{"format", "lockstep-export-1"},       {"scenario", subject.scenario.name},
                     {"port", subject.port.name},           {"events", recording.events.size()},
                     {"dropped", recording.events_dropped}, {"files", written}};
        output.line(json.dump(2, ' ', false, Json::error_handler_t::replace));
        return kExitAsExpected;
    }
    output.line(title + ": " + counted(recording.events.size(), "event") + ", " +
                counted(steps, "step"));
    if (recording.events_dropped > 0)
        output.line("[ " + counted(recording.events_dropped, "event") +
                    " beyond the limit of the recorder ]");
    const auto dot = arguments.files.find("--dot");
    const bool drawn = dot != arguments.files.end() && !dot->second.empty();
    if (drawn && !arguments.at && cycle != 0)
        output.line("the end is drawn; the first cycle is there at step " + std::to_string(cycle) +
                    " (--at " + std::to_string(cycle) + ")");
    return kExitAsExpected;
}

}  // namespace lockstep
