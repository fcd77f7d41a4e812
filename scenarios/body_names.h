// The names a body or an expression may use, and where they may be used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/reader_problems.h"
#include "sim/types.h"

namespace lockstep {

struct ProgramNames {
    std::string name;
    Position at;
    Words registers;
    Words labels;
    std::uint64_t task_cpus = 0;     // bit per CPU
    std::uint64_t handler_cpus = 0;  // bit per CPU; all CPUs for a handler that follows a role
    bool in_interrupt = false;       // run by an injection
    bool mentioned = false;          // something is meant to run it, though perhaps wrongly
    bool runs_on(unsigned cpu) const { return ((task_cpus | handler_cpus) >> cpu & 1) != 0; }
};

struct ParameterNames {
    std::string name;
    std::vector<std::string> values;  // per CPU: the name of a lock or variable, or digits
};

// Which lock functions fit the locks of the scenario.
enum class LockFamily : std::uint8_t { resilient, plain };

struct Names {
    unsigned cpus = 1;
    Words locks;
    LockFamily family = LockFamily::resilient;
    std::string lock_class = "rqspinlock";
    Words variables;
    std::vector<ParameterNames> params;
    std::vector<ProgramNames> programs;
    unsigned tasks = 0;
    unsigned injections = 0;
    // The points of the only injection that has any; `at` means the one of this execution.
    std::vector<PointId> family_points;
    unsigned injections_with_points = 0;

    Words program_names() const {
        Words words;
        for (const ProgramNames& program : programs) words.push_back(program.name);
        return words;
    }
};

// The index of a word, or nothing.
inline std::optional<std::uint16_t> index_of(const Words& words, std::string_view word) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == word) return static_cast<std::uint16_t>(i);
    return std::nullopt;
}

const Words& errno_words();  // EDEADLK, ETIMEDOUT, EBUSY
const Words& point_words();  // all names of lock points
// Words with a meaning of their own in bodies and expressions: no register or variable.
const Words& reserved_words();

}  // namespace lockstep
