// Game: the commands of `lockstep play`. The person is the scheduler; each move runs the scenario
// again from its start with one pick more, or fewer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/player.h"
#include "tools/console.h"
#include "tools/recording.h"
#include "tools/run_state.h"
#include "tools/step_condition.h"
#include "tools/subject.h"

namespace lockstep {

class Game {
  public:
    // `goal` is an expression, or empty: what the scenario says happens sometimes, or any error.
    // Throws UsageError for a bad goal.
    Game(const Subject& subject, const std::string& goal, unsigned width);
    std::vector<std::string> greeting();
    Answer answer(const std::string& command);
    std::vector<std::string> farewell() const;
    std::string title() const;  // where it stands, in a line
    void set_width(unsigned columns) { width_ = columns; }
    std::string token() const;  // of the picks made so far
    Evaluated value(const Expression& expression) const { return player_.value(expression); }

  private:
    using Words = std::vector<std::string>;
    struct Goal {
        Expression condition;
        bool reached = false;
    };
    Situation look(const Play& play, Recording& into, const StepCondition* until);
    Answer move(const Option& option, std::uint32_t times, const StepCondition* until);
    Answer undo(const Words& words);
    Answer look_at(const Words& words);
    Answer pick(const Words& words);
    Answer show_help() const;
    std::optional<std::size_t> option_of(const Words& words, std::size_t& used, Answer& refused);
    std::vector<std::string> option_lines();
    // What each option would do first. Asked in a process of its own, as it may crash.
    std::vector<std::string> foresee();
    std::string foreseen(std::size_t option);
    std::vector<std::string> situation_lines();
    std::vector<std::string> news(std::size_t events_before) const;
    std::vector<std::string> reached();
    std::string row(const Event& event) const;
    RunState state() const;

    const Subject& subject_;
    unsigned width_;
    Player player_;
    std::function<std::string(std::uintptr_t)> describe_pc_;
    std::vector<Goal> goals_;  // none: any error or finding
    bool any_reached_ = false;
    Recording recording_;  // of the execution so far
    Situation now_;
    std::vector<std::size_t> moves_;  // number of picks before each move
};

}  // namespace lockstep
