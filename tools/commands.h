// Commands: what each `lockstep <command>` takes and does. Every one returns an exit code; bad
// input is thrown as UsageError, an environment in the way as TryAgain.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/lock_tables.h"
#include "tools/output.h"

namespace lockstep {

// Ends in exit code 64. Each line is printed as a message of its own.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Ends in exit code 75.
struct TryAgain : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// For CI systems, see ci_reports.h. Empty: none.
struct CiArguments {
    std::string sarif, junit;  // files
    bool github = false;
};

struct RunArguments {
    std::vector<std::string> targets;
    std::vector<std::string> ports;
    std::vector<std::string> oracles;  // optional ones, or fairness for its figures
    FigureTables figures;
    std::string seeds;  // "a..b" or "a"; empty: the scenario's own
    std::string scheduler;
    bool twice = false;
    bool json = false;
    bool keep_going = false;
    bool verbose = false;
    CiArguments ci;
};

struct ExploreArguments {
    std::vector<std::string> targets;
    std::vector<std::string> ports;
    std::vector<std::string> oracles;  // as for run
    std::string strategy;              // empty: the scenario's own
    std::optional<std::uint64_t> executions, plateau, depth;
    std::optional<double> seconds;
    std::optional<std::uint64_t> seed;
    unsigned workers = 0;  // 0: one for each core
    // exhaustive and bfs; bounds are numbers or "unbounded", empty: the scenario's own
    std::string preemptions, injections, stalls;
    std::optional<std::uint64_t> states;
    std::optional<double> memory_gib;
    std::string checkpoint;
    std::optional<double> checkpoint_every;  // seconds
    bool symmetry = false, every_step = false, reexecute = false, exact = false;
    bool no_baseline = false;
    bool estimate = false;
    bool json = false;
    bool keep_going = false;
    bool twice = false;
    CiArguments ci;
};

struct ReplayArguments {
    std::string what;  // a token or a repro file
    std::string scenario;
    std::string port;
    std::vector<std::string> oracles;
    bool trace = false;
    bool json = false;
    unsigned width = 0;
    bool gdb = false;
};

// One execution: a token or a repro file is one, a scenario is run for it.
struct ChosenRun {
    std::string what;      // a token, a repro file or a scenario
    std::string scenario;  // where the token's scenario is
    std::string port;
    std::vector<std::string> oracles;
    std::string scheduler;              // for a scenario; empty: as `lockstep run`
    std::optional<std::uint64_t> seed;  // of a random scheduler, for a scenario
};

struct ShowArguments {
    ChosenRun run;
    std::optional<std::uint64_t> from, to;
    unsigned width = 0;
    bool json = false;
};

struct ExportArguments {
    ChosenRun run;
    std::map<std::string, std::string> files;  // option of an exporter -> file, or empty
    std::string clock = "ns";
    std::optional<std::uint64_t> at;
    bool json = false;
};

struct StepArguments {
    ChosenRun run;
    unsigned width = 0;
    bool json = false;
    bool screen = false;  // the whole terminal
};

struct PlayArguments {
    std::string target;
    std::string port;
    std::vector<std::string> oracles;
    std::string goal;  // an expression; empty: what the scenario says happens sometimes
    std::string out;   // a page to play on; empty: here, at the terminal or in a pipe
    std::string tree;  // of kernel source, for the page; empty: the cache's
    std::optional<std::size_t> states_max;
    unsigned width = 0;
    bool json = false;
    bool screen = false;  // the whole terminal
};

struct LearnArguments {
    std::vector<std::string> chapters;  // numbers
    bool run = false, check = false, redraw = false;
    std::string answer;  // a token, a number or a file; empty: none
    unsigned width = 0;
    bool json = false;
};

struct ReportArguments {
    ChosenRun run;
    // A second run, to be drawn beside the first: after a fix. Empty: none, or as the first.
    std::string against, against_port;
    std::string out;   // empty: named after the scenario
    std::string tree;  // of kernel source; empty: the cache's
    bool no_inflection = false;
    bool json = false;
};

struct ShrinkArguments {
    std::string what;  // a token or a repro file
    std::string scenario;
    std::string port;
    std::vector<std::string> oracles;
    std::string out;
    bool keep_scenario = false;
    unsigned width = 0;
    bool json = false;
};

struct MatrixArguments {
    std::vector<std::string> targets;
    std::vector<std::string> ports;  // empty: all that are registered
    unsigned jobs = 0;               // worker processes; 0: one for each core
    bool json = false;
};

struct DoctorArguments {
    std::string tree;
    std::string compiler;
    unsigned jobs = 0;  // 0: one process for each core
    bool json = false, markdown = false;
};

struct PortAddArguments {
    std::string tree;
    std::string arch = "x86_64";
    std::string config = "queued";
    std::string name;
    std::string compiler;
    std::vector<std::string> bugs;  // upstream bugs to put back, "R4,R11" or one each
    bool all = false;
    bool standard = false;
    bool json = false;
};

struct PortEditArguments {
    std::string tree;
    std::vector<std::string> bugs;
    std::string out;
    bool json = false;
};

struct ClientArguments {
    std::string client;              // rqsl, torture
    std::vector<std::string> words;  // NAME=VALUE
    std::string port;
    std::string time = "5s";
    std::string tree;
    unsigned cpus = 4;
    std::uint64_t seed = 1;
    double wall = 120;
    std::string stall;  // empty: none
    FigureTables figures;
    bool json = false;
};

int command_run(const RunArguments& arguments, Output& output);
int command_explore(const ExploreArguments& arguments, Output& output);
int command_replay(const ReplayArguments& arguments, Output& output);
// Becomes gdb on a replay of this; returns only if that cannot be.
int replay_in_gdb(const ReplayArguments& arguments);
int command_show(const ShowArguments& arguments, Output& output);
int command_export(const ExportArguments& arguments, Output& output);
int command_step(const StepArguments& arguments, Output& output);
int command_play(const PlayArguments& arguments, Output& output);
int command_learn(const LearnArguments& arguments, Output& output);
int command_report(const ReportArguments& arguments, Output& output);
int command_shrink(const ShrinkArguments& arguments, Output& output);
int command_doctor(const DoctorArguments& arguments, Output& output);
int command_matrix(const MatrixArguments& arguments, Output& output);
// `topic` is one of list_topics().
int command_list(const std::string& topic, bool json, Output& output);
int command_port_add(const PortAddArguments& arguments, Output& output);
// Writes a copy of the tree's lock files with bugs put back, to be looked at or added as a port.
int command_port_edit(const PortEditArguments& arguments, Output& output);
// The upstream bugs that can be put back.
int command_port_bugs(bool json, Output& output);
int command_port_list(bool json, Output& output);
int command_port_remove(const std::string& name, Output& output);
int command_client(const ClientArguments& arguments, Output& output);
int command_completion(const std::string& shell, Output& output);

const std::vector<std::string>& list_topics();

// The command line itself: parses, runs, prints problems. Returns the exit code.
int run_command_line(int argc, char** argv);

}  // namespace lockstep
