// Wording failures and results.
#include "tools/failure_text.h"

#include <algorithm>

#include "scenarios/repro.h"
#include "tools/describe.h"
#include "tools/picture.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr std::size_t kAttemptsShown = 12;
constexpr std::size_t kExplanationsShown = 6;

}  // namespace

std::string failure_headline(const Scenario& scenario, const Failure& failure) {
    std::string text = "FAIL ";
    if (failure.oracle.empty())
        text += failure_kind_name(failure.kind);
    else
        text += failure.oracle + (failure.word.empty() ? "" : " (" + failure.word + ")");
    text += ": " + failure.text;
    if (failure.line != 0) text += "  [" + scenario.path + ":" + std::to_string(failure.line) + "]";
    return text;
}

std::vector<std::string> attempt_lines(const Scenario& scenario, const Port& port,
                                       const RunReport& report) {
    Recording names = name_recording(scenario, port);
    std::vector<std::string> lines;
    for (const AcquireRecord& record : report.first) {
        if (lines.size() == kAttemptsShown) {
            lines.push_back("... and " +
                            counted(report.first.size() - kAttemptsShown, "more attempt"));
            break;
        }
        LockId lock = kNoLock;
        for (std::size_t i = 0; i < names.locks.size(); ++i)
            if (names.locks[i] == record.lock) lock = static_cast<LockId>(i);
        std::string after = record.wait_ns == 0 ? "" : " after " + time_text(record.wait_ns);
        lines.push_back(record.program + "@" + std::to_string(record.cpu) + ": " +
                        acquire_text(names, lock, false) + " = " + return_text(record.ret) + after);
    }
    return lines;
}

std::vector<std::string> explanation_lines(const Recording& recording, const Waits& waits) {
    std::vector<std::string> lines;
    for (const Attempt& attempt : waits.attempts) {
        std::string why = explain_attempt(recording, attempt);
        if (why.empty()) continue;
        std::string got = attempt.ended ? return_text(attempt.ret) : "no return";
        std::string line = actor_text(attempt.who) + " " + got + ": " + why;
        if (std::find(lines.begin(), lines.end(), line) != lines.end()) continue;
        if (lines.size() == kExplanationsShown) {
            lines.push_back("...");
            break;
        }
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> picture_lines(const Recording& recording, const Waits& waits,
                                       unsigned width, unsigned rows_max) {
    if (recording.events.empty()) return {};
    PictureOptions options;
    options.width = width;
    options.rows_max = rows_max;
    std::vector<std::string> lines = draw_picture(recording, waits, options);
    std::vector<std::string> chains;
    for (const Attempt& attempt : waits.attempts) {
        bool failed = !attempt.ended || attempt.ret != 0;
        if (!failed || !attempt.chain.cycle) continue;
        // Every member of a cycle tells the same cycle: the first one is enough.
        std::string chain = "The cycle: " + chain_text(recording, attempt.chain);
        if (chains.empty()) chains.push_back(chain);
    }
    if (!chains.empty()) lines.push_back("");
    for (const std::string& chain : chains)
        for (const std::string& part : wrap(chain, width)) lines.push_back(part);
    return lines;
}

}  // namespace lockstep
