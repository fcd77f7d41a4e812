// What may be typed behind `lockstep report`, and its help.
#include "tools/command_line_report.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr const char* kReportFooter =
    "One HTML file that needs no network: a lane for each CPU with the contexts nested on it, the\n"
    "lock word, the queue, the tables of held locks, who waits for whom, the state diagram and "
    "the\n"
    "source lines, for every step. `?` on the page lists its keys; #step=N in its address opens\n"
    "step N. Kernel source is read from your tree now and becomes part of your file only.\n"
    "--against draws a second run beside the first, such as after a fix: aligned at the points of\n"
    "the lock, stepped together or one alone, with the place where they first differ.\n"
    "Examples:\n"
    "  lockstep report aa-nmi --port linux/x86_64 -o aa-nmi.html\n"
    "  lockstep report abba-2cpu --seed 7 -o abba.html\n"
    "  lockstep report ~/.local/state/lockstep/repro/abba-1a2b3c4d.repro -o failure.html\n"
    "  lockstep report 'v1:aa-nmi:1f00c0de:0/2*14.1/3' --tree ~/linux -o run.html\n"
    "  lockstep report r11-head-waits-for-nobody --port broken/r11-waits-for-nobody \\\n"
    "      --against-port rqspinlock -o before-and-after.html\n";

}  // namespace

CLI::App* add_report_command(CLI::App& app, ReportArguments& report, const char* exit_codes) {
    CLI::App* const command =
        app.add_subcommand("report", "Write one execution as a page to step through");
    add_run_options(*command, report.run);
    command->add_option("--out,-o", report.out, "The file to write (default: SCENARIO.html)");
    command->add_option("--tree", report.tree,
                        "Linux tree whose source to show (default: the one the port was built "
                        "from, if it is in the cache)");
    command->add_option("--against", report.against,
                        "A second run (token, repro file or scenario) to draw beside the first");
    command->add_option("--against-port", report.against_port,
                        "Its port (default: that of the first; alone: the same on this port)");
    command->add_flag("--no-inflection", report.no_inflection,
                      "Do not look for the pick that made a failure inevitable");
    command->add_flag("--json", report.json, "One JSON document about the file written");
    command->footer(std::string(kReportFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
