// step --screen and play --screen, driven through tmux as a person would.
#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

// A terminal with the command running in it.
class TmuxScreen {
  public:
    explicit TmuxScreen(const std::string& command, const std::string& settings = "") {
        tmux("new-session -d -x 150 -y 40 '" + settings + " " LOCKSTEP_BINARY " " + command +
             "; echo EXIT=$?; sleep 600'");
    }
    ~TmuxScreen() { tmux("kill-server"); }
    TmuxScreen(const TmuxScreen&) = delete;
    TmuxScreen& operator=(const TmuxScreen&) = delete;

    void press(const std::string& keys) { tmux("send-keys " + keys); }
    void resize(unsigned columns, unsigned lines) {
        tmux("resize-window -x " + std::to_string(columns) + " -y " + std::to_string(lines));
    }
    std::string text() { return tmux("capture-pane -p").out; }
    // Waits until all of it is on the screen, at most half a minute: it is drawn bit by bit.
    void shows(const std::vector<std::string>& wanted) {
        std::string shown;
        for (int tries = 0; tries < 300; ++tries) {
            shown = text();
            if (std::all_of(wanted.begin(), wanted.end(),
                            [&](const std::string& each) { return has(shown, each); }))
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        for (const std::string& each : wanted)
            EXPECT_TRUE(has(shown, each)) << "no `" << each << "` on the screen:\n" << shown;
    }

  private:
    Ran tmux(const std::string& words) {
        return sandbox_.shell("TERM=xterm-256color tmux -S ./tmux.socket -f /dev/null " + words);
    }
    Sandbox sandbox_;
};

TEST(CommandScreen, StepIsDrivenByKeysAndCommands) {
    TmuxScreen screen("step abba-2cpu --port rqspinlock --screen");
    screen.shows({"step 0 of ", "abba-2cpu on rqspinlock"});
    screen.press("s Right");
    screen.shows({"step 2 of ", "-- lock words and queues", "step       time  CPU0  CPU1  what"});
    screen.press("w");
    screen.shows({"step 5 of ", "CPU0 task holds A"});
    screen.press("n");
    screen.shows({"step 54 of ", "res_spin_lock(A) = -EDEADLK"});
    screen.press("1 s");
    screen.shows({"step 56 of ", "along CPU1"});
    screen.press("a Home");
    screen.shows({"step 0 of "});
    screen.press("/ 'holds B' Enter");
    screen.shows({"step 6 of "});
    screen.press(": 'goto 9999' Enter");
    screen.shows({"expected a step from 0 to "});
    screen.press("?");
    screen.shows({"PageDown", "to the next change of a lock word"});
    screen.press("Left");
    screen.shows({"step 5 of "});
    screen.resize(70, 20);
    screen.shows({"-- answer", "step 5 of "});
    screen.resize(40, 8);
    screen.shows({"needs 60 columns and 16 lines"});
    screen.press("q");
    screen.shows({"EXIT=0"});
}

TEST(CommandScreen, PlayPicksUndoesAndLeavesAToken) {
    TmuxScreen screen("play abba-race --port rqspinlock --screen");
    screen.shows({"0 moves", "-- who is next?"});
    screen.press("1 2 1");
    screen.shows({"3 moves", "goals reached: 0 of 2"});
    screen.press("u");
    screen.shows({"2 moves"});
    screen.press(": 'cpu0 until holds B' Enter");
    screen.shows({"3 moves"});
    screen.press("t");
    screen.shows({"token: v1:abba-race:"});
    screen.press("q");
    screen.shows({"EXIT=0", "token: v1:abba-race:"});
}

TEST(CommandScreen, NeedsATerminal) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell("echo s | lockstep step aa-nmi --port rqspinlock --screen");
    EXPECT_EQ(ran.code, 64);
    EXPECT_TRUE(has(ran.err, "--screen needs a terminal")) << ran.err;
    EXPECT_EQ(sandbox.run({"play", "abba-race", "--screen", "--json"}).code, 64);
    TmuxScreen unknown("step aa-nmi --port rqspinlock --screen", "TERM=no-such-terminal");
    unknown.shows({"--screen cannot draw on this terminal", "EXIT=64"});
}

}  // namespace
}  // namespace lockstep
