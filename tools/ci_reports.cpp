// Verdicts for CI systems.
#include "tools/ci_reports.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "scenarios/repro.h"
#include "sim/kernel.h"
#include "tools/trace.h"
#include "tools/xml_text.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string rule_of(const Failure& failure) {
    if (failure.oracle.empty()) return failure_kind_name(failure.kind);
    return failure.oracle + (failure.word.empty() ? "" : "/" + failure.word);
}

// Annotations are only shown at files of the repository, which are named from its top.
std::string from_here(const std::string& path) {
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(path, error);
    const fs::path here = fs::current_path(error);
    const std::string relative = whole.lexically_relative(here).string();
    return relative.empty() || relative.starts_with("..") ? whole.string() : relative;
}

// Where in the lock the CPU of a finding was when it was made; without a file if that is not known.
CiPlace site_of(const Scenario& scenario, const Port& port, const Failure& failure) {
    CiPlace place;
    if (!failure.finding || failure.result.steps == 0) return place;
    const Trace trace = trace_picks(scenario, port, failure.picks, true);
    for (const Event& event : trace.recording.events) {
        if (event.step > failure.finding->step) break;
        const bool its_own = event.cpu == failure.finding->cpu && event.site != nullptr &&
                             event.site->line != 0 && event.site->file[0] != '\0';
        if (its_own) place = {event.site->file, event.site->line};
    }
    return place;
}

std::string uri_of(const std::string& path) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string uri = path.starts_with("/") ? "file://" : "";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                           std::string("/-._~+").find(c) != std::string::npos;
        if (plain)
            uri += c;
        else
            uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return uri;
}

Json location_json(const CiPlace& place) {
    Json physical = {{"artifactLocation", {{"uri", uri_of(place.file)}}}};
    physical["region"] = {{"startLine", std::max<std::uint32_t>(place.line, 1)}};
    return {{"physicalLocation", physical}};
}

std::string attribute(const char* name, const std::string& text) {
    return std::string(" ") + name + "=\"" + xml_text(text) + "\"";
}

std::string counts_text(const std::vector<const CiCase*>& cases) {
    std::size_t failed = 0, skipped = 0;
    for (const CiCase* each : cases) {
        failed += each->findings.empty() ? 0 : 1;
        skipped += each->skip_reason.empty() ? 0 : 1;
    }
    return attribute("tests", std::to_string(cases.size())) +
           attribute("failures", std::to_string(failed)) +
           attribute("skipped", std::to_string(skipped)) + attribute("errors", "0");
}

std::string testcase_text(const CiCase& each) {
    std::string text = "    <testcase" + attribute("classname", each.port + "." + each.folder) +
                       attribute("name", each.name) + ">\n";
    if (!each.skip_reason.empty())
        text += "      <skipped" + attribute("message", each.skip_reason) + "/>\n";
    for (const CiFinding& finding : each.findings)
        text += "      <failure" + attribute("type", finding.rule) +
                attribute("message", finding.text) + ">" +
                xml_text(finding.at.file + ":" + std::to_string(finding.at.line) + "\n" +
                         finding.replay) +
                "</failure>\n";
    return text + "    </testcase>\n";
}

// GitHub's own escapes; a property may hold neither a colon nor a comma.
std::string github_text(const std::string& text, bool property) {
    std::string out;
    for (const char c : text) {
        if (c == '%')
            out += "%25";
        else if (c == '\r')
            out += "%0D";
        else if (c == '\n')
            out += "%0A";
        else if (property && c == ':')
            out += "%3A";
        else if (property && c == ',')
            out += "%2C";
        else
            out += c;
    }
    return out;
}

void check_file(const char* option, const std::string& file) {
    if (file.empty()) return;
    const fs::path folder = fs::path(file).parent_path();
    std::error_code error;
    if (!folder.empty() && !fs::is_directory(folder, error))
        throw UsageError(std::string(option) + ": " + folder.string() + " is not a folder");
    if (fs::is_directory(file, error))
        throw UsageError(std::string(option) + ": " + file + " is a folder");
}

void write_report(const std::string& file, const std::string& text) {
    if (file.empty()) return;
    const std::string problem = write_file_safely(file, text);
    if (!problem.empty()) throw TryAgain("cannot write " + problem);
}

}  // namespace

