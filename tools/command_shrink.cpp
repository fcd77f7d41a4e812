// lockstep shrink: a failing run made smaller, told from the inside of the lock outwards: what is
// left, what it is replayed with, and where it became inevitable.
#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "scenarios/repro.h"
#include "scenarios/shrink.h"
#include "sim/token.h"
#include "tools/commands.h"
#include "tools/describe.h"
#include "tools/failure_text.h"
#include "tools/finding_text.h"
#include "tools/inflection_text.h"
#include "tools/interrupt.h"
#include "tools/option_oracle.h"
#include "tools/repro_store.h"
#include "tools/subject.h"
#include "tools/text_columns.h"
#include "tools/trace.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct ShrinkCommand {
    const ShrinkArguments& arguments;
    Output& output;
    Subject subject;
    Shrunk shrunk;
    std::string token, file, command;
    Trace trace;
    std::optional<Inflection> inflection;

    // What the repro file holds: the smallest there is.
    const Scenario& scenario() const {
        return shrunk.smaller ? shrunk.smaller->scenario : subject.scenario;
    }
    const Failing& smallest() const {
        return shrunk.smaller ? shrunk.smaller->best : shrunk.schedule;
    }
    // If a repro file was kept for another failure of the run than its first: what it says. Or
    // empty.
    std::string kept_for() const;
    void shrink_it();
    void explain();
    void store();
    void print();
    void print_scenario();
    void print_json();
};

std::string sizes_text(const Failing& failing) {
    const ScheduleCost cost = cost_of(failing);
    return counted(cost.picks, "pick") + " in " + counted(cost.runs, "run") + ", " +
           counted(failing.failure.result.steps, "step");
}

std::size_t line_count(const Scenario& scenario) {
    return static_cast<std::size_t>(std::count(scenario.text.begin(), scenario.text.end(), '\n'));
}

std::string text_sizes(const Scenario& scenario) {
    return counted(line_count(scenario), "line") + ", " + counted(scenario.machine.cpus, "CPU");
}

Json sizes_json(const Failing& failing) {
    const ScheduleCost cost = cost_of(failing);
    return {{"strikes", cost.strikes},
            {"runs", cost.runs},
            {"picks", cost.picks},
            {"picks_text", cost.text},
            {"steps", failing.failure.result.steps},
            {"step_hash", hash_text(failing.failure.result.step_hash)}};
}

// The folder of -o is looked at before the work is done, not after.
void check_out(const std::string& out) {
    if (out.empty()) return;
    if (!out.ends_with(".repro")) throw UsageError("-o: expected a name that ends in .repro");
    const fs::path folder = fs::path(out).parent_path();
    std::error_code error;
    if (!folder.empty() && !fs::is_directory(folder, error))
        throw UsageError("-o: " + folder.string() + " is not a folder");
}

void ShrinkCommand::shrink_it() {
    Progress progress;
    InterruptGuard guard;
    ShrinkOptions options;
    options.keep_scenario = arguments.keep_scenario;
    options.interrupted = InterruptGuard::asked();
    options.progress = [&](const std::string& state) {
        progress.show(subject.scenario.name + ": " + state);
    };
    shrunk = shrink(subject.scenario, subject.port, subject.picks, options);
    progress.clear();
    if (shrunk.refused.empty()) return;
    if (*InterruptGuard::asked() != 0) throw TryAgain(shrunk.refused);
    throw UsageError("nothing to shrink: " + shrunk.refused);
}

std::string ShrinkCommand::kept_for() const {
    if (!subject.repro) return {};
    const Repro& repro = *subject.repro;
    const Failure& first = shrunk.given.failure;
    if (repro.kind == failure_kind_name(first.kind) && repro.oracle == first.oracle &&
        repro.word == first.word)
        return {};
    if (repro.oracle.empty()) return repro.kind;
    return repro.oracle + (repro.word.empty() ? "" : "/" + repro.word);
}

void ShrinkCommand::store() {
    const Scenario& given = subject.scenario;
    token = write_token({given.name, given.hash, shrunk.schedule.failure.picks});
    const Failure& failure = smallest().failure;
    if (arguments.out.empty()) {
        file = store_failure(scenario(), subject.port, failure).file;
    } else {
        const Repro repro =
            make_repro(scenario(), subject.port, failure, "lockstep " LOCKSTEP_VERSION);
        if (std::optional<std::string> problem = save_repro(repro, arguments.out))
            throw TryAgain(*problem);
        file = arguments.out;
    }
    if (!file.empty()) command = "lockstep replay " + shell_word(file);
}

