// Runs a scenario on a port: many executions, judged against the oracles and the expectations.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/fairness_figures.h"
#include "scenarios/lock_figures.h"
#include "scenarios/scenario.h"
#include "sim/machine.h"

namespace lockstep {

// Something is wrong with Lockstep itself: a broken invariant in a worker, a message that does not
// add up. The command exits with 70.
struct EngineBug : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The system has no process for a worker. The command exits with 75.
struct NoWorker : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct RunOptions {
    std::string scheduler;  // empty: round-robin once, then random over the scenario's seeds
    std::optional<std::uint64_t> seed_first, seed_last;
    std::optional<std::vector<PickRun>> replay;  // follow these picks once, nothing else
    TraceSink* trace = nullptr;                  // replay only; implies in_process
    bool in_process = false;  // no worker process: for replay with a trace, debuggers, tests
    bool twice = false;       // run every execution twice and compare the hashes
    bool fairness = false;    // keep figures of waits and services, see fairness_figures.h
    bool figures = false;     // keep lock_figures.h
    bool coverage = false;    // keep what was reached, and where each finding was made
    bool stop_at_failure = true;
    unsigned watchdog_ms = 5000;  // of CPU time without a step
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // or none
    // Set by a signal handler to ask for an early end with what there is; or nullptr.
    const volatile std::sig_atomic_t* interrupted = nullptr;
};

// Why a scenario did not go as expected.
struct Failure {
    enum class Kind : std::uint8_t {
        finding,         // an oracle, not allowed by the scenario
        expectation,     // an always/never condition was violated in this execution
        never_seen,      // a `sometimes` condition held in no execution
        never_fired,     // an injection fired in no execution
        never_found,     // a required allowance was not found
        script_stuck,    // a script command could not be completed
        nondeterminism,  // two runs of the same picks differ: our own bug
        crashed,         // the worker process died: memory fault, runaway loop
    };
    Kind kind = Kind::finding;
    std::string text;    // one sentence
    std::string oracle;  // finding: its name; crashed: "progress"
    std::string word;
    std::string site;  // where its CPU was; only known where coverage is kept
    std::optional<Finding> finding;
    std::uint32_t line = 0;  // of the scenario file, for expectations and injections
    std::uint64_t seed = 0;
    std::string scheduler;
    std::vector<PickRun> picks;  // replays the execution (empty for never_*)
    ExecutionResult result;      // of that execution
};

struct AcquireRecord {  // one attempt on a lock, for reports ("0 waited 250.1 ms")
    std::string program;
    std::string reg;
    CpuId cpu = 0;
    std::string lock;
    std::int64_t ret = 0;
    TimeNs wait_ns = 0;
};

struct RunReport {
    enum class Verdict : std::uint8_t { as_expected, not_as_expected, skipped };
    Verdict verdict = Verdict::as_expected;
    bool interrupted = false;  // ended early on request; the rest covers what was run until then
    std::string skip_reason;
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    TimeNs time_longest = 0;                // virtual
    std::vector<Failure> failures;          // the shortest of each signature
    std::vector<std::string> allowed;       // "truthful-errors/conservative (12 executions)"
    std::vector<std::string> allowed_text;  // what each of them said
    std::vector<std::string> not_judged;    // "data-race: not judged: more than 8 CPUs"
    std::vector<AcquireRecord> first;       // what the first execution's acquires returned
    std::vector<PickRun> first_picks;       // replays the first execution, for `lockstep show`
    ExecutionResult first_result;           // of that execution
    std::vector<LockFairness> fairness;     // by lock, if asked for
    std::optional<LockFigures> figures;     // if asked for
    // (program@cpu.register = value) -> in how many executions; for summaries and tests.
    std::vector<std::pair<std::string, std::uint64_t>> outcomes;
    std::string bounds;  // "3 CPUs, sc memory, quiescent clock, 2 injections, 1+100 schedules"
};

// "quiescent clock", "clock with 2 stalls": the part of the bounds that is about time.
std::string clock_text(const MachineConfig& machine);

// Throws EngineBug, and PortError if a lock of the scenario needs a port that cannot be opened.
RunReport run_scenario(const Scenario& scenario, const Port& port, const RunOptions& options);

}  // namespace lockstep
