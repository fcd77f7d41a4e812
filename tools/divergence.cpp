// Finding both sides of the first difference.
#include "tools/divergence.h"

#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr std::uint16_t kBoundTried = 200;

// The picks before number `count`, in run-length form.
std::vector<PickRun> first_picks(const std::vector<PickRun>& picks, std::uint64_t count) {
    std::vector<PickRun> first;
    for (PickRun run : picks) {
        if (count == 0) break;
        if (run.times > count) run.times = static_cast<std::uint32_t>(count);
        count -= run.times;
        first.push_back(run);
    }
    return first;
}

const PickRun* pick_number(const std::vector<PickRun>& picks, std::uint64_t number) {
    for (const PickRun& run : picks) {
        if (number < run.times) return &run;
        number -= run.times;
    }
    return nullptr;
}

std::uint64_t count_picks(const std::vector<PickRun>& picks) {
    std::uint64_t count = 0;
    for (const PickRun& run : picks) count += run.times;
    return count;
}

// How many options the machine really has after these picks: the bound that fits. 0 = the
// execution has no choice left there.
std::uint16_t options_after(const Subject& subject, const std::vector<PickRun>& prefix) {
    for (std::uint16_t bound = 2; bound <= kBoundTried; ++bound) {
        RunOptions options;
        options.in_process = true;
        options.replay = prefix;
        options.replay->push_back({0, bound, 1});
        RunReport report = run_scenario(subject.scenario, subject.port, options);
        // It fits if it was taken; an execution that ends before asks for nothing more.
        bool taken = count_picks(result_of(report).picks) > count_picks(prefix);
        if (result_of(report).diverged_at == 0 && taken) return bound;
        if (result_of(report).diverged_at > count_picks(prefix) + 1) return bound;
    }
    return 0;
}

std::vector<std::string> pick_difference(const Subject& subject, const Trace& trace,
                                         std::uint64_t number) {
    const ExecutionResult& result = result_of(trace.report);
    const PickRun* recorded = pick_number(subject.picks, number);
    std::vector<std::string> lines;
    lines.push_back("the replay leaves the recorded execution at pick " +
                    std::to_string(number + 1) + ", step " + std::to_string(result.steps));
    lines.push_back("  recorded: " + (recorded == nullptr
                                          ? "nothing, the picks end here"
                                          : "option " + std::to_string(recorded->index) + " of " +
                                                std::to_string(recorded->bound)));
    std::uint16_t now = trace.crashed ? std::uint16_t{0}
                                      : options_after(subject, first_picks(subject.picks, number));
    lines.push_back("  here:     " + (now == 0 ? std::string("no choice of that kind")
                                               : "a choice among " + counted(now, "option")));
    // The last event is the end itself; what came before it is the last thing both sides share.
    const std::vector<Event>& events = trace.recording.events;
    for (std::size_t i = events.size(); i-- > 0;) {
        if (events[i].kind == EventKind::execution_end) continue;
        lines.push_back(
            "  last step they share: " + context_text(events[i].cpu, events[i].context) + ": " +
            event_text(trace.recording, events[i]) + "  " +
            source_text(trace.recording, events[i]));
        break;
    }
    return lines;
}

}  // namespace

std::vector<std::string> describe_divergence(const Subject& subject, const Trace& trace) {
    const ExecutionResult& result = result_of(trace.report);
    if (result.diverged_at != 0) return pick_difference(subject, trace, result.diverged_at - 1);
    std::uint64_t taken = count_picks(result.picks);
    if (taken < count_picks(subject.picks)) return pick_difference(subject, trace, taken);
    if (!subject.repro || subject.repro->step_hash == result.step_hash) return {};
    // A crashed worker cannot tell how far it came.
    if (trace.crashed) return {};
    return {"all picks fit, but the steps are not the recorded ones",
            "  recorded: " + counted(subject.repro->steps, "step") + ", step hash " +
                hash_text(subject.repro->step_hash),
            "  here:     " + counted(result.steps, "step") + ", step hash " +
                hash_text(result.step_hash)};
}

}  // namespace lockstep
