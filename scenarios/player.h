// Player: an execution in which somebody outside makes every choice. It stops where a choice is to
// be made that nobody has made yet; going on, or back, starts it again with other picks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/crash_guard.h"
#include "scenarios/prepare.h"
#include "scenarios/scenario.h"
#include "sim/machine.h"

namespace lockstep {

struct Play {
    std::vector<std::uint16_t> picks;  // indices, from the start of the execution
    Option wish;                       // behind them: this option, as long as it is offered ...
    std::uint32_t wishes = 0;          // ... at most so often
};

struct Situation {
    bool over = false;                 // nothing is left to choose
    bool crashed = false;              // the code under test did: nothing more may be run here
    std::vector<Option> options;       // of the choice that is to be made; empty if it is over
    std::vector<std::uint16_t> picks;  // made so far, granted wishes too
    ExecutionResult result;            // with the findings made so far
};

// The port must outlive it; the machine is its own while it lives.
class Player {
  public:
    // A scenario that is open_to_questions() can be asked for any value, and has more states.
    Player(const Scenario& scenario, const Port& port);
    // Ends early, too, once `stop` is true, which is looked at before each wish; nullptr: never.
    Situation play(const Play& play, TraceSink* trace, const bool* stop);
    // Where play() has stopped.
    Evaluated value(const Expression& expression) const;

  private:
    const Scenario scenario_;
    PreparedScenario prepared_;
    CrashGuard guard_;
};

}  // namespace lockstep
