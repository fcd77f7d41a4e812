// Explaining one execution: it is replayed with a recorder and drawn or told call by call.
#include "tools/command.h"
#include "tools/describe.h"
#include "tools/picture.h"
#include "tools/recording.h"
#include "tools/waits.h"

namespace lockstep {

namespace {

Recording record(const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks) {
    Recording recording = name_recording(scenario, port);
    Recorder recorder(recording);
    RunOptions options;
    options.replay = picks;
    options.trace = &recorder;
    options.in_process = true;
    const RunReport report = run_scenario(scenario, port, options);
    recording.findings = report.first_result.findings;
    return recording;
}

}  // namespace

std::vector<std::string> picture_of(const Scenario& scenario, const Port& port,
                                    const std::vector<PickRun>& picks, unsigned width) {
    const Recording recording = record(scenario, port, picks);
    PictureOptions options;
    options.width = width;
    return draw_picture(recording, fold_waits(recording), options);
}

std::vector<std::string> calls_of(const Scenario& scenario, const Port& port,
                                  const std::vector<PickRun>& picks) {
    const Recording recording = record(scenario, port, picks);
    std::vector<std::string> lines;
    for (const Attempt& attempt : fold_waits(recording).attempts) {
        const TimeNs waited = attempt.end_time - attempt.begin_time;
        if (attempt.ended && attempt.ret == 0 && waited == 0) continue;
        std::string line =
            actor_text(attempt.who) + ": " + acquire_text(recording, attempt.lock, attempt.trylock);
        line += attempt.ended ? " = " + return_text(attempt.ret) + " after " + time_text(waited)
                              : " never returned";
        const std::string why = explain_attempt(recording, attempt);
        if (!why.empty()) line += " (" + why + ")";
        lines.push_back(line);
    }
    return lines;
}

}  // namespace lockstep
