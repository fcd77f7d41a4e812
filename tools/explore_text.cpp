// Wording campaigns.
#include "tools/explore_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNamesShown = 6;

std::string decimal(double value, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

double steps_mean(const SamplingReport& report) {
    const double executions = static_cast<double>(report.harvest.executions);
    return executions > 0 ? static_cast<double>(report.harvest.steps) / executions : 0;
}

std::uint64_t steps_min(const SamplingReport& report) {
    return report.harvest.executions == 0
               ? 0
               : std::min(report.harvest.steps_min, report.harvest.steps_max);
}

double truncated_share(const SamplingReport& report) {
    const double executions = static_cast<double>(report.harvest.executions);
    return executions > 0 ? static_cast<double>(report.harvest.truncated) / executions : 0;
}

// Without the kind; each name once: many places may have been given the same words.
std::vector<std::string> of_kind(const std::vector<std::string>& names, const std::string& kind) {
    std::set<std::string> found;
    for (const std::string& name : names)
        if (name.starts_with(kind + " ")) found.insert(name.substr(kind.size() + 1));
    return {found.begin(), found.end()};
}

std::string first_names(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
        text += (i == 0 ? "" : "; ") + names[i];
    return names.size() > kNamesShown ? text + "; ... (--json has all)" : text;
}

std::vector<std::string> row_of(const SamplingReport& report) {
    const Harvest& harvest = report.harvest;
    const std::string first =
        report.discoveries.empty() ? "-" : std::to_string(report.discoveries.front().execution);
    return {report.strategy,
            std::to_string(harvest.executions),
            std::to_string(steps_min(report)) + "/" + decimal(steps_mean(report), 1) + "/" +
                std::to_string(harvest.steps_max),
            decimal(100 * truncated_share(report), 1) + " %",
            std::to_string(report.discoveries.size()),
            first,
            std::to_string(report.covered("site")),
            std::to_string(report.covered("point")),
            std::to_string(report.covered("pair")),
            report.last_news == 0 ? "-" : std::to_string(report.last_news)};
}

}  // namespace

std::string campaign_text(const SamplingReport& report, std::uint64_t seed) {
    std::string text = report.strategy + ", seeds from " + std::to_string(seed);
    if (report.strategy == "pct" || report.strategy == "portfolio")
        text += ", depth " + std::to_string(report.estimates.depth);
    return text + ", " + counted(report.workers, "worker") + ", " + end_text(report.end);
}

std::vector<std::string> campaign_table(const std::vector<const SamplingReport*>& reports) {
    std::vector<std::vector<std::string>> rows = {{"strategy", "executions", "steps min/avg/max",
                                                   "truncated", "findings", "first in", "sites",
                                                   "points", "pairs", "last new in"}};
    for (const SamplingReport* report : reports) rows.push_back(row_of(*report));
    std::vector<std::size_t> widths(rows.front().size(), 0);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        std::string line = pad_right(row[0], widths[0]);
        for (std::size_t i = 1; i < row.size(); ++i) line += "  " + pad_left(row[i], widths[i]);
        lines.push_back(line);
    }
    return lines;
}

std::string discovery_text(const Discovery& discovery, const SamplingReport& report) {
    std::string text = "found by " + discovery.strategy + " with seed " +
                       std::to_string(discovery.failure.seed) + " in execution " +
                       std::to_string(discovery.execution);
    // What ended the campaign was of course shown once.
    if (report.end != SamplingReport::End::failure)
        text += "; " + std::to_string(discovery.times) + " of " +
                counted(report.harvest.executions, "execution") +
                (discovery.times == 1 ? " shows it" : " show it");
    if (!discovery.failure.site.empty()) text += "; at " + discovery.failure.site;
    return text;
}

std::vector<std::string> never_reached_lines(const std::vector<std::string>& names,
                                             const std::vector<std::string>& known) {
    std::vector<std::string> lines;
    for (const std::string kind : {"point", "site"}) {
        const std::vector<std::string> found = of_kind(names, kind);
        if (found.empty()) continue;
        lines.push_back(
            "never reached: " + std::to_string(found.size()) + " of " +
            counted(of_kind(known, kind).size(), kind == "point" ? "lock point" : kind) + ": " +
            first_names(found));
    }
    return lines;
}

std::string missed_line(const std::vector<std::string>& pairs) {
    if (pairs.empty()) return "";
    return "reached by random only: " + counted(pairs.size(), "pair") + ": " +
           first_names(of_kind(pairs, "pair"));
}

const char* end_text(SamplingReport::End end) {
    switch (end) {
        case SamplingReport::End::executions:
            return "every execution asked for was made";
        case SamplingReport::End::seconds:
            return "ended when the time was over";
        case SamplingReport::End::plateau:
            return "ended when nothing new came any more";
        case SamplingReport::End::failure:
            return "ended at the first finding";
        case SamplingReport::End::interrupted:
            return "interrupted: this is a part only";
    }
    return "?";
}

Json sampling_json(const SamplingReport& report) {
    const Harvest& harvest = report.harvest;
    Json json = {{"strategy", report.strategy},          {"end", end_text(report.end)},
                 {"executions", harvest.executions},     {"steps", harvest.steps},
                 {"steps_min", steps_min(report)},       {"steps_mean", steps_mean(report)},
                 {"steps_max", harvest.steps_max},       {"truncated", harvest.truncated},
                 {"findings", report.discoveries.size()}};
    if (!report.discoveries.empty())
        json["first_finding_in"] = report.discoveries.front().execution;
    json["coverage"] = {{"sites", report.covered("site")},
                        {"points", report.covered("point")},
                        {"pairs", report.covered("pair")},
                        {"last_new_in", report.last_news}};
    json["estimated_steps"] = report.estimates.steps;
    return json;
}

}  // namespace lockstep
