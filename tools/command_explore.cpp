// lockstep explore: looks for executions that go wrong, and says how hard it has looked.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

#include "lock/port.h"
#include "scenarios/coverage.h"
#include "scenarios/judge.h"
#include "scenarios/prepare.h"
#include "scenarios/sampling.h"
#include "scenarios/search_shared.h"
#include "tools/ci_reports.h"
#include "tools/commands.h"
#include "tools/explore_allowed.h"
#include "tools/explore_estimate.h"
#include "tools/explore_options.h"
#include "tools/explore_search.h"
#include "tools/explore_text.h"
#include "tools/failure_text.h"
#include "tools/fairness_text.h"
#include "tools/interrupt.h"
#include "tools/json_text.h"
#include "tools/ktap.h"
#include "tools/library.h"
#include "tools/option_oracle.h"
#include "tools/option_stalls.h"
#include "tools/repro_store.h"
#include "tools/subject.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kExecutionsDefault = 10'000;
constexpr std::uint64_t kProbes = 2'000;
constexpr std::uint64_t kDepthDefault = 3;
constexpr std::uint64_t kSeedDefault = 1;

struct Explored {
    std::string skip_reason;
    SamplingReport chosen;
    std::optional<SamplingReport> baseline;
    // What either of them found: the chosen strategy's, then what only the baseline met.
    std::vector<Discovery> found;
    std::size_t found_by_chosen = 0;
    std::vector<ReplayHint> hints;  // as found
    std::map<std::string, ReplayHint> allowed;
    std::vector<std::string> missing;  // of what was known beforehand
    std::vector<std::string> missed;   // pairs that only the baseline reached
    std::vector<Failure> absences;
};

class ExploreCommand {
  public:
    ExploreCommand(const ExploreArguments& arguments, Output& output)
        : arguments_(arguments), output_(output), ktap_(output), ci_(arguments.ci) {}
    int run();

  private:
    void prepare();
    std::string strategy_of(const Scenario& scenario) const {
        return explore_strategy(scenario, arguments_);
    }
    SamplingOptions options_for(const Scenario& scenario);
    std::uint64_t baseline_executions(const SamplingOptions& options,
                                      const SamplingReport& chosen) const;
    Explored sample_scenario(const Scenario& scenario, const Port& port);
    void search(const Scenario& scenario, const Port& port);
    void print_failure(const Scenario& scenario, const Failure& failure, const ReplayHint& hint,
                       const std::string& how = "");
    void explore(const Scenario& scenario, const Port& port);
    void estimate(const Scenario& scenario, const Port& port);
    void count(const Explored& explored);
    void count(const Searched& searched);
    void print(const Scenario& scenario, const Port& port, const Explored& explored);
    void print_discoveries(const Scenario& scenario, const Explored& explored);
    Json json_of(const Scenario& scenario, const Port& port, const Explored& explored) const;
    void explore_group(const ScenarioGroup& group, const Port& port, bool nested);
    void explore_port(const Port& port);
    int finish();
    unsigned workers() const { return arguments_.workers == 0 ? core_count() : arguments_.workers; }
    static bool stopped() { return *InterruptGuard::asked() != 0; }

    const ExploreArguments& arguments_;
    Output& output_;
    KtapWriter ktap_;
    CiReports ci_;
    Progress progress_;
    Library library_;
    std::vector<Port> ports_;
    Json results_ = Json::array();
    bool our_bug_ = false;
    unsigned passed_ = 0, failed_ = 0, skipped_ = 0;
    unsigned undecided_ = 0;  // searches that were stopped
};

// Everything that can be wrong is said before anything runs.
void ExploreCommand::prepare() {
    require_known_strategy(arguments_.strategy);
    for (const std::string& name : arguments_.ports) ports_.push_back(open_port(name));
    if (ports_.empty()) ports_.push_back(open_port(default_port_name()));
    library_ = load_library(arguments_.targets);
    refuse_if_problems(library_);
    std::size_t searches = 0;
    std::vector<WayToExplore> ways;
    for (ScenarioGroup& group : library_.groups) {
        for (Scenario& scenario : group.scenarios) {
            use_stalls(scenario, arguments_.stalls);
            use_oracles(scenario, arguments_.oracles);
            search_options(scenario, arguments_);  // says what is wrong with the bounds
            ways.push_back({scenario.name, strategy_of(scenario)});
            if (!is_search(strategy_of(scenario))) continue;
            ++searches;
            if (arguments_.workers > kSearchWorkersMax)
                throw UsageError("--workers: the search of " + scenario.name +
                                 " can have at most " + std::to_string(kSearchWorkersMax) +
                                 ", found `" + std::to_string(arguments_.workers) + "`");
            if (scenario.machine.clock == ClockMode::timed)
                throw UsageError(scenario.name +
                                 ": clock timed leaves nothing to search; sample it "
                                 "(--strategy random) or use clock quiescent");
        }
    }
    refuse_useless_options(arguments_, ways);
    if (!arguments_.checkpoint.empty() && searches * ports_.size() != 1)
        throw UsageError(
            "--checkpoint: a file keeps one search, of one scenario on one port by "
            "strategy exhaustive");
}

