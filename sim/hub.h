// Hub mode: the machine driven from outside, one transition at a time. Every fiber pauses at the
// same place before each step, the caller sees all options and says which one happens.
//
// Used by the explorer. The ordinary mode, where a Scheduler picks on the fiber itself, makes the
// same steps for the same options: replaying a path there must end in the same state.
#pragma once

#include "sim/machine.h"
#include "sim/scheduler.h"

namespace lockstep::hub {

// Back to the boot image, with nothing decided yet. A step that no other context can notice (a
// label, a fence; when no interrupt is left an irq flag, or an access of a CPU to what is its own)
// is part of the one before it, as the rules say.
void start(const ChainRules& rules, bool symmetry);
// What a search has learned about its rules, if it had better begin again with others. A CPU looked
// at what was taken for another's own; and places whose step was left out although something
// followed it that others can see, such as the end of the call. Kept in this process.
bool own_memory_is_shared();
const std::vector<const sim_site*>& places_to_ask();
// Does what can go one way only. True: options() has two or more, or one that only the caller's
// bounds could rule out; false: the execution ended.
bool settle();
const Option* options();
std::uint32_t option_count();
void take(const Option& option);
bool ended();
// Of the execution that ended or stands where it is now; without picks.
ExecutionResult result();
// What a state is: equal hashes mean equal futures. Looks at marked parts only.
CpuId running_cpu();

}  // namespace lockstep::hub
