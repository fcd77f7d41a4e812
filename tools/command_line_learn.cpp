// What may be typed behind `lockstep learn`, and its help.
#include "tools/command_line_learn.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr const char* kLearnFooter =
    "The lessons are the pages of docs/learn, from a word that one CPU sets to a bug of a\n"
    "production kernel. Each has commands to try and an exercise. An answer is what the exercise\n"
    "asks for: the token that `lockstep play` prints, a scenario file, or a number; a file with a\n"
    "token in it will do. A wrong answer is told why, and exits with 1.\n"
    "--check runs every command of the chapters, compares what they print with what the pages\n"
    "quote and the pictures with what is drawn now, and tries the exercises both ways.\n"
    "Examples:\n"
    "  lockstep learn                               the chapters\n"
    "  lockstep learn 5 | less                      read one\n"
    "  lockstep learn 5 --run                       its commands, with what they print here\n"
    "  lockstep learn 5 --answer 'v1:hand-off:...'\n"
    "  lockstep learn --check                       do all pages tell the truth?\n";

}  // namespace

CLI::App* add_learn_command(CLI::App& app, LearnArguments& learn, const char* exit_codes) {
    CLI::App* const command = app.add_subcommand("learn", "Lessons, with commands and exercises");
    command->add_option("chapter", learn.chapters, "Numbers of chapters; nothing: list them");
    command->add_flag("--run", learn.run, "Run the chapter's commands and show what they print");
    command->add_flag("--check", learn.check,
                      "Check commands, quotations, pictures and exercises (default: of all)");
    command->add_option("--answer", learn.answer,
                        "Your answer to the exercise: a token, a number or a file");
    command->add_flag("--redraw", learn.redraw,
                      "With --check: write pictures that differ anew instead of failing");
    command->add_option("--width", learn.width, "Columns of the text (default: the terminal's)")
        ->transform(whole_number(60, 400));
    command->add_flag("--json", learn.json, "One JSON document");
    command->footer(std::string(kLearnFooter) + "\n" + exit_codes);
    return command;
}

}  // namespace lockstep
