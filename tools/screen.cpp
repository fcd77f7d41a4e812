// Draws the panes and reads the keys. Nothing is kept between two drawings but the last answer.
#include "tools/screen.h"

#include <ncurses.h>
#include <unistd.h>
#include <algorithm>
#include <clocale>
#include <cstdlib>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/text_columns.h"

// Of <term.h>, which has macros named `lines` and `columns`.
extern "C" {
struct term;
int setupterm(const char* name, int file, int* found);
term* set_curterm(term* next);
int del_curterm(term* old);
}

namespace lockstep {

namespace {

constexpr int kLinesMin = 16, kColumnsMin = 60, kColumnsForTwo = 130;
constexpr int kEscape = 27, kCtrlD = 4;
enum Pair : short { kPlain = 0, kTitle = 1, kRed = 2 };

int key_code(int key) {
    switch (key) {
        case KEY_RIGHT:
            return kKeyRight;
        case KEY_LEFT:
            return kKeyLeft;
        case KEY_UP:
            return kKeyUp;
        case KEY_DOWN:
            return kKeyDown;
        case KEY_PPAGE:
            return kKeyPageUp;
        case KEY_NPAGE:
            return kKeyPageDown;
        case KEY_HOME:
            return kKeyHome;
        case KEY_END:
            return kKeyEnd;
        case KEY_BACKSPACE:
        case 127:
        case '\b':
            return kKeyBackspace;
        case KEY_ENTER:
            return '\n';
        default:
            return key;
    }
}

// Asked first: where TERM is not known initscr() ends the program by itself, and newterm() leaks.
bool terminal_is_known() {
    int found = 0;
    if (setupterm(nullptr, STDOUT_FILENO, &found) != OK) return false;
    del_curterm(set_curterm(nullptr));
    return true;
}

// The terminal is given back however the screen is left.
class Terminal {
  public:
    Terminal() {
        std::setlocale(LC_CTYPE, "");
        if (terminal_is_known()) screen_ = newterm(nullptr, stdout, stdin);
        if (screen_ == nullptr)
            throw UsageError("--screen cannot draw on this terminal; is TERM what it is?");
        cbreak();
        noecho();
        keypad(stdscr, TRUE);
        set_escdelay(50);
        curs_set(0);
        timeout(200);  // ms, so that Ctrl-C is seen
        if (std::getenv("NO_COLOR") != nullptr || !has_colors()) return;
        start_color();
        use_default_colors();
        init_pair(kTitle, COLOR_CYAN, -1);
        init_pair(kRed, COLOR_RED, -1);
    }
    ~Terminal() {
        endwin();
        delscreen(screen_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

  private:
    SCREEN* screen_ = nullptr;
};

struct Area {
    int top, left, lines, columns;
};

struct Shown {
    std::string title;
    std::vector<std::string> lines;
    std::vector<std::size_t> marked;
    std::size_t heads = 0;
};

class Drawing {
  public:
    Drawing(const ScreenSpec& spec, const std::function<Answer(const std::string&)>& answer)
        : spec_(spec), answer_(answer), last_(spec.greeting) {}

    void run() {
        draw();
        while (*InterruptGuard::asked() == 0) {
            const int key = getch();
            if (key == ERR) continue;
            if (!react(key_code(key))) return;
            draw();
        }
    }

  private:
    bool react(int key) {
        if (typing_) return type(key);
        if (key == 'q' || key == kCtrlD) return false;
        if (key == '?') last_ = key_lines();
        if (key == ':' || key == '/') {
            typing_ = true;
            typed_ = key == '/' ? "until " : "";
        }
        for (const ScreenKey& each : spec_.keys)
            if (std::find(each.codes.begin(), each.codes.end(), key) != each.codes.end())
                return ask(each.command);
        return true;
    }

    bool ask(const std::string& command) {
        const Answer given = answer_(command);
        last_ = given.lines;
        refused_ = given.refused;
        return !given.quit;
    }

    // A command line at the bottom, as in an editor.
    bool type(int key) {
        if (key == kEscape) typing_ = false;
        if (key == kKeyBackspace && !typed_.empty()) typed_.pop_back();
        if (key >= ' ' && key < 127) typed_ += static_cast<char>(key);
        if (key != '\n') return true;
        typing_ = false;
        return typed_.empty() || ask(typed_);
    }

    std::vector<std::string> key_lines() const {
        std::vector<std::string> lines;
        for (const ScreenKey& each : spec_.keys)
            lines.push_back(pad_right(each.name, 14) + each.help);
        lines.push_back(pad_right(":", 14) + "type a command; `:help` lists them");
        lines.push_back(pad_right("/", 14) + "type a condition to go on until");
        lines.push_back(pad_right("q", 14) + "end");
        return lines;
    }

    void draw() {
        erase();
        if (LINES < kLinesMin || COLS < kColumnsMin) {
            mvaddnstr(0, 0, "needs 60 columns and 16 lines", COLS);
            refresh();
            return;
        }
        bar(0, spec_.title());
        const bool two = COLS >= kColumnsForTwo;
        const int left = two ? COLS * 3 / 5 : COLS;
        if (spec_.set_width) spec_.set_width(static_cast<unsigned>(left - 1));
        // A long answer, such as the list of keys, takes the room of the panes.
        const bool longer = last_.size() > static_cast<std::size_t>(LINES / 3);
        const int answer_lines =
            longer ? LINES - 2 : static_cast<int>(std::max<std::size_t>(last_.size(), 1)) + 1;
        const int lines = LINES - 2 - answer_lines;
        if (lines > 0 && two) {
            column({1, 0, lines, left - 1}, [](const ScreenPane& pane) { return pane.left; });
            column({1, left, lines, COLS - left}, [](const ScreenPane& p) { return !p.left; });
        } else if (lines > 0) {
            column({1, 0, lines, COLS}, [](const ScreenPane&) { return true; });
        }
        draw_lines({1 + lines, 0, answer_lines, COLS}, {"answer", last_, {}, 0},
                   refused_ ? COLOR_PAIR(kRed) : A_NORMAL);
        if (typing_) {
            mvaddnstr(LINES - 1, 0, (":" + typed_).c_str(), COLS - 1);
            curs_set(1);
        } else {
            curs_set(0);
            bar(LINES - 1, spec_.hint);
        }
        refresh();
    }

    void bar(int line, const std::string& text) {
        attron(A_REVERSE);
        mvaddnstr(line, 0, pad_right(text, static_cast<std::size_t>(COLS)).c_str(), COLS);
        attroff(A_REVERSE);
    }

    template <typename Wanted>
    void column(const Area& area, Wanted wanted) {
        unsigned shares = 0;
        for (const ScreenPane& pane : spec_.panes)
            if (wanted(pane)) shares += pane.share;
        int top = area.top, lines_left = area.lines;
        for (const ScreenPane& pane : spec_.panes) {
            if (!wanted(pane)) continue;
            const int lines = lines_left * static_cast<int>(pane.share) / static_cast<int>(shares);
            const std::vector<std::string> text = answer_(pane.command).lines;
            const auto marked = pane.marked ? pane.marked(text) : std::vector<std::size_t>{};
            draw_lines({top, area.left, lines, area.columns},
                       {pane.title, text, marked, pane.heads}, A_NORMAL);
            top += lines;
            lines_left -= lines;
            shares -= pane.share;
        }
    }

    void heading(const Area& area, const std::string& title, bool more) {
        const std::string text =
            "-- " + title + " " + std::string(static_cast<std::size_t>(area.columns), '-');
        attron(COLOR_PAIR(kTitle) | A_BOLD);
        mvaddnstr(area.top, area.left, text.c_str(), area.columns - 1);
        attroff(COLOR_PAIR(kTitle) | A_BOLD);
        if (more) mvaddnstr(area.top, area.left + area.columns - 8, " more ", 6);
    }

    void draw_line(const Area& area, int line, const std::string& text, attr_t look) {
        const bool finding = text.rfind("***", 0) == 0;
        look |= finding ? COLOR_PAIR(kRed) : A_NORMAL;
        attron(look);
        mvaddnstr(area.top + line, area.left, text.c_str(), area.columns - 1);
        attroff(look);
    }

    // A heading and below it the lines there is room for, with the marked ones in the middle.
    void draw_lines(const Area& area, const Shown& shown, attr_t look) {
        if (area.lines < 2 + static_cast<int>(shown.heads)) return;
        const std::size_t heads = std::min(shown.heads, shown.lines.size());
        const std::size_t room = static_cast<std::size_t>(area.lines - 1) - heads;
        const std::size_t last = shown.lines.size() > room ? shown.lines.size() - room : heads;
        std::size_t first = heads;
        if (!shown.marked.empty() && shown.marked.back() > heads + room / 2)
            first = shown.marked.back() - room / 2;
        first = std::min(first, std::max(last, heads));
        heading(area, shown.title, first + room < shown.lines.size());
        for (std::size_t i = 0; i < heads; ++i)
            draw_line(area, static_cast<int>(i) + 1, shown.lines[i], look | A_BOLD);
        for (std::size_t i = first; i < shown.lines.size() && i - first < room; ++i) {
            const bool mark =
                std::find(shown.marked.begin(), shown.marked.end(), i) != shown.marked.end();
            draw_line(area, static_cast<int>(i - first + heads) + 1, shown.lines[i],
                      look | (mark ? A_REVERSE : A_NORMAL));
        }
    }

    const ScreenSpec& spec_;
    const std::function<Answer(const std::string&)>& answer_;
    std::vector<std::string> last_;
    bool refused_ = false;
    bool typing_ = false;
    std::string typed_;
};

}  // namespace

void run_screen(const ScreenSpec& spec, const std::function<Answer(const std::string&)>& answer) {
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
        throw UsageError("--screen needs a terminal; without it the commands come from a pipe");
    const InterruptGuard interrupt;
    const Terminal terminal;
    Drawing(spec, answer).run();
}

}  // namespace lockstep
