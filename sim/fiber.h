// Fibers: a task's saved stack pointer and the jump between two of them.
// Everything a suspended fiber needs is on its stack in the arena, so bytes are a checkpoint.
#pragma once

#include "sim/types.h"

namespace lockstep::fiber {

constexpr TaskId kMain = kTasksMax;  // the program's own stack, outside the arena

// Makes `task` start at `entry` when first jumped to. `entry` never returns.
void make(TaskId task, void (*entry)());
// Leaves the running fiber `from` and continues `to`; returns when somebody jumps back.
void jump(TaskId from, TaskId to);
// The saved stack pointer of a suspended fiber.
void* saved_stack_pointer(TaskId task);
// Clears what lies below the saved stack pointer of a suspended fiber, as far as a transition may
// reach: an earlier one may have left anything there.
void clear_below(TaskId task);
// Forgets the stacks of abandoned fibers: what a sanitizer believes about them and, if `clear`,
// their bytes. Frames have room that nobody writes; what an earlier execution left there would
// make equal states look different.
void forget_all(unsigned tasks, bool clear);

}  // namespace lockstep::fiber