CiReports::CiReports(const CiArguments& arguments) : arguments_(arguments) {
    check_file("--sarif", arguments.sarif);
    check_file("--junit", arguments.junit);
    if (!arguments.sarif.empty() && arguments.sarif == arguments.junit)
        throw UsageError("--sarif and --junit name the same file " + arguments.sarif);
}

void CiReports::begin(const Scenario& scenario, const Port& port, const std::string& skip_reason) {
    CiCase one;
    one.name = scenario.name;
    one.folder = fs::path(scenario.path).parent_path().filename().string();
    one.port = port.name;
    one.skip_reason = skip_reason;
    cases_.push_back(std::move(one));
}

void CiReports::add(const Scenario& scenario, const Port& port, const Failure& failure,
                    const ReplayHint& hint) {
    if (!wanted()) return;
    CiFinding finding;
    finding.rule = rule_of(failure);
    finding.text = cases_.back().name + ": " + failure.text;
    finding.scenario = {from_here(scenario.path), std::max<std::uint32_t>(failure.line, 1)};
    finding.at = site_of(scenario, port, failure);
    if (finding.at.file.empty()) finding.at = finding.scenario;
    finding.replay = hint.command;
    cases_.back().findings.push_back(std::move(finding));
}

void CiReports::write(Output& output, bool json) const {
    if (!arguments_.sarif.empty()) write_report(arguments_.sarif, sarif_text(cases_));
    if (!arguments_.junit.empty()) write_report(arguments_.junit, junit_text(cases_));
    if (!arguments_.github) return;
    for (const std::string& line : github_lines(cases_)) {
        if (json)
            std::fprintf(stderr, "%s\n", line.c_str());
        else
            output.line(line);
    }
}

std::string sarif_text(const std::vector<CiCase>& cases) {
    std::map<std::string, std::size_t> rules;
    Json rule_list = Json::array(), results = Json::array();
    for (const CiCase& each : cases) {
        for (const CiFinding& finding : each.findings) {
            const auto [rule, added] = rules.try_emplace(finding.rule, rules.size());
            if (added)
                rule_list.push_back(
                    {{"id", finding.rule},
                     {"shortDescription", {{"text", "Lockstep: " + finding.rule}}}});
            Json result = {{"ruleId", finding.rule},
                           {"ruleIndex", rule->second},
                           {"level", "error"},
                           {"message", {{"text", finding.text}}}};
            result["locations"] = Json::array({location_json(finding.at)});
            Json related = location_json(finding.scenario);
            related["message"] = {{"text", "the scenario"}};
            result["relatedLocations"] = Json::array({related});
            result["properties"] = {{"scenario", each.name}, {"port", each.port}};
            if (!finding.replay.empty()) result["properties"]["replay"] = finding.replay;
            results.push_back(result);
        }
    }
    Json run = {
        {"tool",
         {{"driver", {{"name", "lockstep"}, {"version", LOCKSTEP_VERSION}, {"rules", rule_list}}}}},
        {"results", results}};
    const Json sarif = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                        {"version", "2.1.0"},
                        {"runs", Json::array({run})}};
    return sarif.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string junit_text(const std::vector<CiCase>& cases) {
    std::vector<const CiCase*> all;
    std::map<std::string, std::vector<const CiCase*>> suites;  // by port
    for (const CiCase& each : cases) {
        all.push_back(&each);
        suites[each.port].push_back(&each);
    }
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
                       attribute("name", "lockstep") + counts_text(all) + ">\n";
    for (const auto& [port, members] : suites) {
        text += "  <testsuite" + attribute("name", port) + counts_text(members) + ">\n";
        for (const CiCase* each : members) text += testcase_text(*each);
        text += "  </testsuite>\n";
    }
    return text + "</testsuites>\n";
}

std::vector<std::string> github_lines(const std::vector<CiCase>& cases) {
    std::vector<std::string> lines;
    for (const CiCase& each : cases)
        for (const CiFinding& finding : each.findings)
            lines.push_back("::error file=" + github_text(finding.at.file, true) +
                            ",line=" + std::to_string(finding.at.line) +
                            ",title=" + github_text(finding.rule, true) + "::" +
                            github_text(finding.replay.empty()
                                            ? finding.text
                                            : finding.text + "\n" + finding.replay,
                                        false));
    return lines;
}

}  // namespace lockstep
