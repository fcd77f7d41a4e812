// Collecting what the page shows: rows, findings with reasons, and the kernel source of the sites.
#include "tools/report_run.h"

#include "sim/token.h"
#include "tools/describe.h"
#include "tools/failure_text.h"
#include "tools/finding_text.h"
#include "tools/inflection_text.h"
#include "tools/port_source.h"
#include "tools/report_rows.h"
#include "tools/waits.h"

namespace lockstep {

namespace {

using ReportJson = nlohmann::ordered_json;

constexpr std::size_t kSourceBytesMax = 600'000;

const char* shape_name(WordLayout::Shape shape) {
    switch (shape) {
        case WordLayout::Shape::opaque:
            return "opaque";
        case WordLayout::Shape::test_and_set:
            return "test_and_set";
        case WordLayout::Shape::queued:
            return "queued";
        case WordLayout::Shape::ticket:
            return "ticket";
        case WordLayout::Shape::owned:
            return "owned";
    }
    return "opaque";
}

// Failed and unfinished attempts with their reasons, and what oracles found, in the order of rows.
ReportJson moments_json(const Recording& recording, const Waits& waits, const ReportRows& rows) {
    ReportJson moments = ReportJson::array();
    for (const Attempt& attempt : waits.attempts) {
        if (attempt.ended && (attempt.ret == 0 || attempt.trylock)) continue;
        const std::string reason = explain_attempt(recording, attempt);
        std::string text = actor_text(attempt.who);
        text += attempt.ended ? " " + return_text(attempt.ret) : " never gets an answer";
        if (!reason.empty()) text += ": " + reason;
        if (attempt.chain.cycle) text += ". The cycle: " + chain_text(recording, attempt.chain);
        const std::size_t event = attempt.ended ? attempt.end : recording.events.size() - 1;
        moments.push_back({{"kind", attempt.ended ? "error" : "stuck"},
                           {"row", rows.row_of_event(event)},
                           {"text", text}});
    }
    for (const Finding& finding : recording.findings)
        moments.push_back({{"kind", "finding"},
                           {"row", rows.row_of_step(finding.step)},
                           {"text", std::string(finding.oracle) + ": " + finding.text}});
    return moments;
}

std::string command_of(const ShownRun& shown, const std::string& token) {
    return "lockstep replay '" + token + "' --port " + shown.subject.port.name;
}

void add_inflection(const ShownRun& shown, const ReportRows& rows, ReportJson& json) {
    const std::optional<Inflection> inflection = shown.inflection();
    if (!inflection) return;
    json["inflection"] = inflection_json(shown.trace.recording, *inflection);
    if (inflection->taken) json["inflection"]["row"] = rows.row_of_step(inflection->taken->step);
    std::string text;
    for (const std::string& line : inflection_lines(shown.trace.recording, *inflection, 400)) {
        if (line.empty()) break;
        text += (text.empty() ? "" : " ") + line;
    }
    json["inflection"]["text"] = text;
}

}  // namespace

ReportJson report_locks_json(const Recording& recording) {
    ReportJson locks = ReportJson::array();
    for (std::size_t lock = 0; lock < recording.locks.size(); ++lock) {
        const WordLayout& word = recording.facts[lock].word;
        locks.push_back({{"name", recording.locks[lock]},
                         {"shape", shape_name(word.shape)},
                         {"locked", word.locked_mask},
                         {"pending", word.pending_mask},
                         {"tail", word.tail_mask},
                         {"index_shift", word.tail_index_shift},
                         {"cpu_shift", word.tail_cpu_shift},
                         {"owner", word.owner_mask},
                         {"owner_shift", word.owner_shift},
                         {"owner_bias", word.owner_bias},
                         {"nodes", recording.facts[lock].nodes.nodes},
                         {"table", recording.facts[lock].held_table.entries}});
    }
    return locks;
}

ReportJson report_sources_json(const Port& port, const std::filesystem::path& tree,
                               const std::vector<std::string>& files) {
    const PortSource source(port, tree);
    ReportJson sources = ReportJson::array();
    std::size_t bytes = 0;
    for (const std::string& path : files) {
        const std::string text = source.text_of(path);
        bytes += text.size();
        sources.push_back(bytes > kSourceBytesMax ? "" : text);
    }
    return sources;
}

ReportJson report_kinds_json() {
    ReportJson kinds = ReportJson::array();
    for (unsigned kind = 0; kind <= static_cast<unsigned>(EventKind::execution_end); ++kind)
        kinds.push_back(event_kind_name(static_cast<EventKind>(kind)));
    return kinds;
}

ReportJson report_head_json(const char* format, const Subject& subject) {
    return {{"format", format},
            {"scenario", subject.scenario.name},
            {"summary", subject.scenario.summary},
            {"port", subject.port.name},
            {"version", subject.port.version},
            {"bugs", subject.port.bugs}};
}

ReportJson report_run_json(const ShownRun& shown, const ReportOptions& options) {
    const Recording& recording = shown.trace.recording;
    const Subject& subject = shown.subject;
    const ExecutionResult& result = result_of(shown.trace.report);
    const Waits waits = fold_waits(recording);
    const ReportRows rows(recording, options.rows_max);
    const std::string token =
        write_token({subject.scenario.name, subject.scenario.hash, subject.picks});
    ReportJson json = report_head_json("lockstep-report-1", subject);
    json["token"] = token;
    json["command"] = command_of(shown, token);
    json["steps"] = result.steps;
    json["time_ns"] = result.time;
    json["step_hash"] = hash_text(result.step_hash);
    json["end"] = end_reason_text(result.reason);
    json["cpus"] = recording.cpus;
    json["dropped"] = rows.dropped + recording.events_dropped;
    json["first_step"] = rows.first_step;
    json["first_time"] = rows.first_time;
    json["locks"] = report_locks_json(recording);
    json["moments"] = moments_json(recording, waits, rows);
    json["explanation"] = explanation_lines(recording, waits);
    json["finding"] = finding_lines(recording, waits);
    if (options.inflection) add_inflection(shown, rows, json);
    json["kinds"] = report_kinds_json();
    json["texts"] = rows.texts.texts;
    json["files"] = rows.texts.files;
    json["sources"] = report_sources_json(subject.port, options.tree, rows.texts.files);
    json["sites"] = rows.texts.sites;
    json["slots"] = rows.slots;
    json["initial"] = rows.initial;
    json["rows"] = rows.rows;
    return json;
}

}  // namespace lockstep
