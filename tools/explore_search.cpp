// Searching for people: options, lines, JSON.
#include "tools/explore_search.h"

#include <sys/personality.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "scenarios/alike.h"
#include "scenarios/judge.h"
#include "scenarios/prepare.h"
#include "tools/explore_allowed.h"
#include "tools/failure_text.h"
#include "tools/json_text.h"
#include "tools/output.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr char kHeld[] = "LOCKSTEP_ADDRESSES_HELD";
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

// "unbounded" or a number, as the command line has seen to; a scenario's own bound stands if
// nothing was typed.
std::optional<std::uint32_t> bound(const std::string& text, std::optional<std::uint64_t> own) {
    if (text == "unbounded" || (text.empty() && !own)) return std::nullopt;
    if (text.empty()) return static_cast<std::uint32_t>(std::min<std::uint64_t>(*own, 1'000'000));
    return static_cast<std::uint32_t>(std::stoul(text));
}

bool wants_symmetry(const Scenario& scenario, const ExploreArguments& arguments) {
    if (!arguments.symmetry && !scenario.explore.symmetry) return false;
    if (!arguments.preemptions.empty() || scenario.explore.preemption_bound)
        throw UsageError(
            "--symmetry: not together with a bound on preemptions, which tells the CPU "
            "that moved last from the others");
    const Alike alike = find_alike(scenario);
    if (alike.groups.empty())
        throw UsageError("--symmetry: no CPUs of " + scenario.path +
                         " can be taken for each other: " + alike.why_not);
    return true;
}

void require_checkpoint_possible(const SearchOptions& options) {
    if (options.checkpoint.empty()) return;
    if (options.breadth_first)
        throw UsageError(
            "--checkpoint: not with strategy bfs, whose open states are in memory only; "
            "use --strategy exhaustive");
    if (options.exact)
        throw UsageError("--checkpoint: not with --exact, whose whole states are in memory only");
}

std::string cut_text(const ExploreCounts& counts) {
    const std::uint64_t met = counts.truncated - counts.unjudged;
    const std::string limit =
        met == 0 ? "" : counted(met, "path") + " by the scenario's limit of steps or virtual time";
    if (counts.unjudged == 0) return limit;
    return limit + (limit.empty() ? "" : ", ") + counted(counts.unjudged, "path") +
           " before its end, at the greatest length of a path or where a bound leaves nothing";
}

std::string rate_text(const SearchReport& report) {
    char text[96];
    std::snprintf(text, sizeof text, "%.2f s, %.0f thousand states/s, %.1f MiB of states",
                  report.seconds,
                  static_cast<double>(report.counts.states) / std::max(report.seconds, 1e-3) / 1000,
                  static_cast<double>(report.bytes) / (1024 * 1024));
    return text;
}

}  // namespace

SearchOptions search_options(const Scenario& scenario, const ExploreArguments& arguments) {
    SearchOptions options;
    options.breadth_first = arguments.strategy == "bfs" ||
                            (arguments.strategy.empty() && scenario.explore.strategy == "bfs");
    options.bounds.preemptions = bound(arguments.preemptions, scenario.explore.preemption_bound);
    options.bounds.injections = bound(arguments.injections, scenario.explore.injection_bound);
    options.bounds.symmetry = wants_symmetry(scenario, arguments);
    options.bounds.every_step = arguments.every_step;
    options.bounds.reexecute = arguments.reexecute;
    options.exact = arguments.exact;
    options.keep_going = arguments.keep_going;
    options.workers = arguments.workers;
    if (arguments.memory_gib)
        options.memory_max =
            static_cast<std::uint64_t>(*arguments.memory_gib * static_cast<double>(kGiB));
    options.states_max = arguments.states.value_or(0);
    options.seconds_max = arguments.seconds.value_or(0);
    options.checkpoint = arguments.checkpoint;
    options.checkpoint_every = arguments.checkpoint_every.value_or(options.checkpoint_every);
    require_checkpoint_possible(options);
    return options;
}

Searched search_and_store(const Scenario& scenario, const Port& port,
                          const SearchOptions& options) {
    Searched searched;
    searched.skip_reason = skip_reason(scenario, port);
    if (!searched.skip_reason.empty()) return searched;
    searched.bounds = describe_bounds(scenario, options);
    try {
        searched.report = search(scenario, port, options);
    } catch (const CheckpointError& error) {
        throw UsageError(error.what());
    }
    for (const Failure& failure : searched.report.failures)
        searched.hints.push_back(store_failure(scenario, port, failure));
    searched.allowed = store_examples(scenario, port, searched.report.harvest);
    if (searched.report.end == SearchReport::End::complete && searched.report.failures.empty())
        searched.absences = judge_absences(scenario, port, searched.report.harvest);
    return searched;
}