SamplingOptions ExploreCommand::options_for(const Scenario& scenario) {
    SamplingOptions options;
    options.strategy = strategy_of(scenario);
    options.seed = arguments_.seed.value_or(kSeedDefault);
    options.executions = arguments_.executions;
    options.seconds = arguments_.seconds;
    options.plateau = arguments_.plateau ? arguments_.plateau : scenario.explore.plateau;
    if (!options.executions && !options.seconds && !arguments_.plateau)
        options.executions = scenario.explore.max_executions.value_or(kExecutionsDefault);
    const std::uint64_t depth =
        arguments_.depth.value_or(scenario.explore.depth.value_or(kDepthDefault));
    options.depth = static_cast<unsigned>(std::min<std::uint64_t>(depth, Estimates::kDepthMax));
    options.workers = workers();
    options.twice = arguments_.twice;
    options.fairness = wants_fairness(arguments_.oracles);
    options.keep_going = arguments_.keep_going;
    options.interrupted = InterruptGuard::asked();
    options.progress = [this, &scenario](std::uint64_t done, std::size_t findings) {
        progress_.show(scenario.name + ": " + counted(done, "execution") + ", " +
                       counted(findings, "finding"));
    };
    return options;
}

// As many as the strategy made; if that ended at its first finding, as many as it had.
std::uint64_t ExploreCommand::baseline_executions(const SamplingOptions& options,
                                                  const SamplingReport& chosen) const {
    const std::uint64_t made = std::max<std::uint64_t>(1, chosen.harvest.executions);
    if (chosen.end != SamplingReport::End::failure) return made;
    return std::max(made, options.executions.value_or(kExecutionsDefault));
}

// A failure is a failure, also if plain random executions met it and the strategy did not.
void collect_found(Explored& explored) {
    explored.found = explored.chosen.discoveries;
    explored.found_by_chosen = explored.found.size();
    if (!explored.baseline) return;
    const std::vector<Discovery>& chosen = explored.chosen.discoveries;
    for (const Discovery& other : explored.baseline->discoveries) {
        const std::string wanted = signature(other.failure);
        const bool known = std::any_of(chosen.begin(), chosen.end(), [&](const Discovery& found) {
            return signature(found.failure) == wanted;
        });
        if (known) continue;
        explored.found.push_back(other);
        explored.found.back().strategy += " (the baseline)";
    }
}

Explored ExploreCommand::sample_scenario(const Scenario& scenario, const Port& port) {
    Explored explored;
    explored.skip_reason = skip_reason(scenario, port);
    if (!explored.skip_reason.empty()) return explored;
    const SamplingOptions options = options_for(scenario);
    explored.chosen = sample(scenario, port, options);
    if (!arguments_.no_baseline && options.strategy != "random" && !stopped()) {
        SamplingOptions plain = options;
        plain.strategy = "random";
        plain.executions = baseline_executions(options, explored.chosen);
        plain.seconds.reset();
        plain.plateau.reset();
        explored.baseline = sample(scenario, port, plain);
    }
    progress_.clear();
    collect_found(explored);
    for (const Discovery& found : explored.found)
        explored.hints.push_back(store_failure(scenario, port, found.failure));
    explored.allowed = store_examples(scenario, port, explored.chosen.harvest);
    explored.missing = never_reached(port, explored.chosen.harvest);
    if (explored.baseline)
        explored.missed = pairs_missed(port, explored.chosen.harvest, explored.baseline->harvest);
    explored.absences = judge_absences(scenario, port, explored.chosen.harvest);
    return explored;
}

