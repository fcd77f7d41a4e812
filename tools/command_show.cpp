// lockstep show: the picture and the step timeline of one execution.
#include <nlohmann/json.hpp>

#include "scenarios/repro.h"
#include "tools/command.h"
#include "tools/describe.h"
#include "tools/library.h"
#include "tools/picture.h"
#include "tools/recording.h"
#include "tools/replay_source.h"
#include "tools/timeline.h"
#include "tools/waits.h"

namespace lockstep {

namespace {

using nlohmann::json;

struct ShowArguments {
    ReplayArguments source;
    std::uint64_t seed = 0;
    unsigned width = 0;
    std::uint64_t from = 0;
    std::uint64_t to = ~std::uint64_t{0};
    bool picture_only = false;
};

bool is_repro(const std::string& what) {
    return what.size() > 6 && what.compare(what.size() - 6, 6, ".repro") == 0;
}

// A scenario is run first: its failing execution is shown, or else its first one.
ReplaySource run_for_picks(const ShowArguments& arguments) {
    ReplaySource source;
    Library library = load_one(arguments.source.what);
    source.problems = library.problems;
    if (!source.problems.empty()) return source;
    source.scenario = std::move(library.groups.at(0).scenarios.at(0));
    source.port = port_or_default(arguments.source.port);
    RunOptions options;
    if (arguments.seed != 0) {
        options.scheduler = "random";
        options.seed_first = options.seed_last = arguments.seed;
    }
    const RunReport report = run_scenario(*source.scenario, source.port, options);
    if (report.verdict == RunReport::Verdict::skipped)
        source.problems.push_back("skipped: " + report.skip_reason);
    source.picks = report.first_picks;
    for (const Failure& failure : report.failures)
        if (failure.result.steps != 0) {
            source.picks = failure.picks;
            break;
        }
    return source;
}

json events_json(const Recording& recording) {
    json events = json::array();
    for (const Event& event : recording.events)
        events.push_back({{"step", event.step},
                          {"time_ns", event.time},
                          {"cpu", event.cpu},
                          {"context", context_name(event.context)},
                          {"kind", event_kind_name(event.kind)},
                          {"text", event_text(recording, event)},
                          {"source", source_text(recording, event)}});
    return events;
}

int show(const ShowArguments& arguments, Output& output) {
    const bool recorded =
        looks_like_token(arguments.source.what) || is_repro(arguments.source.what);
    const ReplaySource source =
        recorded ? find_replay_source(arguments.source) : run_for_picks(arguments);
    for (const std::string& problem : source.problems) complain(problem);
    if (!source.problems.empty()) return kExitUsage;
    Recording recording = name_recording(*source.scenario, source.port);
    Recorder recorder(recording);
    RunOptions options;
    options.replay = source.picks;
    options.trace = &recorder;
    options.in_process = true;
    const RunReport report = run_scenario(*source.scenario, source.port, options);
    recording.findings = report.first_result.findings;
    if (arguments.source.as_json) {
        output.line(json({{"scenario", source.scenario->name},
                          {"port", source.port.name},
                          {"events", events_json(recording)}})
                        .dump(2));
        return kExitAsExpected;
    }
    const unsigned width = arguments.width != 0 ? arguments.width : output.width();
    output.line(output.paint(Colour::bold, source.scenario->name) + ": " +
                source.scenario->summary);
    output.line(port_line(source.port));
    output.line("");
    PictureOptions picture;
    picture.width = width;
    picture.step_from = arguments.from;
    picture.step_to = arguments.to;
    for (const std::string& line : draw_picture(recording, fold_waits(recording), picture))
        output.line(line);
    if (arguments.picture_only) return kExitAsExpected;
    output.line("");
    TimelineOptions timeline;
    timeline.width = width;
    timeline.step_from = arguments.from;
    timeline.step_to = arguments.to;
    for (const std::string& line : draw_timeline(recording, timeline)) output.line(line);
    return kExitAsExpected;
}

}  // namespace

void add_show_command(CLI::App& app, CommandBody& body) {
    const auto arguments = std::make_shared<ShowArguments>();
    CLI::App* const command = app.add_subcommand("show", "draw one execution, step by step");
    command->add_option("what", arguments->source.what, "a token, a repro file or a scenario")
        ->required();
    command->add_option("--scenario", arguments->source.scenario, "the scenario file of a token");
    command->add_option("--port", arguments->source.port, "lock under test");
    command->add_option("--seed", arguments->seed, "of a scenario: the random schedule to show");
    command->add_option("--width", arguments->width, "columns to use")->check(CLI::Range(60, 400));
    command->add_option("--from", arguments->from, "first step to show");
    command->add_option("--to", arguments->to, "last step to show");
    command->add_flag("--picture", arguments->picture_only, "only the picture, no timeline");
    command->add_flag("--json", arguments->source.as_json, "the events as JSON");
    command->footer(
        "The picture has one column per CPU; the timeline one line per step, with the contexts\n"
        "stacked on each CPU, the lock word as (tail,pending,locked), and the source line.\n\n"
        "Examples:\n"
        "  lockstep show abba-2cpu --port linux/x86_64\n"
        "  lockstep show aa-nmi --from 5 --to 20");
    command->callback([arguments, &body] {
        body = [arguments](Output& output) { return show(*arguments, output); };
    });
}

}  // namespace lockstep
