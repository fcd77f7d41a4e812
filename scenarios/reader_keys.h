// Every key and every fixed word of a scenario file, in one place: the reader refuses what is not
// listed here, and a test holds scenario-v1.schema.json against these tables.
#pragma once

#include <cstdint>
#include <string_view>

#include "scenarios/reader_problems.h"

namespace lockstep {

// A mapping of the file and one key it may have. Mappings with free keys (locks, programs, ...)
// are not listed.
struct KeyEntry {
    std::string_view mapping;  // "" is the top
    std::string_view key;
    bool required = false;
};

inline constexpr KeyEntry kKeys[] = {
    {"", "scenario", true},
    {"", "name", true},
    {"", "summary"},
    {"", "story"},
    {"", "tags"},
    {"", "machine"},
    {"", "requires"},
    {"", "locks", true},
    {"", "variables"},
    {"", "params"},
    {"", "programs", true},
    {"", "cpus", true},
    {"", "inject"},
    {"", "script"},
    {"", "explore"},
    {"", "oracles"},
    {"", "verdicts"},
    {"", "upstream"},
    {"", "expect", true},
    {"", "allow"},
    {"machine", "cpus"},
    {"machine", "arch"},
    {"machine", "port"},
    {"machine", "nr_cpus"},
    {"machine", "memory"},
    {"machine", "clock"},
    {"machine", "leaps"},
    {"machine", "spurious_wakeups"},
    {"machine", "event_stream"},
    {"machine", "steps_max"},
    {"machine", "time_max"},
    {"cpu", "task"},
    {"cpu", "tasks"},
    {"inject", "ctx", true},
    {"inject", "cpu", true},
    {"inject", "run"},
    {"inject", "for"},
    {"inject", "times"},
    {"inject", "at"},
    {"inject.cpu", "role", true},
    {"inject.cpu", "lock", true},
    {"inject.at", "step"},
    {"inject.at", "program"},
    {"inject.at", "label"},
    {"inject.at", "point"},
    {"inject.at", "lock"},
    {"explore", "strategy", true},
    {"explore", "depth"},
    {"explore", "preemption_bound"},
    {"explore", "injection_bound"},
    {"explore", "symmetry"},
    {"explore", "max_executions"},
    {"explore", "max_steps"},
    {"explore", "seeds"},
    {"explore", "stop"},
    {"explore.stop", "plateau", true},
    {"expect", "always"},
    {"expect", "sometimes"},
    {"expect", "never"},
    {"condition", "if", true},
    {"condition", "cond", true},
    {"allow", "finding", true},
    {"allow", "if"},
    {"allow", "required"},
    {"upstream", "bug", true},
    {"upstream", "feature", true},
    {"upstream", "fix"},
    {"upstream", "finding"},
    {"upstream", "needs"},
};

// Word lists. The order is that of the enumerators they are turned into, where there are any.
const Words& arch_words();          // x86_64, arm64, generic
const Words& memory_words();        // sc, tso, weak
const Words& memories_available();  // those that can be run today
const Words& clock_words();         // quiescent, stalls, timed
const Words& lock_class_words();    // rqspinlock, qspinlock, ...
const Words& verdict_words();       // ok, fails, skip
const Words& context_words();       // softirq, hardirq, nmi, stall
const Words& role_words();          // owner, pending, queue-head, queue-tail
const Words& strategy_words();      // round-robin, random, pct, ...
const Words& oracle_words();        // the names an allowance may start with
const Words& optional_oracles();    // those that run only when asked for
const Words& needs_words();         // what an upstream scenario may need and we have not got
// What has(...) may ask for: words for what the source of a lock contains.
const Words& feature_words();

// Limits of the numbers in a file; the schema says the same.
constexpr std::int64_t kCpusPerScenarioMax = 64;
constexpr std::int64_t kNrCpusMax = 65'536;
constexpr std::int64_t kLeapsMax = 1'000;
constexpr const char* kUnbounded = "unbounded";  // leaps may be
constexpr std::int64_t kStepsMax = 1'000'000'000;
constexpr std::int64_t kTimesMax = 1'000;
constexpr std::int64_t kExploreMax = 1'000'000'000'000;

}  // namespace lockstep