void ExploreCommand::count(const Explored& explored) {
    if (!explored.skip_reason.empty()) {
        ++skipped_;
        return;
    }
    for (const Discovery& found : explored.found)
        our_bug_ = our_bug_ || found.failure.kind == Failure::Kind::nondeterminism;
    ++(explored.found.empty() ? passed_ : failed_);
}

void ExploreCommand::count(const Searched& searched) {
    if (!searched.skip_reason.empty()) return void(++skipped_);
    ++(searched.undecided() ? undecided_ : searched.failed() ? failed_ : passed_);
}

void ExploreCommand::print_failure(const Scenario& scenario, const Failure& failure,
                                   const ReplayHint& hint, const std::string& how) {
    ktap_.comment(failure_headline(scenario, failure), Colour::red);
    if (!how.empty()) ktap_.comment("  " + how);
    if (!hint.command.empty()) ktap_.comment("  " + hint.command, Colour::bold);
    if (!hint.file.empty()) ktap_.comment("  the whole run in one file: " + hint.file);
    if (!hint.problem.empty()) ktap_.comment("  no repro file there: " + hint.problem);
}

void ExploreCommand::print_discoveries(const Scenario& scenario, const Explored& explored) {
    for (std::size_t i = 0; i < explored.found.size(); ++i) {
        const bool chosen = i < explored.found_by_chosen;
        const Discovery& found = explored.found[i];
        print_failure(scenario, found.failure, explored.hints[i],
                      discovery_text(found, chosen ? explored.chosen : *explored.baseline));
    }
}

void ExploreCommand::print(const Scenario& scenario, const Port& port, const Explored& explored) {
    if (!explored.skip_reason.empty())
        return ktap_.result(TestResult::skipped, scenario.name, explored.skip_reason);
    const SamplingReport& chosen = explored.chosen;
    ktap_.comment(scenario.name + ": " + scenario.summary, Colour::bold);
    print_discoveries(scenario, explored);
    ktap_.comment("  " + campaign_text(chosen, arguments_.seed.value_or(kSeedDefault)));
    const std::string promised = guarantee(scenario, chosen);
    if (!promised.empty()) ktap_.comment("  guarantee: " + promised);
    std::vector<const SamplingReport*> rows = {&chosen};
    if (explored.baseline) rows.push_back(&*explored.baseline);
    for (const std::string& line : campaign_table(rows)) ktap_.comment("  " + line);
    for (const std::string& line : never_reached_lines(explored.missing, coverable(port)))
        ktap_.comment("  " + line);
    if (!explored.missed.empty()) ktap_.comment("  " + missed_line(explored.missed));
    for (const Failure& absence : explored.absences) ktap_.comment("  not seen: " + absence.text);
    for (const auto& [finding, executions] : chosen.harvest.allowed) {
        ktap_.comment("  expected: " + finding + " (" + counted(executions, "execution") +
                      "): " + chosen.harvest.allowed_text.at(finding));
        for (const std::string& line : hint_lines(explored.allowed, finding))
            ktap_.comment("  " + line);
    }
    for (const std::string& line : fairness_lines(scenario, chosen.harvest.fairness))
        ktap_.comment("  " + line);
    for (const std::string& silent : not_judged_lines(chosen.harvest)) ktap_.comment("  " + silent);
    const bool passes = explored.found.empty();
    ktap_.result(passes ? TestResult::passed : TestResult::failed, scenario.name,
                 counted(chosen.harvest.executions, "execution") + ", " +
                     counted(chosen.harvest.steps, "step") + ", " +
                     counted(explored.found.size(), "finding"));
}

