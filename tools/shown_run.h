// Shown run: the one execution that was typed, made and recorded: for show, step, report, export.
#pragma once

#include <optional>

#include "scenarios/inflection.h"
#include "tools/commands.h"
#include "tools/subject.h"
#include "tools/trace.h"

namespace lockstep {

// The trace refers to the port inside the subject, hence neither copied nor moved.
class ShownRun {
  public:
    // Runs or replays. Throws UsageError and PortError.
    explicit ShownRun(const ChosenRun& chosen);
    ShownRun(const ShownRun&) = delete;
    ShownRun& operator=(const ShownRun&) = delete;

    // What to exit with when the run left the recorded one, having said so; or nothing. Throws
    // UsageError if there is no run to show, or whatever it is that was asked for.
    std::optional<int> refused(const char* to_do = "show") const;
    // The pick that made the failure inevitable, or the first finding if all are allowed; nothing
    // if there is neither. Takes a while.
    std::optional<Inflection> inflection() const;

    Subject subject;
    Trace trace;
};

}  // namespace lockstep
