// The command line: what may be typed, its help, and how every kind of problem ends.
#include <cstdlib>
#include <exception>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "lock/linux/recreation.h"
#include "lock/port.h"
#include "scenarios/runner.h"
#include "tools/command_line_client.h"
#include "tools/command_line_doctor.h"
#include "tools/command_line_explore.h"
#include "tools/command_line_export.h"
#include "tools/command_line_learn.h"
#include "tools/command_line_options.h"
#include "tools/command_line_report.h"
#include "tools/command_line_shrink.h"
#include "tools/command_line_step.h"
#include "tools/commands.h"
#include "tools/explore_search.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 as expected, 1 not as expected, 4 all skipped, 64 usage or bad input,\n"
    "70 a bug of lockstep itself, 75 try again (disk full, interrupted, a search that is not "
    "complete).";

constexpr std::uint64_t kStepMax = 1'000'000'000'000'000;

constexpr const char* kMainFooter =
    "Start with:\n"
    "  lockstep run scenarios/deadlock     what the lock answers to AA, ABBA and ABBCCA\n"
    "  lockstep explore abba-race          can this ever go wrong?\n"
    "  lockstep show aa-nmi                one of them, step by step\n"
    "  lockstep play abba-race             be the scheduler yourself; `step` walks through a run\n"
    "  lockstep learn                      lessons: how spin locks work, and how they break\n"
    "  lockstep rqsl test_mode=1           the kernel's own stress module; also torture\n"
    "  lockstep list                       scenarios, ports, oracles, schedulers, lock points\n"
    "`lockstep COMMAND --help` has examples for each command.\n";

constexpr const char* kRunFooter =
    "Results are KTAP, version 1. A failure prints what was found, a picture of who did what\n"
    "and a `lockstep replay` line that does exactly that run again, from any folder.\n"
    "Examples:\n"
    "  lockstep run                                     the whole library on the default port\n"
    "  lockstep run scenarios/deadlock                  a folder\n"
    "  lockstep run aa-nmi my.yaml --port linux/arm64   one by name, one by file\n"
    "  lockstep run nmi --seeds 1..5000 --keep-going    more schedules, all failures\n"
    "  lockstep run basics --port broken/leaked-entry   see a broken lock being caught\n";

constexpr const char* kReplayFooter =
    "A token is what `run` prints: v1:scenario:hash:picks. A repro file also holds the scenario\n"
    "and the port it was made on. If scenario, port or engine differ, replay refuses and says\n"
    "why; if the run leaves the recorded one, it shows both sides of the first difference.\n"
    "Exits 0 if the run is as its scenario expects, 1 if the failure is there again.\n"
    "Examples:\n"
    "  lockstep replay 'v1:aa-nmi:1f00c0de:0/2*14.1/3' --port rqspinlock\n"
    "  lockstep replay ~/.local/state/lockstep/repro/abba-1a2b3c4d.repro --trace\n"
    "  echo lockstep-bt | lockstep replay --gdb failure.repro\n";

constexpr const char* kShowFooter =
    "First the picture: one column per CPU, time downwards, what each asked for and got. Then\n"
    "the timeline: one row per step; a lane per CPU lists the contexts stacked on it (t task,\n"
    "s softirq, h hardirq, n nmi; * acts, - is parked), what changed, and the source line. The\n"
    "lock word is shown as (tail,pending,locked), a star stands before each field that changed.\n"
    "Examples:\n"
    "  lockstep show abba-2cpu --seed 7\n"
    "  lockstep show failure.repro --from 120 --to 180 --width 160\n"
    "  lockstep show aa-nmi --json | jq '.events[] | select(.kind == \"acquire_end\")'\n";

constexpr const char* kMatrixFooter =
    "Rows are scenarios, columns are ports. `ok` is as expected: the port passes, or is broken on\n"
    "purpose and caught by the oracle it names. `-`: the scenario is not about this port. `.`: "
    "the\n"
    "scenario does not show what is broken.\n"
    "Examples:\n"
    "  lockstep matrix                                the whole library on every port\n"
    "  lockstep matrix scenarios/nmi --port linux/x86_64 --port linux/arm64\n";

