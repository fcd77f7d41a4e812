// Reads tokens and repro files, and refuses what does not fit.
#include "tools/replay_source.h"

#include "scenarios/repro.h"
#include "sim/token.h"
#include "tools/command.h"
#include "tools/library.h"

namespace lockstep {

namespace {

ReplaySource refuse(const std::string& problem) {
    ReplaySource source;
    source.problems.push_back(problem);
    return source;
}

ReplaySource from_token(const ReplayArguments& arguments) {
    const auto read = read_token(arguments.what);
    if (const auto* problem = std::get_if<TokenProblem>(&read))
        return refuse("token: column " + std::to_string(problem->column) + ": " + problem->message);
    const Token& token = std::get<Token>(read);
    Library library = load_one(arguments.scenario.empty() ? token.scenario : arguments.scenario);
    ReplaySource source;
    source.problems = library.problems;
    if (!source.problems.empty()) return source;
    Scenario& scenario = library.groups.at(0).scenarios.at(0);
    if (scenario.name != token.scenario || scenario.hash != token.hash)
        return refuse("the token is of scenario " + token.scenario + " with hash " + token.hash +
                      ", but " + scenario.path + " is " + scenario.name + " with hash " +
                      scenario.hash + ": the file was changed since");
    source.port = port_or_default(arguments.port);
    source.picks = token.picks;
    source.scenario = std::move(scenario);
    return source;
}

ReplaySource from_file(const ReplayArguments& arguments) {
    std::string problem;
    const std::optional<std::string> text = read_text_file(arguments.what, problem);
    if (!text) return refuse(problem);
    const auto read = read_repro(*text);
    if (const auto* bad = std::get_if<ReproProblem>(&read))
        return refuse(arguments.what + ":" + std::to_string(bad->line) + ":1: " + bad->message);
    const Repro& repro = std::get<Repro>(read);
    auto inside = scenario_of(repro);
    if (const auto* bad = std::get_if<ReproProblem>(&inside))
        return refuse(arguments.what + ":" + std::to_string(bad->line) + ":1: " + bad->message);
    ReplaySource source;
    source.port = port_or_default(arguments.port.empty() ? repro.port : arguments.port);
    const std::string reason = refuses_port(repro, source.port);
    if (!reason.empty()) return refuse(arguments.what + ": " + reason);
    source.scenario = std::move(std::get<Scenario>(inside));
    source.picks = repro.picks;
    source.step_hash = repro.step_hash;
    return source;
}

}  // namespace

void add_replay_options(CLI::App& command, ReplayArguments& arguments) {
    command.add_option("what", arguments.what, "a token (v1:...) or a repro file")->required();
    command.add_option("--scenario", arguments.scenario, "the scenario file of a token");
    command.add_option("--port", arguments.port, "lock under test; a repro file names its own");
    command.add_flag("--json", arguments.as_json, "one JSON document instead of text");
}

bool looks_like_token(const std::string& text) {
    return text.size() > 2 && text[0] == 'v' && text.find(':') != std::string::npos &&
           text.find('/') > text.find(':');
}

ReplaySource find_replay_source(const ReplayArguments& arguments) {
    return looks_like_token(arguments.what) ? from_token(arguments) : from_file(arguments);
}

}  // namespace lockstep
