// What may be typed behind `lockstep doctor`, and its help.
#include "tools/command_line_doctor.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr const char* kDoctorFooter =
    "Builds every flavour of rqspinlock from the tree, into a folder that is gone afterwards, and\n"
    "asks each for every known upstream bug (`lockstep port bugs`): present, absent, or not\n"
    "applicable. What counts is what the lock does, not what its source looks like. The "
    "documented\n"
    "limits are tried too; they are no bugs. The tree is only read.\n"
    "Exits 1 if a bug is present, if one could not be decided, or if a flavour did not build.\n"
    "Examples:\n"
    "  lockstep doctor ~/linux\n"
    "  lockstep doctor ~/linux --markdown > bugs.md\n"
    "  lockstep doctor ~/linux --json | jq '.bugs[] | select(.state == \"present\") | .name'\n";

}  // namespace

CLI::App* add_doctor_command(CLI::App& app, DoctorArguments& doctor, const char* exit_codes) {
    CLI::App* const command =
        app.add_subcommand("doctor", "Which of the known bugs does this kernel tree have?");
    command->add_option("tree", doctor.tree, "The top folder of a Linux source tree")->required();
    command->add_option("--compiler", doctor.compiler, "C compiler (default: gcc, else clang)");
    command->add_option("--jobs,-j", doctor.jobs, "Processes (default: one for each core)")
        ->transform(whole_number(1, 256));
    CLI::Option* const json = command->add_flag("--json", doctor.json, "One JSON document");
    command->add_flag("--markdown", doctor.markdown, "A page of Markdown")->excludes(json);
    command->footer(std::string(kDoctorFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