constexpr const char* kPortFooter =
    "A kernel port is the unmodified kernel/bpf/rqspinlock.c of a Linux tree (6.15 or later),\n"
    "compiled with our shim headers; or one of the kernel's plain spin locks, as linux/powerpc.\n"
    "Ports live in ~/.cache/lockstep/ports. Plain ones are built when a command first names them.\n"
    "With --with a known upstream bug is put back into a copy first; the port is then called\n"
    "...+R11.\n"
    "Examples:\n"
    "  lockstep port add ~/linux --all\n"
    "  lockstep port add ~/linux --arch arm64 --config queued --name mine\n"
    "  lockstep port add ~/linux --arch powerpc --config qspinlock\n"
    "  lockstep port bugs                 which bugs can be put back, and what each does\n"
    "  lockstep port add ~/linux --with R11 && lockstep run upstream --port linux/x86_64+R11\n"
    "  lockstep port edit ~/linux --with R4,R7 -o /tmp/edited && diff -r ~/linux /tmp/edited\n"
    "  lockstep port list --json          versions, features, lock points, sha256 of the files\n"
    "  lockstep port remove linux/arm64\n";

struct CommandLine {
    CLI::App app{"Lockstep runs Linux's own rqspinlock on simulated CPUs, one step at a time."};
    RunArguments run;
    ExploreArguments explore;
    ReplayArguments replay;
    ShowArguments show;
    StepArguments step;
    PlayArguments play;
    ReportArguments report;
    ShrinkArguments shrink;
    MatrixArguments matrix;
    DoctorArguments doctor;
    PortAddArguments add;
    PortEditArguments edit;
    std::string topic, shell, removed, log_level = "warn";
    bool list_json = false, port_json = false, bugs_json = false;
    CLI::App *run_app = nullptr, *explore_app = nullptr, *replay_app = nullptr, *show_app = nullptr,
             *list_app = nullptr, *port_app = nullptr, *add_app = nullptr, *ports_app = nullptr,
             *edit_app = nullptr, *bugs_app = nullptr, *remove_app = nullptr,
             *completion_app = nullptr;
    CLI::App* step_app = nullptr;
    CLI::App* play_app = nullptr;
    LearnArguments learn;
    CLI::App* learn_app = nullptr;
    CLI::App* report_app = nullptr;
    CLI::App* shrink_app = nullptr;
    ExportArguments exported;
    CLI::App* export_app = nullptr;
    CLI::App* matrix_app = nullptr;
    CLI::App* doctor_app = nullptr;
    ClientArguments rqsl, torture, selftest;
    CLI::App* rqsl_app = nullptr;
    CLI::App* torture_app = nullptr;
    CLI::App* selftest_app = nullptr;

    CommandLine() {
        app.name("lockstep");
        app.require_subcommand(1);
        app.set_version_flag("--version", "lockstep " LOCKSTEP_VERSION);
        app.set_help_flag("-h,--help", "Print this help and exit");
        app.add_option("--log-level", log_level,
                       "Messages of the program itself on stderr: trace debug info warn error off");
        app.footer(std::string(kMainFooter) + "\n" + kExitCodes);
        add_run();
        explore_app = add_explore_command(app, explore, kExitCodes);
        add_replay();
        add_show();
        step_app = add_step_command(app, step, kExitCodes);
        play_app = add_play_command(app, play, kExitCodes);
        learn_app = add_learn_command(app, learn, kExitCodes);
        report_app = add_report_command(app, report, kExitCodes);
        shrink_app = add_shrink_command(app, shrink, kExitCodes);
        export_app = add_export_command(app, exported, kExitCodes);
        add_matrix();
        doctor_app = add_doctor_command(app, doctor, kExitCodes);
        rqsl_app = add_rqsl_command(app, rqsl, kExitCodes);
        torture_app = add_torture_command(app, torture, kExitCodes);
        selftest_app = add_selftest_command(app, selftest, kExitCodes);
        add_others();
        add_port();
    }

