// Jumps between fibers with jump_fcontext, and tells AddressSanitizer about them.
#include "sim/fiber.h"

#include <boost/context/detail/fcontext.hpp>
#include <cstring>

#include "sim/arena.h"
#include "sim/check.h"
#include "sim/state.h"

#ifdef LOCKSTEP_SANITIZE
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// jump_fcontext is called, but goes on in the other fiber by a jump. The processor pairs calls
// with returns, so after a plain call of it every return up to the code under test would be
// predicted one level off, at 1.5 J each. Here the call of the wrapper is paired with the
// wrapper's return, which in every suspended fiber lies at the same place.
#if defined(__x86_64__)
extern "C" boost::context::detail::transfer_t lockstep_jump(boost::context::detail::fcontext_t to,
                                                            void* argument);
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".type lockstep_jump, @function\n"
    "lockstep_jump:\n"
    "    leaq 1f(%rip), %rax\n"
    "    pushq %rax\n"
    "    jmp jump_fcontext@PLT\n"
    "1:  ret\n"
    ".size lockstep_jump, . - lockstep_jump\n");
#else
#define lockstep_jump boost::context::detail::jump_fcontext
#endif

namespace lockstep::fiber {

namespace {

using boost::context::detail::fcontext_t;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

// The program's own context lives outside the arena: it is where an execution starts and ends,
// never part of one.
fcontext_t main_context = nullptr;
TaskId came_from = kMain;
void (*entries[kTasksMax])() = {};

void keep(TaskId task, fcontext_t context) {
    if (task == kMain)
        main_context = context;
    else
        task_slot(task).stack_pointer = context;
}

#ifdef LOCKSTEP_SANITIZE
const void* main_stack_bottom = nullptr;
std::size_t main_stack_size = 0;
void* fake_stacks[kTasksMax + 1] = {};

void before_jump(TaskId from, TaskId to) {
    const void* bottom = main_stack_bottom;
    std::size_t size = main_stack_size;
    if (to != kMain) {
        const arena::StackRange range = arena::stack_of(to);
        bottom = range.bottom;
        size = static_cast<std::size_t>(range.top - range.bottom);
    }
    __sanitizer_start_switch_fiber(&fake_stacks[from], bottom, size);
}

void after_jump(TaskId self) {
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(fake_stacks[self], &bottom, &size);
    if (came_from == kMain) {
        main_stack_bottom = bottom;
        main_stack_size = size;
    }
}
#else
void before_jump(TaskId, TaskId) {}
void after_jump(TaskId) {}
#endif

TaskId starting = kMain;

void trampoline(transfer_t transfer) {
    const TaskId self = starting;
    keep(came_from, transfer.fctx);
#ifdef LOCKSTEP_SANITIZE
    fake_stacks[self] = nullptr;
#endif
    after_jump(self);
    entries[self]();
    SIM_CHECK_MSG(false, "a fiber's entry returned");
}

}  // namespace

void make(TaskId task, void (*entry)()) {
    const arena::StackRange range = arena::stack_of(task);
    entries[task] = entry;
    task_slot(task).stack_pointer =
        make_fcontext(range.top, static_cast<std::size_t>(range.top - range.bottom), trampoline);
}

void jump(TaskId from, TaskId to) {
    SIM_CHECK(from != to);
    const fcontext_t target = to == kMain ? main_context : task_slot(to).stack_pointer;
    SIM_CHECK(target != nullptr);
    before_jump(from, to);
    came_from = from;
    starting = to;
    const transfer_t transfer = lockstep_jump(target, nullptr);
    keep(came_from, transfer.fctx);
    after_jump(from);
}

void* saved_stack_pointer(TaskId task) {
    return task_slot(task).stack_pointer;
}

void clear_below(TaskId task) {
#ifdef LOCKSTEP_SANITIZE
    static_cast<void>(task);
#else
    constexpr std::ptrdiff_t kBytes = 1536;
    auto* const pointer = static_cast<std::byte*>(task_slot(task).stack_pointer);
    const std::ptrdiff_t room = pointer - arena::stack_of(task).bottom;
    const std::ptrdiff_t size = room < kBytes ? room : kBytes;
    std::memset(pointer - size, 0, static_cast<std::size_t>(size));
#endif
}

void forget_all(unsigned tasks, bool clear) {
#ifdef LOCKSTEP_SANITIZE
    clear = true;  // sanitized frames have much room that nobody writes
#endif
    if (!clear) return;
    for (TaskId task = 0; task < tasks; ++task) {
        const arena::StackRange range = arena::stack_of(task);
        const auto size = static_cast<std::size_t>(range.top - range.bottom);
#ifdef LOCKSTEP_SANITIZE
        __asan_unpoison_memory_region(range.bottom, size);
#endif
        std::memset(range.bottom, 0, size);
    }
}

}  // namespace lockstep::fiber
