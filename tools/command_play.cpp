// lockstep play: a person picks every step.
#include "tools/commands.h"
#include "tools/console.h"
#include "tools/game.h"
#include "tools/option_oracle.h"
#include "tools/stepper_screen.h"

namespace lockstep {

int command_play(const PlayArguments& arguments, Output& output) {
    Subject subject;
    subject.scenario = read_only_scenario(arguments.target);
    subject.port = port_of(subject.scenario, arguments.port);
    use_oracles(subject.scenario, arguments.oracles);
    const std::string skipped = skip_reason(subject.scenario, subject.port);
    if (!skipped.empty())
        throw UsageError("scenario " + subject.scenario.name + " is skipped on port " +
                         subject.port.name + ": " + skipped);
    Game game(subject, arguments.goal, arguments.width != 0 ? arguments.width : output.width());
    const auto say = [&](const std::vector<std::string>& lines, const char* what) {
        if (!arguments.json)
            for (const std::string& line : lines) output.line(line);
        else
            print_json_answer(output, what, lines);
    };
    if (arguments.screen) {
        play_on_screen(game);
        say(game.farewell(), "token");
        return kExitAsExpected;
    }
    say(game.greeting(), "");
    const int code = converse({"(play) ", arguments.json}, output,
                              [&](const std::string& command) { return game.answer(command); });
    say(game.farewell(), "token");
    return code;
}

}  // namespace lockstep