    void add_run() {
        run_app = app.add_subcommand("run", "Run scenarios and judge what the lock does");
        run_app->add_option("scenarios", run.targets,
                            "Scenario files, folders or names (default: the whole library)");
        run_app->add_option("--port,-p", run.ports, "Lock under test; may be given several times")
            ->allow_extra_args(false);
        add_oracle_option(*run_app, run.oracles);
        add_figure_options(*run_app, run.figures);
        run_app->add_option("--seeds", run.seeds, "Seeds of the random schedules, `a..b` or `a`");
        run_app->add_option("--scheduler", run.scheduler,
                            "Scheduler instead of the scenario's (`lockstep list schedulers`)");
        run_app->add_flag("--twice", run.twice,
                          "Run every execution twice; both must end in the same state");
        run_app->add_flag("--keep-going", run.keep_going,
                          "Do not stop a scenario at its first failure");
        run_app->add_flag("--json", run.json, "One JSON document instead of KTAP");
        run_app->add_flag("-v,--verbose", run.verbose,
                          "Pictures and outcomes of passing scenarios too");
        add_ci_options(*run_app, run.ci);
        run_app->footer(std::string(kRunFooter) + "\n" + kExitCodes);
    }

    void add_replay() {
        replay_app = app.add_subcommand("replay", "Do one recorded run again, step for step");
        replay_app->add_option("what", replay.what, "A token or a repro file")->required();
        replay_app->add_option("--scenario", replay.scenario,
                               "Where the token's scenario is (default: by name in the library)");
        replay_app->add_option("--port,-p", replay.port, "Lock under test");
        add_oracle_option(*replay_app, replay.oracles);
        replay_app->add_flag("--trace", replay.trace, "Print every step as well");
        replay_app->add_flag("--gdb", replay.gdb, "In gdb, stopped at the finding");
        replay_app->add_flag("--json", replay.json, "One JSON document");
        add_width_option(*replay_app, replay.width);
        replay_app->footer(std::string(kReplayFooter) + "\n" + kExitCodes);
    }

    void add_show() {
        show_app = app.add_subcommand("show", "Draw one run: who did what, and every step");
        add_run_options(*show_app, show.run);
        show_app->add_option("--from", show.from, "First step to show")
            ->transform(whole_number(0, kStepMax));
        show_app->add_option("--to", show.to, "Last step to show")
            ->transform(whole_number(0, kStepMax));
        add_width_option(*show_app, show.width);
        show_app->add_flag("--json", show.json, "The events as one JSON document");
        show_app->footer(std::string(kShowFooter) + "\n" + kExitCodes);
    }

    void add_matrix() {
        matrix_app = app.add_subcommand("matrix", "Every scenario on every port, as a table");
        matrix_app->add_option("scenarios", matrix.targets,
                               "Scenario files, folders or names (default: the whole library)");
        matrix_app->add_option("--port,-p", matrix.ports, "A column (default: all ports)")
            ->allow_extra_args(false);
        matrix_app->add_option("--jobs,-j", matrix.jobs, "Processes (default: one for each core)")
            ->transform(whole_number(1, 256));
        matrix_app->add_flag("--json", matrix.json, "One JSON document instead of the table");
        matrix_app->footer(std::string(kMatrixFooter) + "\n" + kExitCodes);
    }

    void add_others() {
        list_app = app.add_subcommand("list", "What there is to choose from");
        list_app->add_option("topic", topic,
                             "scenarios, ports, oracles, schedulers, memories or points; "
                             "nothing: all of it");
        list_app->add_flag("--json", list_json, "One JSON document");
        list_app->footer("Examples:\n  lockstep list scenarios\n  lockstep list oracles --json\n");
        completion_app = app.add_subcommand("completion", "Print a completion script for a shell");
        completion_app->add_option("shell", shell, "bash or zsh")->required();
        completion_app->footer("Example:\n  source <(lockstep completion bash)\n");
    }