Json ExploreCommand::json_of(const Scenario& scenario, const Port& port,
                             const Explored& explored) const {
    Json json = {{"name", scenario.name}, {"path", scenario.path}, {"port", port.name}};
    if (!explored.skip_reason.empty()) {
        json["verdict"] = "skipped";
        json["skip_reason"] = explored.skip_reason;
        return json;
    }
    json["verdict"] = explored.found.empty() ? "nothing-found" : "found";
    json["sampling"] = sampling_json(explored.chosen);
    if (wants_fairness(arguments_.oracles))
        json["fairness"] = fairness_json(scenario, explored.chosen.harvest.fairness);
    const std::string promised = guarantee(scenario, explored.chosen);
    if (!promised.empty()) json["guarantee"] = promised;
    if (explored.baseline) json["baseline"] = sampling_json(*explored.baseline);
    json["findings"] = Json::array();
    for (std::size_t i = 0; i < explored.found.size(); ++i) {
        const Discovery& found = explored.found[i];
        Json one = failure_json(scenario, found.failure);
        one["strategy"] = found.strategy;
        one["execution"] = found.execution;
        one["times"] = found.times;
        if (!found.failure.site.empty()) one["site"] = found.failure.site;
        if (!explored.hints[i].command.empty()) one["replay"] = explored.hints[i].command;
        if (!explored.hints[i].file.empty()) one["repro_file"] = explored.hints[i].file;
        json["findings"].push_back(one);
    }
    json["never_reached"] = explored.missing;
    if (explored.baseline) json["reached_by_baseline_only"] = explored.missed;
    json["not_seen"] = Json::array();
    for (const Failure& absence : explored.absences) json["not_seen"].push_back(absence.text);
    json["not_judged"] = not_judged_lines(explored.chosen.harvest);
    json["allowed"] = Json::object();
    for (const auto& [finding, executions] : explored.chosen.harvest.allowed)
        json["allowed"][finding] = executions;
    json["allowed_examples"] = examples_json(scenario, explored.chosen.harvest, explored.allowed);
    return json;
}

// The lines and the JSON of an estimate: of executions, or of the states of a search.
void ExploreCommand::estimate(const Scenario& scenario, const Port& port) {
    const std::string skip = skip_reason(scenario, port);
    std::pair<std::vector<std::string>, Json> told;
    if (skip.empty() && is_search(strategy_of(scenario))) {
        StateEstimateOptions options;
        options.search = search_options(scenario, arguments_);
        options.search.workers = workers();
        options.search.interrupted = InterruptGuard::asked();
        options.seed = arguments_.seed.value_or(kSeedDefault);
        const StateEstimate found = estimate_states(scenario, port, options);
        const std::string bounds = describe_bounds(scenario, options.search);
        told = {estimate_lines(found, bounds), estimate_json(found, bounds)};
    } else if (skip.empty()) {
        RunOptions options;
        options.interrupted = InterruptGuard::asked();
        options.progress = [this, &scenario](std::uint64_t done, std::uint64_t total) {
            progress_.show(scenario.name + ": " + std::to_string(done) + "/" +
                           std::to_string(total) + " probes");
        };
        const SpaceEstimate space =
            estimate_space(scenario, port, options, arguments_.executions.value_or(kProbes));
        progress_.clear();
        told = {estimate_lines(space, workers()), estimate_json(space, workers())};
    }
    ++(skip.empty() ? passed_ : skipped_);
    ci_.begin(scenario, port, skip);
    if (arguments_.json) {
        Json json = {{"name", scenario.name}, {"path", scenario.path}, {"port", port.name}};
        json[skip.empty() ? "estimate" : "skip_reason"] = skip.empty() ? told.second : Json(skip);
        results_.push_back(json);
        return;
    }
    if (!skip.empty()) return ktap_.result(TestResult::skipped, scenario.name, skip);
    ktap_.comment(scenario.name + ": " + scenario.summary, Colour::bold);
    for (const std::string& line : told.first) ktap_.comment("  " + line);
    ktap_.result(TestResult::passed, scenario.name, "estimated, nothing judged");
}

void ExploreCommand::search(const Scenario& scenario, const Port& port) {
    SearchOptions options = search_options(scenario, arguments_);
    options.interrupted = InterruptGuard::asked();
    options.progress = [this, &scenario](const ExploreCounts& so_far) {
        progress_.show(scenario.name + ": " + counted(so_far.states, "state") + ", " +
                       counted(so_far.transitions, "transition"));
    };
    const Searched searched = search_and_store(scenario, port, options);
    progress_.clear();
    count(searched);
    ci_.begin(scenario, port,
              searched.undecided() ? "not decided: " + describe_end(searched.report)
                                   : searched.skip_reason);
    for (std::size_t i = 0; i < searched.report.failures.size(); ++i)
        ci_.add(scenario, port, searched.report.failures[i], searched.hints[i]);
    if (searched.absences_certain())
        for (const Failure& absence : searched.absences) ci_.add(scenario, port, absence, {});
    if (arguments_.json) return results_.push_back(search_json(scenario, port, searched));
    if (!searched.skip_reason.empty())
        return ktap_.result(TestResult::skipped, scenario.name, searched.skip_reason);
    ktap_.comment(scenario.name + ": " + scenario.summary, Colour::bold);
    for (std::size_t i = 0; i < searched.report.failures.size(); ++i)
        print_failure(scenario, searched.report.failures[i], searched.hints[i],
                      searched.report.failures[i].site.empty()
                          ? ""
                          : "at " + searched.report.failures[i].site);
    for (const std::string& line : search_lines(searched)) ktap_.comment("  " + line);
    const bool passes = !searched.failed() && !searched.undecided();
    ktap_.result(passes ? TestResult::passed : TestResult::failed, scenario.name,
                 search_summary(searched));
}

