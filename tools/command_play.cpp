// lockstep play: a person picks every step, here or on a page.
#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/console.h"
#include "tools/game.h"
#include "tools/game_graph.h"
#include "tools/option_oracle.h"
#include "tools/report_page.h"
#include "tools/stepper_screen.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using GameJson = nlohmann::ordered_json;

int write_game(const Subject& subject, const PlayArguments& arguments, Output& output) {
    check_page_paths(arguments.out, arguments.tree);
    GameGraphOptions options;
    options.goal = arguments.goal;
    options.tree = arguments.tree;
    if (arguments.states_max) options.states_max = *arguments.states_max;
    const GameJson game = game_graph_json(subject, options);
    const std::string page =
        page_text("Play " + subject.scenario.name + " on " + subject.port.name, game, kStartGame);
    write_page(arguments.out, page);
    const auto states = game["states"].get<std::uint64_t>();
    if (arguments.json)
        output.line(GameJson{{"format", "lockstep-game-written-1"},
                             {"file", arguments.out},
                             {"bytes", page.size()},
                             {"states", states},
                             {"transitions", game["transitions"]}}
                        .dump(2, ' ', false, GameJson::error_handler_t::replace));
    else
        output.line(arguments.out + ": a game of " + counted(states, "state") + ", " +
                    std::to_string(page.size() / 1000) + " kB; open it in a browser");
    return kExitAsExpected;
}

}  // namespace

int command_play(const PlayArguments& arguments, Output& output) {
    Subject subject;
    subject.scenario = read_only_scenario(arguments.target);
    subject.port = port_of(subject.scenario, arguments.port);
    use_oracles(subject.scenario, arguments.oracles);
    const std::string skipped = skip_reason(subject.scenario, subject.port);
    if (!skipped.empty())
        throw UsageError("scenario " + subject.scenario.name + " is skipped on port " +
                         subject.port.name + ": " + skipped);
    if (!arguments.out.empty()) return write_game(subject, arguments, output);
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
