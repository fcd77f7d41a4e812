// The options of `lockstep export`, one for each exporter, and its help.
#include "tools/command_line_export.h"

#include <string>

#include "tools/command_line_options.h"
#include "tools/exporter.h"

namespace lockstep {

namespace {

constexpr const char* kExportFooter =
    "Runs WHAT once more and writes what happened for another program; several files at once are\n"
    "fine. A scenario is run until its first failure, or once if it has none.\n"
    "Where many things happen at one virtual time, each is put 1 ns behind the one before it; "
    "with\n"
    "--clock steps a step of the machine is 1 us. docs/viewers.md says what each viewer shows.\n"
    "Examples:\n"
    "  lockstep export abba-2cpu --perfetto abba.pftrace      open it in ui.perfetto.dev\n"
    "  lockstep export aa-nmi --trace-dat trace.dat && trace-cmd report trace.dat\n"
    "  lockstep export failure.repro --ftrace run.txt --clock steps\n"
    "  lockstep export abba-2cpu --svg abba.svg               a drawing for a page\n"
    "  lockstep export abba-2cpu --dot abba.dot --at 40 && dot -Tsvg abba.dot -o abba.svg\n";

}  // namespace

CLI::App* add_export_command(CLI::App& app, ExportArguments& arguments, const char* exit_codes) {
    CLI::App* const command = app.add_subcommand("export", "Write one run for another viewer");
    add_run_options(*command, arguments.run);
    for (const Exporter& exporter : exporters())
        command->add_option(exporter.option, arguments.files[exporter.option], exporter.summary)
            ->type_name("FILE");
    command->add_option("--clock", arguments.clock, "Time axis: `ns` (virtual time) or `steps`");
    command->add_option("--at", arguments.at, "--dot: the moment behind this step")
        ->transform(whole_number(0, 1'000'000'000'000'000));
    command->add_flag("--json", arguments.json, "What was written, as one JSON document");
    command->footer(std::string(kExportFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
