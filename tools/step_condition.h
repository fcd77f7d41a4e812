// Step condition: where to stop, in the words of a scenario's script and of its expectations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scenarios/scenario.h"
#include "sim/event.h"

namespace lockstep {

struct StepCondition {
    enum class Kind : std::uint8_t {
        finding,     // an oracle speaks
        error,       // a lock call returns an error
        returned,    // a lock call returns
        point,       // a lock point is reached
        label,       // a label of a body is reached
        holds,       // a lock is taken
        waits,       // somebody parks
        exited,      // a task ends
        acts,        // the CPU makes a step
        step,        // this step
        expression,  // it is true
    };
    Kind kind = Kind::finding;
    std::optional<CpuId> cpu;  // only what this CPU does
    LockId lock = kNoLock;     // only at this lock
    PointId point = 0;
    std::uint64_t label = 0;  // as Event::value
    std::uint64_t step = 0;
    Expression expression;
};

// `[cpuN] finding | error | returned [LOCK] | point NAME [of LOCK] | label [PROGRAM.]NAME |
// holds LOCK | waits | exited | cpu N | step N | EXPRESSION`, or what is wrong with it.
std::variant<StepCondition, std::string> read_step_condition(const Scenario& scenario,
                                                             const std::vector<std::string>& words);
// Is it this event? Never for finding, step and expression, which are not events.
bool is_met_by(const StepCondition& condition, const Event& event);
// "cpu3" or "3"; nothing if there is no such CPU.
std::optional<CpuId> read_cpu(const Scenario& scenario, const std::string& word);

}  // namespace lockstep
