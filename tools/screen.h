// Screen: a conversation in a full terminal, drawn with ncurses. Panes show what commands answer,
// keys type commands; the conversation itself is that of step and play.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/console.h"

namespace lockstep {

struct ScreenPane {
    std::string title;
    std::string command;    // whose answer it shows
    unsigned share = 1;     // of the lines of its column
    bool left = false;      // the wide column, if there is room for two
    std::size_t heads = 0;  // lines at the top that stay
    // The line to keep in view and to mark, of these; nothing if there is none.
    std::function<std::vector<std::size_t>(const std::vector<std::string>&)> marked;
};

// Keys that are no characters.
enum KeyCode : int {
    kKeyRight = 1000,
    kKeyLeft,
    kKeyUp,
    kKeyDown,
    kKeyPageUp,
    kKeyPageDown,
    kKeyHome,
    kKeyEnd,
    kKeyBackspace,
};

struct ScreenKey {
    std::vector<int> codes;  // characters and KeyCodes
    std::string name;        // "Right"
    std::string command;     // what it types
    std::string help;
};

struct ScreenSpec {
    std::function<std::string()> title;
    std::vector<ScreenPane> panes;
    std::vector<ScreenKey> keys;
    std::string hint;                         // the keys in a line
    std::function<void(unsigned)> set_width;  // columns of the first pane, when they change
    std::vector<std::string> greeting;
};

// Until `q`, Ctrl-C or Ctrl-D. Throws UsageError if this is no terminal, or one that is too small
// to draw on.
void run_screen(const ScreenSpec& spec, const std::function<Answer(const std::string&)>& answer);

}  // namespace lockstep