    void add_port() {
        port_app = app.add_subcommand("port", "Kernel ports: add, edit, bugs, list, remove");
        port_app->require_subcommand(1);
        port_app->footer(std::string(kPortFooter) + "\n" + kExitCodes);
        add_app = port_app->add_subcommand("add", "Build ports from a Linux tree");
        add_app->add_option("tree", add.tree, "The top folder of a Linux source tree")->required();
        add_app->add_option("--arch", add.arch, "x86_64, arm64, powerpc, s390 or generic");
        add_app->add_option("--config", add.config,
                            "rqspinlock: queued, tas, paravirt, noevtstrm, nopending; plain "
                            "locks: qspinlock, pv-qspinlock, queued and classic (s390), ticket");
        add_app->add_option("--name", add.name, "Last part of the port's name");
        add_app->add_option("--compiler", add.compiler, "C compiler (default: gcc, else clang)");
        add_app
            ->add_option("--with", add.bugs,
                         "Upstream bugs to put back, such as R4,R11 (`lockstep port bugs`)")
            ->allow_extra_args(false);
        std::string bugs = "Bugs for --with:\n";
        for (const Recreation& each : recreations())
            bugs += "  " + pad_right(each.bug, 4) + " " + each.title + "\n";
        add_app->footer(bugs + "\n" + kPortFooter + "\n" + kExitCodes);
        add_app->add_flag("--all", add.all,
                          "Every flavour of every lock; with --with: every one the bug concerns");
        add_app->add_flag("--standard", add.standard,
                          "What the launcher does: every flavour of rqspinlock, and again those "
                          "of plain locks that are there");
        add_app->add_flag("--json", add.json, "One JSON document");
        edit_app = port_app->add_subcommand(
            "edit", "Copy the lock's files of a tree, with upstream bugs put back");
        edit_app->add_option("tree", edit.tree, "The top folder of a Linux source tree")
            ->required();
        edit_app->add_option("--with", edit.bugs, "Upstream bugs to put back, such as R4,R11")
            ->required()
            ->allow_extra_args(false);
        edit_app->add_option("--out,-o", edit.out, "A folder that is not there yet")->required();
        edit_app->add_flag("--json", edit.json, "One JSON document");
        bugs_app = port_app->add_subcommand("bugs", "Upstream bugs that can be put back");
        bugs_app->add_flag("--json", bugs_json, "One JSON document");
        ports_app = port_app->add_subcommand("list", "Ports, built in and from trees");
        ports_app->add_flag("--json", port_json, "Everything: features, points, sha256 of files");
        remove_app = port_app->add_subcommand("remove", "Remove a kernel port from the cache");
        remove_app->add_option("name", removed, "Its name")->required();
    }

    int dispatch(Output& output) {
        if (run_app->parsed()) return command_run(run, output);
        if (explore_app->parsed()) return command_explore(explore, output);
        if (replay_app->parsed()) return command_replay(replay, output);
        if (show_app->parsed()) return command_show(show, output);
        if (step_app->parsed()) return command_step(step, output);
        if (play_app->parsed()) return command_play(play, output);
        if (learn_app->parsed()) return command_learn(learn, output);
        if (report_app->parsed()) return command_report(report, output);
        if (shrink_app->parsed()) return command_shrink(shrink, output);
        if (export_app->parsed()) return command_export(exported, output);
        if (matrix_app->parsed()) return command_matrix(matrix, output);
        if (doctor_app->parsed()) return command_doctor(doctor, output);
        if (rqsl_app->parsed()) return command_client(rqsl, output);
        if (torture_app->parsed()) return command_client(torture, output);
        if (selftest_app->parsed()) return command_client(selftest, output);
        if (list_app->parsed()) return list(output);
        if (add_app->parsed()) return command_port_add(add, output);
        if (edit_app->parsed()) return command_port_edit(edit, output);
        if (bugs_app->parsed()) return command_port_bugs(bugs_json, output);
        if (ports_app->parsed()) return command_port_list(port_json, output);
        if (remove_app->parsed()) return command_port_remove(removed, output);
        return command_completion(shell, output);
    }

    int list(Output& output) {
        const std::vector<std::string>& topics = list_topics();
        bool known =
            topic.empty() || std::find(topics.begin(), topics.end(), topic) != topics.end();
        if (!known)
            throw UsageError("nothing to list called `" + topic + "`" +
                             did_you_mean(topic, topics) + "\nexpected scenarios, ports, " +
                             "oracles, schedulers, memories or points");
        return command_list(topic, list_json, output);
    }
};

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

// What a command may be called by whoever knows what it is about: `ports`, `scenarios`, `bugs`.
std::string meant_by(const std::string& word, const CLI::App& app) {
    const auto among = [&word](const std::vector<std::string>& words) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (word == "ports") return "; did you mean `lockstep port list`?";
    if (among(list_topics())) return "; did you mean `lockstep list " + word + "`?";
    for (const CLI::App* command : app.get_subcommands({}))
        if (among(command_names(*command)))
            return "; did you mean `lockstep " + command->get_name() + " " + word + "`?";
    return did_you_mean(word, command_names(app));
}

