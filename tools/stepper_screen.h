// What a full terminal shows of a run that is stepped through, and of one that is played.
#pragma once

#include "tools/game.h"
#include "tools/stepper.h"

namespace lockstep {

// Until the reader ends it. Throws UsageError if this is no terminal.
void step_on_screen(Stepper& stepper);
void play_on_screen(Game& game);

}  // namespace lockstep