void ShrinkCommand::explain() {
    const std::vector<PickRun>& picks = smallest().failure.picks;
    trace = trace_picks(scenario(), subject.port, picks, true);
    if (shrunk.interrupted) return;
    Progress progress;
    InterruptGuard guard;
    inflection = inflection_of(scenario(), subject.port, picks, InterruptGuard::asked(),
                               [&](const std::string& state) { progress.show(state); });
    progress.clear();
}

void ShrinkCommand::print() {
    output.line("shrink of " + scenario().name + " on port " + subject.port.name);
    output.line(output.paint(Colour::red, failure_headline(scenario(), smallest().failure)));
    if (const std::string kept = kept_for(); !kept.empty())
        output.line("note: the file was kept for " + kept +
                    "; the run fails in this way before, and this is what was made smaller");
    output.line("");
    output.line("given:    " + sizes_text(shrunk.given));
    output.line("schedule: " + sizes_text(shrunk.schedule));
    if (shrunk.smaller)
        output.line("scenario: " + sizes_text(shrunk.smaller->best) + ", " +
                    text_sizes(subject.scenario) + " -> " + text_sizes(scenario()));
    output.line("          " + counted(shrunk.executions, "execution") + " to find it" +
                (shrunk.interrupted ? "; interrupted, this is the best so far"
                 : shrunk.exhausted ? "; it was given up: shrinking the result again goes on"
                                    : ""));
    Waits waits = fold_waits(trace.recording);
    output.line("");
    unsigned width = arguments.width != 0 ? arguments.width : std::max(80U, output.width());
    for (const std::string& line : picture_lines(trace.recording, waits, width, 48))
        output.line(line);
    if (trace.crashed) output.line("(no picture: the code under test crashed)");
    output.line("");
    for (const std::string& line : explanation_lines(trace.recording, waits)) output.line(line);
    for (const std::string& line : finding_lines(trace.recording, waits)) output.line(line);
    output.line("");
    if (inflection) {
        for (const std::string& line : inflection_lines(trace.recording, *inflection, width))
            output.line(line);
        output.line("");
    }
    if (shrunk.smaller) print_scenario();
    output.line("token: " + token);
    if (!command.empty()) output.line(output.paint(Colour::bold, command));
}

void ShrinkCommand::print_scenario() {
    output.line("The smaller scenario (it is in the repro file):");
    const std::string& text = scenario().text;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        output.line("  " + text.substr(begin, end - begin));
        begin = end + 1;
    }
    output.line("");
}

void ShrinkCommand::print_json() {
    const Failure& failure = shrunk.schedule.failure;
    Json json = {{"format", "lockstep-shrink-1"},
                 {"scenario", subject.scenario.name},
                 {"port", subject.port.name},
                 {"failure", {{"kind", failure_kind_name(failure.kind)}, {"text", failure.text}}}};
    if (!failure.oracle.empty()) json["failure"]["oracle"] = failure.oracle;
    if (!failure.word.empty()) json["failure"]["word"] = failure.word;
    if (const std::string kept = kept_for(); !kept.empty()) json["kept_for"] = kept;
    json["executions"] = shrunk.executions;
    json["interrupted"] = shrunk.interrupted;
    json["exhausted"] = shrunk.exhausted;
    json["given"] = sizes_json(shrunk.given);
    json["schedule"] = sizes_json(shrunk.schedule);
    json["schedule"]["token"] = token;
    if (shrunk.smaller) {
        json["smaller"] = sizes_json(smallest());
        json["smaller"]["cpus"] = scenario().machine.cpus;
        json["smaller"]["injections"] = scenario().injections.size();
        json["smaller"]["lines"] = line_count(scenario());
        json["smaller"]["text"] = scenario().text;
    }
    const Waits waits = fold_waits(trace.recording);
    json["explanation"] = explanation_lines(trace.recording, waits);
    json["moment"] = finding_lines(trace.recording, waits);
    if (inflection) json["inflection"] = inflection_json(trace.recording, *inflection);
    if (!file.empty()) json["repro_file"] = file;
    if (!command.empty()) json["replay"] = command;
    output.line(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int command_shrink(const ShrinkArguments& arguments, Output& output) {
    InterruptGuard::forget();
    check_out(arguments.out);
    ShrinkCommand command{arguments, output, {}, {}, "", "", "", {}, {}};
    command.subject = read_subject(arguments.what, arguments.scenario, arguments.port);
    use_oracles(command.subject.scenario, arguments.oracles);
    command.shrink_it();
    command.store();
    command.explain();
    if (arguments.json)
        command.print_json();
    else
        command.print();
    return command.shrunk.interrupted ? kExitTryAgain : kExitAsExpected;
}

}  // namespace lockstep
