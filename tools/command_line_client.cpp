// What may be typed behind `lockstep rqsl` and its like.
#include "tools/command_line_client.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr const char* kRqslFooter =
    "Loads the kernel's own stress module of rqspinlock, lets it run, unloads it: threads that "
    "hold\n"
    "locks for 20 ms, NMIs that want them, deadlocks on purpose. NAME=VALUE are the module's\n"
    "parameters; a wrong one shows all of them. The module's lines are printed as dmesg has them.\n"
    "docs/clients.md says what is real.\n"
    "Examples:\n"
    "  lockstep rqsl test_mode=0                      AA\n"
    "  lockstep rqsl test_mode=1 --port linux/arm64   ABBA, as arm64 builds the lock\n"
    "  lockstep rqsl test_mode=2 --time 20s --cpus 6 --lock-stat --latency\n";

constexpr const char* kTortureFooter =
    "Loads the kernel's locktorture and torture modules, lets the writers run, unloads them. The\n"
    "types that are real: raw_res_spin_lock, raw_res_spin_lock_irq, spin_lock, spin_lock_irq,\n"
    "raw_spin_lock, raw_spin_lock_irq, and the control lock_busted, which must end in FAILURE.\n"
    "NAME=VALUE are the modules' parameters; a wrong one shows all of them. With shutdown_secs "
    "the\n"
    "modules end the test themselves. docs/clients.md says what is real.\n"
    "Examples:\n"
    "  lockstep torture torture_type=raw_res_spin_lock nwriters_stress=4\n"
    "  lockstep torture torture_type=spin_lock nwriters_stress=8 --cpus 8 --lock-stat\n"
    "  lockstep torture torture_type=lock_busted nwriters_stress=4     the control: FAILURE\n";

constexpr const char* kSelftestFooter =
    "Runs the kernel's BPF selftest program of the lock as plain C and checks what its user-space\n"
    "part asserts: AA is found, a 34th lock times out after 250 ms, ABBA ends in -EDEADLK.\n"
    "Examples:\n"
    "  lockstep bpf-selftest\n"
    "  lockstep bpf-selftest --port linux/arm64 --cpus 8\n";

CLI::App* add_client_command(CLI::App& app, const char* what, ClientArguments& arguments) {
    CLI::App* const command = app.add_subcommand(arguments.client, what);
    command->add_option("words", arguments.words, "Module parameters, NAME=VALUE");
    command->add_option("--port,-p", arguments.port,
                        "Kernel port whose lock is used (default: linux/x86_64)");
    command->add_option("--time", arguments.time,
                        "Virtual time from loading to unloading (default: " + arguments.time + ")");
    command
        ->add_option("--cpus", arguments.cpus,
                     "CPUs (default: " + std::to_string(arguments.cpus) + ")")
        ->transform(whole_number(1, 64));
    command->add_option("--seed", arguments.seed, "Varies costs a little (default: 1)")
        ->transform(whole_number(0, kSeedMax));
    command->add_option("--stall", arguments.stall,
                        "Half-way, take the CPU of whoever owns a lock away for so long");
    command->add_option("--tree", arguments.tree,
                        "Linux tree with the module (default: the one in the cache)");
    command
        ->add_option("--wall", arguments.wall,
                     "End it after so many seconds of real time (default: 120)")
        ->transform(amount(0.001, 1e9, "seconds"));
    add_figure_options(*command, arguments.figures);
    command->add_flag("--json", arguments.json, "One JSON document instead of KTAP");
    return command;
}

}  // namespace

CLI::App* add_rqsl_command(CLI::App& app, ClientArguments& arguments, const char* exit_codes) {
    arguments.client = "rqsl";
    arguments.time = "5s";
    CLI::App* const command =
        add_client_command(app, "Run the kernel's stress module of rqspinlock", arguments);
    command->footer(std::string(kRqslFooter) + "\n" + exit_codes);
    return command;
}

CLI::App* add_torture_command(CLI::App& app, ClientArguments& arguments, const char* exit_codes) {
    arguments.client = "torture";
    arguments.time = "500ms";
    CLI::App* const command = add_client_command(app, "Run the kernel's lock torture", arguments);
    command->footer(std::string(kTortureFooter) + "\n" + exit_codes);
    return command;
}

CLI::App* add_selftest_command(CLI::App& app, ClientArguments& arguments, const char* exit_codes) {
    arguments.client = "bpf-selftest";
    arguments.time = "1ms";
    CLI::App* const command =
        add_client_command(app, "Run the BPF selftest of the lock", arguments);
    command->footer(std::string(kSelftestFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
