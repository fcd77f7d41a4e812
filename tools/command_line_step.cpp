// What may be typed behind `lockstep step` and `lockstep play`, and their help.
#include "tools/command_line_step.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr const char* kStepFooter =
    "Reads commands from standard input: s, b (back), c, until, goto, cpu, p, held, queue, bt,\n"
    "list, save, q; `help` explains them, an empty line repeats the last. In a pipe each command\n"
    "is printed before its answer, and a command that was refused makes the exit code 64.\n"
    "A scenario is run until its first failure; that execution, else its first, is stepped "
    "through.\n"
    "Examples:\n"
    "  lockstep step abba-2cpu\n"
    "  lockstep step failure.repro\n"
    "  printf 's\\ns\\nheld\\nuntil error\\nbt 0\\n' | lockstep step aa-nmi --port rqspinlock\n";

constexpr const char* kPlayFooter =
    "At each choice the options are listed with what each would do; pick one by number or name\n"
    "(cpu1, nmi). `u` takes a move back, `help` lists the rest. At the end there is a token for\n"
    "`lockstep replay`. Without --goal the goals are what the scenario says happens sometimes.\n"
    "With -o the game is a page that needs nothing else: all states of the scenario are in it, so\n"
    "that it must be a small one.\n"
    "Examples:\n"
    "  lockstep play abba-race\n"
    "  lockstep play abba-race -o game.html\n"
    "  lockstep play contention-2cpu --goal 'A.tail != 0'\n"
    "  printf 'cpu1 until holds B\\ncpu0 until waits\\n' | lockstep play abba-race\n";

}  // namespace

CLI::App* add_play_command(CLI::App& app, PlayArguments& play, const char* exit_codes) {
    CLI::App* const command = app.add_subcommand("play", "Be the scheduler of a scenario");
    command->add_option("scenario", play.target, "A scenario, by file or name")->required();
    command->add_option("--port,-p", play.port, "Lock under test");
    add_oracle_option(*command, play.oracles);
    command->add_option("--goal", play.goal, "What to make true, such as 'A.pending == 1'");
    CLI::Option* const out =
        command->add_option("--out,-o", play.out, "Write a page to play on instead");
    command
        ->add_option("--max-states", play.states_max,
                     "How many states the page may have (default: 10000)")
        ->transform(whole_number(1, 1'000'000))
        ->needs(out);
    command
        ->add_option("--tree", play.tree, "Linux tree whose source the page shows, as for report")
        ->needs(out);
    add_width_option(*command, play.width);
    command->add_flag("--json", play.json, "One JSON document per command, each on its line");
    command->add_flag("--screen", play.screen, "In the whole terminal, with keys")
        ->excludes("--json")
        ->excludes(out);
    command->footer(std::string(kPlayFooter) + "\n" + exit_codes);
    return command;
}

CLI::App* add_step_command(CLI::App& app, StepArguments& step, const char* exit_codes) {
    CLI::App* const command = app.add_subcommand("step", "Step through one run, also backwards");
    add_run_options(*command, step.run);
    add_width_option(*command, step.width);
    command->add_flag("--json", step.json, "One JSON document per command, each on its line");
    command->add_flag("--screen", step.screen, "In the whole terminal, with keys")
        ->excludes("--json");
    command->footer(std::string(kStepFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
