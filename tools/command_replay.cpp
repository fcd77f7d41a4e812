// lockstep replay: one execution again, from a token or a repro file.
#include <nlohmann/json.hpp>

#include "scenarios/repro.h"
#include "sim/token.h"
#include "tools/command.h"
#include "tools/library.h"
#include "tools/replay_source.h"

namespace lockstep {

namespace {

using nlohmann::json;

std::string hex(std::uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

int tell_divergence(const ReplaySource& source, const RunReport& report) {
    const std::uint64_t at = report.first_result.diverged_at - 1;
    std::uint64_t seen = 0;
    std::string recorded = "no further pick";
    for (const PickRun& run : source.picks) {
        seen += run.times;
        if (at >= seen) continue;
        recorded = "option " + std::to_string(run.index) + " of " + std::to_string(run.bound);
        break;
    }
    complain("the replay diverged at pick " + std::to_string(at) + ", after " +
             std::to_string(report.first_result.steps) + " steps: recorded is " + recorded +
             ", but now there is another number of options; scenario, port or lockstep changed");
    return kExitUsage;
}

int replay(const ReplayArguments& arguments, Output& output) {
    const ReplaySource source = find_replay_source(arguments);
    for (const std::string& problem : source.problems) complain(problem);
    if (!source.problems.empty()) return kExitUsage;
    RunOptions options;
    options.replay = source.picks;
    const RunReport report = run_scenario(*source.scenario, source.port, options);
    if (report.verdict == RunReport::Verdict::skipped) {
        complain("skipped: " + report.skip_reason);
        return kExitAllSkipped;
    }
    if (report.first_result.diverged_at != 0) return tell_divergence(source, report);
    const std::uint64_t hash = report.first_result.step_hash;
    const bool same = !source.step_hash || *source.step_hash == hash;
    const bool ok = report.verdict == RunReport::Verdict::as_expected;
    if (arguments.as_json) {
        json failures = json::array();
        for (const Failure& failure : report.failures)
            failures.push_back({{"kind", failure_kind_name(failure.kind)},
                                {"text", failure.text},
                                {"oracle", failure.oracle},
                                {"word", failure.word}});
        output.line(json({{"scenario", source.scenario->name},
                          {"port", source.port.name},
                          {"steps", report.first_result.steps},
                          {"step_hash", hex(hash)},
                          {"as_recorded", same},
                          {"as_expected", ok},
                          {"failures", failures}})
                        .dump(2));
    } else {
        output.line("# " + port_line(source.port));
        output.line("# " + source.scenario->name + ": " +
                    std::to_string(report.first_result.steps) + " steps, step hash " + hex(hash) +
                    (source.step_hash ? (same ? " (as recorded)" : " (NOT as recorded)") : ""));
        for (const Failure& failure : report.failures)
            output.line((failure.oracle.empty()
                             ? std::string()
                             : "[" + failure.oracle + "/" + failure.word + "] ") +
                        failure.text);
        const unsigned width = output.width();
        for (const std::string& line :
             picture_of(*source.scenario, source.port, source.picks, width))
            output.line(line);
        output.line(ok ? "as expected" : "not as expected: the failure is reproduced");
    }
    if (!same) {
        complain("the steps differ from the recorded run (step hash " + hex(*source.step_hash) +
                 "): this is a bug of lockstep, or the port was built from other sources");
        return kExitOurBug;
    }
    return ok ? kExitAsExpected : kExitNotAsExpected;
}

}  // namespace

void add_replay_command(CLI::App& app, CommandBody& body) {
    const auto arguments = std::make_shared<ReplayArguments>();
    CLI::App* const command = app.add_subcommand("replay", "run one recorded execution again");
    add_replay_options(*command, *arguments);
    command->footer(
        "A repro file is complete: scenario, port and picks are in it, and it may be mailed. A "
        "token\n"
        "names its scenario, which must be in the library or be given with --scenario.\n\n"
        "Examples:\n"
        "  lockstep replay aa-nmi-rqspinlock-1f00c0de.repro\n"
        "  lockstep replay 'v1:aa-nmi:1f00c0de:0/2*14.1/3' --port rqspinlock\n\n"
        "Exit codes: 0 the run is as the scenario expects, 1 it is not (the failure is back),\n"
        "64 the input is damaged or does not fit this port, 70 the steps differ");
    command->callback([arguments, &body] {
        body = [arguments](Output& output) { return replay(*arguments, output); };
    });
}

}  // namespace lockstep
