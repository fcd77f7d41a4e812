// A scheduler around a scheduler: it chooses the families of an execution from the seed, so that
// a campaign meets each of them, and leaves every other choice to the one inside.
#pragma once

#include <cstdint>

#include "sim/scheduler.h"

namespace lockstep {

// The entry to give to Machine::set_scheduler(). Valid until the next call.
const SchedulerEntry& family_scheduler(const SchedulerEntry& inner);

// nullptr if there is none of this name.
const SchedulerEntry* find_scheduler(const char* name);

}  // namespace lockstep
