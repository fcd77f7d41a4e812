// Options that several commands share.
#include "tools/command_line_options.h"

namespace lockstep {

void add_run_options(CLI::App& command, ChosenRun& chosen) {
    command.add_option("what", chosen.what, "A token, a repro file (*.repro) or a scenario")
        ->required();
    command.add_option("--scenario", chosen.scenario,
                       "Where the token's scenario is (default: by name in the library)");
    command.add_option("--port,-p", chosen.port, "Lock under test");
    add_oracle_option(command, chosen.oracles);
    command.add_option("--seed", chosen.seed, "Which random schedule of a scenario");
    command.add_option("--scheduler", chosen.scheduler, "Scheduler for a scenario");
}

void add_width_option(CLI::App& command, unsigned& width) {
    command.add_option("--width", width, "Columns of the output (default: the terminal's)")
        ->check(CLI::Range(60, 400));
}

void add_oracle_option(CLI::App& command, std::vector<std::string>& names) {
    command
        .add_option("--oracle", names,
                    "data-race: judge by this optional oracle too (slower); fairness: tell how "
                    "long each CPU waited and how often it was served")
        ->allow_extra_args(false);
}

void add_ci_options(CLI::App& command, CiArguments& arguments) {
    command.add_option("--sarif", arguments.sarif, "Also write findings as SARIF 2.1.0")
        ->type_name("FILE");
    command.add_option("--junit", arguments.junit, "Also write verdicts as JUnit XML")
        ->type_name("FILE");
    command.add_flag("--github", arguments.github, "Also print findings as GitHub annotations");
}

void add_figure_options(CLI::App& command, FigureTables& tables) {
    command.add_flag("--lock-stat", tables.lock_stat, "The columns of /proc/lock_stat");
    command.add_flag("--lock-events", tables.lock_events, "The kernel's lock event counters");
    command.add_flag("--latency", tables.latency,
                     "Histograms of how long acquiring took, per context");
}

}  // namespace lockstep
