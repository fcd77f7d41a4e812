// Panes and keys of step and play.
#include "tools/stepper_screen.h"

#include "tools/screen.h"

namespace lockstep {

namespace {

// The rows that begin with the number of this step.
std::vector<std::size_t> rows_of_step(const std::vector<std::string>& rows, std::uint64_t step) {
    std::vector<std::size_t> found;
    const std::string number = std::to_string(step);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t at = rows[i].find_first_not_of(' ');
        if (at != std::string::npos && at < 9 && rows[i].compare(at, number.size(), number) == 0 &&
            rows[i].compare(at + number.size(), 1, " ") == 0)
            found.push_back(i);
    }
    return found;
}

std::vector<ScreenKey> step_keys() {
    std::vector<ScreenKey> keys = {
        {{kKeyRight, kKeyDown, ' ', 's'}, "Right Down s", "s", "a step on"},
        {{kKeyLeft, kKeyUp, kKeyBackspace, 'b'}, "Left Up b", "b", "a step back"},
        {{kKeyPageDown}, "PageDown", "s 10", "ten steps on"},
        {{kKeyPageUp}, "PageUp", "b 10", "ten steps back"},
        {{'w'}, "w", "w", "to the next change of a lock word"},
        {{'W'}, "W", "W", "back to the last one"},
        {{'n'}, "n", "n", "to the next failed lock call or finding"},
        {{'N'}, "N", "N", "back to the last one"},
        {{'c', kKeyEnd}, "c End", "c", "to the next finding, else to the end"},
        {{kKeyHome}, "Home", "goto 0", "before step 1"},
        {{'a'}, "a", "cpu all", "along all CPUs"}};
    for (int cpu = 0; cpu < 8; ++cpu)
        keys.push_back({{'0' + cpu},
                        std::to_string(cpu),
                        "cpu " + std::to_string(cpu),
                        "along CPU" + std::to_string(cpu) + " only"});
    return keys;
}

std::vector<ScreenKey> play_keys() {
    std::vector<ScreenKey> keys = {{{'u', kKeyLeft, kKeyBackspace}, "u Left", "u", "a move back"},
                                   {{'t'}, "t", "token", "what replays the moves so far"}};
    for (int option = 1; option <= 9; ++option)
        keys.push_back({{'0' + option},
                        std::to_string(option),
                        std::to_string(option),
                        "option " + std::to_string(option)});
    return keys;
}

}  // namespace

void step_on_screen(Stepper& stepper) {
    ScreenSpec spec;
    spec.title = [&] { return stepper.title(); };
    spec.set_width = [&](unsigned columns) { stepper.set_width(columns); };
    spec.greeting = stepper.greeting();
    spec.hint =
        "Right/Left step  w/W lock word  n/N error  c end  0-7 a CPU  a all  / until  : command  ? "
        "keys  q end";
    spec.keys = step_keys();
    ScreenPane steps = {"steps", "list 60", 3, true, 1, {}};
    steps.marked = [&](const std::vector<std::string>& rows) {
        return rows_of_step(rows, stepper.step());
    };
    spec.panes = {steps,
                  {"lock words and queues", "queue", 1, false, 0, {}},
                  {"held", "held", 1, false, 0, {}},
                  {"where each CPU stands", "bt all", 2, false, 0, {}}};
    run_screen(spec, [&](const std::string& command) { return stepper.answer(command); });
}

void play_on_screen(Game& game) {
    ScreenSpec spec;
    spec.title = [&] { return game.title(); };
    spec.set_width = [&](unsigned columns) { game.set_width(columns); };
    spec.greeting = game.greeting();
    spec.hint =
        "1-9 that option  u back  t token  : command, such as `cpu0 until holds A`  ? keys  q end";
    spec.keys = play_keys();
    spec.panes = {{"who is next?", "options", 2, true, 0, {}},
                  {"held", "held", 1, false, 0, {}},
                  {"where each CPU stands", "bt", 2, false, 0, {}}};
    run_screen(spec, [&](const std::string& command) { return game.answer(command); });
}

}  // namespace lockstep
