// See option_run.h.
#include "tools/option_run.h"

#include "tools/option_oracle.h"

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

}  // namespace lockstep
