// What may be typed behind `lockstep shrink`, and its help.
#include "tools/command_line_shrink.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr const char* kShrinkFooter =
    "Takes the first failure of the run and looks for a smaller run with the same one: fewer\n"
    "interrupts, fewer switches between CPUs, a shorter token; then a scenario with fewer CPUs,\n"
    "injections and statements. The answer is a token for the scenario as it is, and a repro\n"
    "file with the smaller scenario inside. Shrinking that again changes nothing.\n"
    "Examples:\n"
    "  lockstep shrink ~/.local/state/lockstep/repro/abba-1a2b3c4d.repro -o abba.repro\n"
    "  lockstep shrink 'v1:aa-nmi:1f00c0de:0/2*14.1/3' --port broken/leaked-entry\n";

}  // namespace

CLI::App* add_shrink_command(CLI::App& app, ShrinkArguments& shrink, const char* exit_codes) {
    CLI::App* const command = app.add_subcommand("shrink", "Make a failing run smaller");
    command->add_option("what", shrink.what, "A token or a repro file")->required();
    command->add_option("--scenario", shrink.scenario,
                        "Where the token's scenario is (default: by name in the library)");
    command->add_option("--port,-p", shrink.port, "Lock under test");
    add_oracle_option(*command, shrink.oracles);
    command->add_option("--out,-o", shrink.out, "The repro file to write (*.repro)");
    command->add_flag("--keep-scenario", shrink.keep_scenario, "Shrink the schedule only");
    add_width_option(*command, shrink.width);
    command->add_flag("--json", shrink.json, "One JSON document");
    command->footer(std::string(kShrinkFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