std::string search_summary(const Searched& searched) {
    const SearchReport& report = searched.report;
    return describe_end(report) + ": " + counted(report.counts.states, "state") + ", " +
           counted(report.counts.transitions, "transition") + ", " +
           counted(report.counts.ends, "end");
}

std::vector<std::string> search_lines(const Searched& searched) {
    const SearchReport& report = searched.report;
    std::vector<std::string> lines;
    lines.push_back("search: " + search_summary(searched) + ", longest path " +
                    counted(report.counts.depth_max, "choice"));
    lines.push_back("bounds: " + searched.bounds);
    lines.push_back("by " + counted(report.workers, "worker") + " in " + rate_text(report) +
                    (report.resumed > 0 ? ", resumed " + counted(report.resumed, "time") : ""));
    if (report.counts.truncated > 0) lines.push_back("cut short: " + cut_text(report.counts));
    if (report.failing_ends > 0)
        lines.push_back("distinct ends that fail: " + std::to_string(report.failing_ends));
    if (report.end != SearchReport::End::complete || report.truncated)
        lines.push_back("NOT complete: nothing is said about what was not reached" +
                        std::string(searched.undecided() ? ", and this is no pass" : ""));
    for (const auto& [finding, ends] : report.harvest.allowed) {
        lines.push_back("expected: " + finding + " (" + counted(ends, "end") +
                        "): " + report.harvest.allowed_text.at(finding));
        for (const std::string& line : hint_lines(searched.allowed, finding)) lines.push_back(line);
    }
    for (const Failure& absence : searched.absences)
        lines.push_back((searched.absences_certain() ? "never happens: " : "not seen: ") +
                        absence.text);
    for (const std::string& silent : not_judged_lines(report.harvest)) lines.push_back(silent);
    if (!report.note.empty()) lines.push_back("note: " + report.note);
    return lines;
}

nlohmann::ordered_json search_json(const Scenario& scenario, const Port& port,
                                   const Searched& searched) {
    Json json = {{"name", scenario.name}, {"path", scenario.path}, {"port", port.name}};
    if (!searched.skip_reason.empty()) {
        json["verdict"] = "skipped";
        json["skip_reason"] = searched.skip_reason;
        return json;
    }
    const SearchReport& report = searched.report;
    json["verdict"] = searched.undecided() ? "undecided"
                      : searched.failed()  ? "found"
                                           : "nothing-found";
    json["search"] = {{"end", describe_end(report)},
                      {"complete", report.end == SearchReport::End::complete && !report.truncated},
                      {"bounds", searched.bounds},
                      {"states", report.counts.states},
                      {"transitions", report.counts.transitions},
                      {"ends", report.counts.ends},
                      {"failing_ends", report.failing_ends},
                      {"depth_max", report.counts.depth_max},
                      {"truncated", report.counts.truncated},
                      {"unjudged", report.counts.unjudged},
                      {"workers", report.workers},
                      {"seconds", report.seconds},
                      {"bytes", report.bytes},
                      {"resumed", report.resumed}};
    if (!report.note.empty()) json["search"]["note"] = report.note;
    json["findings"] = Json::array();
    for (std::size_t i = 0; i < report.failures.size(); ++i) {
        Json one = failure_json(scenario, report.failures[i]);
        if (!report.failures[i].site.empty()) one["site"] = report.failures[i].site;
        if (!searched.hints[i].command.empty()) one["replay"] = searched.hints[i].command;
        if (!searched.hints[i].file.empty()) one["repro_file"] = searched.hints[i].file;
        json["findings"].push_back(one);
    }
    json["never_happens"] = json["not_seen"] = Json::array();
    for (const Failure& absence : searched.absences)
        json[searched.absences_certain() ? "never_happens" : "not_seen"].push_back(absence.text);
    json["not_judged"] = not_judged_lines(report.harvest);
    json["allowed"] = Json::object();
    for (const auto& [finding, ends] : report.harvest.allowed) json["allowed"][finding] = ends;
    json["allowed_examples"] = examples_json(scenario, report.harvest, searched.allowed);
    return json;
}

void hold_addresses_still(char** argv) {
    const int now = personality(0xffffffff);
    if (now < 0 || (now & ADDR_NO_RANDOMIZE) != 0 || std::getenv(kHeld) != nullptr) return;
    if (personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) < 0) return;
    setenv(kHeld, "1", 1);
    execv("/proc/self/exe", argv);
    unsetenv(kHeld);
}

}  // namespace lockstep
