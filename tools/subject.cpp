// Reading tokens and repro files for replay and show.
#include "tools/subject.h"

#include <filesystem>
#include <variant>

#include "scenarios/prepare.h"
#include "sim/token.h"
#include "tools/commands.h"
#include "tools/library.h"
#include "tools/option_oracle.h"
#include "tools/schedule_choice.h"

namespace lockstep {

namespace {

Subject read_token_subject(const std::string& text, const std::string& scenario,
                           const std::string& port) {
    std::variant<Token, TokenProblem> read = read_token(text);
    if (const TokenProblem* problem = std::get_if<TokenProblem>(&read))
        throw UsageError("token:" + std::to_string(problem->column) + ": " + problem->message);
    const Token& token = std::get<Token>(read);
    Subject subject;
    subject.scenario = read_only_scenario(scenario.empty() ? token.scenario : scenario);
    subject.picks = token.picks;
    const Scenario& found = subject.scenario;
    if (found.name != token.scenario)
        throw UsageError("refused: the token is of scenario " + token.scenario + ", but " +
                         found.path + " is scenario " + found.name);
    if (found.hash != token.hash)
        throw UsageError("refused: scenario " + found.name + " has changed: the token was made " +
                         "from text with hash " + token.hash + ", " + found.path + " has " +
                         found.hash);
    subject.port = port_of(found, port);
    return subject;
}

Subject read_repro_subject(const std::string& path, const std::string& scenario,
                           const std::string& port) {
    std::string problem;
    std::optional<std::string> text = read_text_file(path, problem);
    if (!text) throw UsageError(problem);
    std::variant<Repro, ReproProblem> read = read_repro(*text);
    if (const ReproProblem* wrong = std::get_if<ReproProblem>(&read))
        throw UsageError(path + ":" + std::to_string(wrong->line) + ":1: " + wrong->message);
    Subject subject;
    subject.repro = std::get<Repro>(read);
    const Repro& repro = *subject.repro;
    if (repro.engine != kEngineVersion)
        throw UsageError("refused: " + path + " was made with engine " +
                         std::to_string(repro.engine) + ", this lockstep has engine " +
                         std::to_string(kEngineVersion));
    std::variant<Scenario, ReproProblem> inside = scenario_of(repro);
    if (const ReproProblem* wrong = std::get_if<ReproProblem>(&inside))
        throw UsageError(path + ":" + std::to_string(wrong->line) + ":1: " + wrong->message);
    subject.scenario = std::get<Scenario>(inside);
    subject.picks = repro.picks;
    ask_oracle(subject.scenario, repro.oracle);
    if (!scenario.empty()) {
        Scenario other = read_only_scenario(scenario);
        if (other.hash != repro.scenario_hash)
            throw UsageError("refused: " + path + " holds scenario " + repro.scenario_name +
                             " with hash " + repro.scenario_hash + ", " + other.path + " has " +
                             other.hash);
    }
    subject.port = open_port(port.empty() ? repro.port : port);
    std::string why = refuses_port(repro, subject.port);
    if (!why.empty()) throw UsageError("refused: " + path + ": " + why);
    return subject;
}

}  // namespace

bool is_token(const std::string& text) {
    std::error_code error;
    return text.starts_with("v1:") && !std::filesystem::exists(text, error);
}

Scenario read_only_scenario(const std::string& target) {
    Library library = load_one(target);
    refuse_if_problems(library);
    return library.groups.front().scenarios.front();
}

Port port_of(const Scenario& scenario, const std::string& name) {
    if (!name.empty()) return open_port(name);
    const std::string own = port_of_its_own(scenario);
    return open_port(own.empty() ? default_port_name() : own);
}

Subject read_subject(const std::string& what, const std::string& scenario,
                     const std::string& port) {
    if (is_token(what)) return read_token_subject(what, scenario, port);
    std::error_code error;
    if (what.ends_with(".repro") && !std::filesystem::exists(what, error))
        throw UsageError(what + ": no such file");
    if (!std::filesystem::exists(what, error))
        throw UsageError("expected a token (v1:name:hash:picks) or a repro file, found `" + what +
                         "`");
    return read_repro_subject(what, scenario, port);
}

namespace {

Subject run_for_subject(const ChosenRun& wanted) {
    check_scheduler(wanted.scheduler);
    Subject subject;
    subject.scenario = read_only_scenario(wanted.what);
    subject.port = port_of(subject.scenario, wanted.port);
    use_oracles(subject.scenario, wanted.oracles);
    RunOptions options;
    options.scheduler = wanted.scheduler;
    if (wanted.seed) {
        if (options.scheduler.empty()) options.scheduler = "random";
        options.seed_first = options.seed_last = *wanted.seed;
    }
    RunReport report = run_scenario(subject.scenario, subject.port, options);
    if (report.verdict == RunReport::Verdict::skipped)
        throw UsageError("scenario " + subject.scenario.name + " is skipped on port " +
                         subject.port.name + ": " + report.skip_reason);
    subject.picks = report.first_picks;
    for (const Failure& failure : report.failures) {
        if (failure.result.steps == 0) continue;
        subject.picks = failure.picks;
        break;
    }
    return subject;
}

}  // namespace

Subject choose_subject(const ChosenRun& chosen) {
    const bool recorded = is_token(chosen.what) || chosen.what.ends_with(".repro");
    if (!recorded) return run_for_subject(chosen);
    if (chosen.seed)
        throw UsageError("--seed is for a scenario; a token or repro file is one execution");
    Subject subject = read_subject(chosen.what, chosen.scenario, chosen.port);
    use_oracles(subject.scenario, chosen.oracles);
    return subject;
}

}  // namespace lockstep