void ExploreCommand::explore(const Scenario& scenario, const Port& port) {
    // A scenario that is about another port is explored there, unless the command line names one.
    Port own;
    const bool left_out = stopped();
    const std::string name = arguments_.ports.empty() && !left_out ? port_of_its_own(scenario) : "";
    const bool pinned = !name.empty();
    if (pinned) own = open_port(name);
    const Port& used = pinned ? own : port;
    if (!left_out && arguments_.estimate) return estimate(scenario, used);
    if (!left_out && is_search(strategy_of(scenario))) return search(scenario, used);
    Explored explored;
    explored.skip_reason = kLeftOut;
    if (!left_out) explored = sample_scenario(scenario, used);
    count(explored);
    ci_.begin(scenario, used, explored.skip_reason);
    for (std::size_t i = 0; i < explored.found.size(); ++i)
        ci_.add(scenario, used, explored.found[i].failure, explored.hints[i]);
    if (arguments_.json)
        results_.push_back(json_of(scenario, used, explored));
    else
        print(scenario, used, explored);
}

void ExploreCommand::explore_group(const ScenarioGroup& group, const Port& port, bool nested) {
    if (!arguments_.json && nested) ktap_.begin_subtest(group.name);
    if (!arguments_.json) ktap_.plan(group.scenarios.size());
    for (const Scenario& scenario : group.scenarios) explore(scenario, port);
    if (!arguments_.json && nested) ktap_.end_subtest(group.name);
}

void ExploreCommand::explore_port(const Port& port) {
    const bool nested = ports_.size() > 1 && !arguments_.json;
    if (nested) ktap_.begin_subtest(port.name);
    if (!arguments_.json)
        ktap_.comment("lockstep " LOCKSTEP_VERSION ", port " + port.name + ": " +
                      (port.version.empty() ? "" : port.version + ", ") + port.arch + ", " +
                      port.config);
    const bool folders = library_.groups.size() > 1 || library_.groups.front().scenarios.size() > 1;
    if (!arguments_.json && folders) ktap_.plan(library_.groups.size());
    for (const ScenarioGroup& group : library_.groups) explore_group(group, port, folders);
    if (nested) ktap_.end_subtest(port.name);
}

int ExploreCommand::finish() {
    if (arguments_.json) {
        Json all = {{"format", "lockstep-explore-1"}, {"tool", "lockstep " LOCKSTEP_VERSION}};
        all["interrupted"] = stopped();
        all["scenarios"] = results_;
        all["totals"] = {{"passed", passed_},
                         {"failed", failed_},
                         {"skipped", skipped_},
                         {"undecided", undecided_}};
        output_.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
    } else {
        ktap_.comment("Totals: pass:" + std::to_string(passed_) +
                      " fail:" + std::to_string(failed_) + " skip:" + std::to_string(skipped_) +
                      (undecided_ > 0 ? " undecided:" + std::to_string(undecided_) : ""));
    }
    ci_.write(output_, arguments_.json);
    if (our_bug_) return kExitOurBug;
    if (failed_ > 0) return kExitNotAsExpected;
    if (stopped() || undecided_ > 0) return kExitTryAgain;
    return passed_ == 0 && skipped_ > 0 ? kExitAllSkipped : kExitAsExpected;
}

int ExploreCommand::run() {
    prepare();
    const InterruptGuard guard;
    if (!arguments_.json) ktap_.begin();
    if (!arguments_.json && ports_.size() > 1) ktap_.plan(ports_.size());
    for (const Port& port : ports_) explore_port(port);
    return finish();
}

}  // namespace

int command_explore(const ExploreArguments& arguments, Output& output) {
    InterruptGuard::forget();
    return ExploreCommand(arguments, output).run();
}

}  // namespace lockstep