// CLI11 names a word that does not fit; what was expected and what is near is ours to say.
void check_words(CLI::App& app, int argc, char** argv) {
    CLI::App* at = &app;
    std::string called = "lockstep";
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        if (word == "--") return;
        bool option = word.size() > 2 && word.starts_with("--");
        std::string name = word.substr(0, word.find('='));
        if (option && at->get_option_no_throw(name) == nullptr)
            throw UsageError("unknown option `" + name + "` of `" + called + "`" +
                             did_you_mean(name, option_names(*at)) + "\nits options are " +
                             joined(option_names(*at)));
        const CLI::Option* known = option ? at->get_option_no_throw(name) : nullptr;
        bool takes_value = known != nullptr && known->get_items_expected_max() > 0;
        if (takes_value && word.find('=') == std::string::npos) ++i;  // its value
        if (word.starts_with("-")) continue;
        std::vector<std::string> commands = command_names(*at);
        if (commands.empty()) continue;
        if (std::find(commands.begin(), commands.end(), word) == commands.end())
            throw UsageError("unknown command `" + word + "` of `" + called + "`" +
                             meant_by(word, *at) + "\nits commands are " + joined(commands));
        at = at->get_subcommand(word);
        called += " " + word;
    }
}

void set_up_log(const std::string& level) {
    static const std::vector<std::string> kLevels = {"trace", "debug", "info",
                                                     "warn",  "error", "off"};
    if (std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end())
        throw UsageError("unknown log level `" + level + "`" + did_you_mean(level, kLevels) +
                         "\nexpected " + joined(kLevels));
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "lockstep", std::make_shared<spdlog::sinks::stderr_sink_st>()));
    spdlog::set_pattern("lockstep: %l: %v");
    spdlog::set_level(spdlog::level::from_str(level));
}

void complain_lines(const std::string& text) {
    std::size_t begin = 0;
    while (begin <= text.size()) {
        std::size_t end = std::min(text.find('\n', begin), text.size());
        complain(text.substr(begin, end - begin));
        begin = end + 1;
    }
}

int run_parsed(CommandLine& line, Output& output) {
    try {
        set_up_log(line.log_level);
        return line.dispatch(output);
    } catch (const UsageError& error) {
        complain_lines(error.what());
        return kExitUsage;
    } catch (const PortError& error) {
        bool sentence = error.suggestion.find(' ') != std::string::npos;
        std::string near =
            sentence ? "; " + error.suggestion : "; did you mean `" + error.suggestion + "`?";
        complain_lines(error.message + (error.suggestion.empty() ? "" : near));
        return kExitUsage;
    } catch (const TryAgain& error) {
        complain_lines(error.what());
        return kExitTryAgain;
    } catch (const NoWorker& error) {
        complain_lines(error.what());
        return kExitTryAgain;
    } catch (const EngineBug& error) {
        complain_lines(std::string("this is a bug of lockstep itself: ") + error.what());
        return kExitOurBug;
    } catch (const std::bad_alloc&) {
        complain("out of memory; of a search --memory says how much it may take at most");
        return kExitTryAgain;
    } catch (const std::exception& error) {
        complain_lines(std::string("this is a bug of lockstep itself: ") + error.what());
        return kExitOurBug;
    }
}

}  // namespace

int run_command_line(int argc, char** argv) {
    Output output;
    CommandLine line;
    try {
        check_words(line.app, argc, argv);
        line.app.parse(argc, argv);
        refuse_empty_values(line.app);
    } catch (const UsageError& error) {
        complain_lines(error.what());
        return kExitUsage;
    } catch (const CLI::Success& success) {
        int code = line.app.exit(success) == 0 ? kExitAsExpected : kExitOurBug;
        std::cout.flush();
        return output.finish(code);
    } catch (const CLI::ParseError& error) {
        complain_lines(error.what());
        complain("`lockstep --help` and `lockstep COMMAND --help` show what is expected");
        return kExitUsage;
    }
    const bool client =
        line.rqsl_app->parsed() || line.torture_app->parsed() || line.selftest_app->parsed();
    if (!line.explore.checkpoint.empty() || client) hold_addresses_still(argv);
    return output.finish(run_parsed(line, output));
}

}  // namespace lockstep
