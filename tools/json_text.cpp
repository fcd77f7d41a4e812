// Making JSON values. Numbers that need 64 bits for their identity (hashes) are strings.
#include "tools/json_text.h"

#include "scenarios/repro.h"
#include "sim/kernel.h"
#include "sim/points.h"
#include "sim/token.h"
#include "tools/describe.h"
#include "tools/fairness_text.h"
#include "tools/lock_tables.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

const char* verdict_text(RunReport::Verdict verdict) {
    switch (verdict) {
        case RunReport::Verdict::as_expected:
            return "as-expected";
        case RunReport::Verdict::not_as_expected:
            return "not-as-expected";
        case RunReport::Verdict::skipped:
            return "skipped";
    }
    return "?";
}

}  // namespace

Json failure_json(const Scenario& scenario, const Failure& failure) {
    Json json = {{"kind", failure_kind_name(failure.kind)}, {"text", failure.text}};
    if (!failure.oracle.empty()) json["oracle"] = failure.oracle;
    if (!failure.word.empty()) json["word"] = failure.word;
    if (failure.line != 0) json["line"] = failure.line;
    if (failure.result.steps == 0) return json;
    json["scheduler"] = failure.scheduler;
    json["seed"] = failure.seed;
    json["steps"] = failure.result.steps;
    json["step_hash"] = hash_text(failure.result.step_hash);
    json["token"] = write_token({scenario.name, scenario.hash, failure.picks});
    return json;
}

Json port_json(const Port& port) {
    Json points = Json::array(), files = Json::array();
    for (const PortPoint& point : port.points)
        points.push_back(
            {{"name", point.name}, {"where", point.where}, {"resolved", !point.where.empty()}});
    for (const PortFile& file : port.files)
        files.push_back({{"path", file.path}, {"sha256", file.sha256}});
    Json json = {{"name", port.name},
                 {"alias", port.alias},
                 {"summary", port.summary},
                 {"version", port.version},
                 {"arch", port.arch},
                 {"config", port.config},
                 {"features", port.features},
                 {"event_stream", port.event_stream},
                 {"points", points},
                 {"files", files},
                 {"source_hash", port.source_hash}};
    if (!port.caught_by.empty()) json["caught_by"] = port.caught_by;
    if (!port.bugs.empty()) json["bugs"] = port.bugs;
    if (!port.edited.empty()) json["edited"] = port.edited;
    return json;
}

Json report_json(const Scenario& scenario, const Port& port, const RunReport& report,
                 const std::string& replay, const std::string& repro_file,
                 const std::vector<std::string>& explanation) {
    Json json = {{"name", scenario.name},       {"path", scenario.path},
                 {"summary", scenario.summary}, {"hash", scenario.hash},
                 {"port", port.name},           {"verdict", verdict_text(report.verdict)}};
    if (!report.skip_reason.empty()) json["skip_reason"] = report.skip_reason;
    if (report.verdict == RunReport::Verdict::skipped) return json;
    json["executions"] = report.executions;
    json["steps"] = report.steps;
    json["time_longest_ns"] = report.time_longest;
    json["bounds"] = report.bounds;
    json["interrupted"] = report.interrupted;
    json["first"] = Json::array();
    for (const AcquireRecord& record : report.first)
        json["first"].push_back({{"program", record.program},
                                 {"register", record.reg},
                                 {"cpu", record.cpu},
                                 {"lock", record.lock},
                                 {"return", record.ret},
                                 {"return_text", return_text(record.ret)},
                                 {"wait_ns", record.wait_ns}});
    json["explanation"] = explanation;
    json["allowed"] = report.allowed;
    json["not_judged"] = report.not_judged;
    json["outcomes"] = Json::object();
    for (const auto& [what, times] : report.outcomes) json["outcomes"][what] = times;
    if (report.figures) add_figures(json, lock_names_of(scenario), *report.figures);
    if (!report.fairness.empty()) json["fairness"] = fairness_json(scenario, report.fairness);
    json["failures"] = Json::array();
    for (const Failure& failure : report.failures)
        json["failures"].push_back(failure_json(scenario, failure));
    if (!replay.empty()) json["replay"] = replay;
    if (!repro_file.empty()) json["repro_file"] = repro_file;
    return json;
}

Json finding_json(const Finding& finding) {
    return {{"oracle", finding.oracle},
            {"word", finding.word},
            {"text", finding.text},
            {"step", finding.step},
            {"time_ns", finding.time},
            {"cpu", finding.cpu},
            {"context", context_name(finding.context)}};
}

Json event_json(const Recording& recording, const Event& event) {
    Json json = {{"kind", event_kind_name(event.kind)},
                 {"step", event.step},
                 {"time_ns", event.time},
                 {"cpu", event.cpu},
                 {"context", context_name(event.context)},
                 {"depth", event.depth},
                 {"what", event_text(recording, event)}};
    if (event.lock != kNoLock) json["lock"] = recording.lock_name(event.lock);
    bool memory = event.kind == EventKind::load || event.kind == EventKind::store;
    if (memory) {
        json["place"] = place_text(recording, event);
        json["size"] = event.size;
        json["value"] = event.value;
        if (event.kind == EventKind::store) json["old"] = event.old;
        json["plain"] = event.plain != 0;
    } else if (event.kind == EventKind::acquire_end) {
        json["return"] = static_cast<std::int64_t>(event.value);
    } else if (event.kind == EventKind::point && event.aux < kPointCount) {
        json["point"] = kPoints[event.aux].name;
    }
    if (event.site != nullptr)
        json["site"] = {{"file", event.site->file},
                        {"line", event.site->line},
                        {"function", event.site->function},
                        {"expression", event.site->expression}};
    return json;
}

}  // namespace lockstep
