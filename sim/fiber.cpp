// Jumps between fibers, and tells AddressSanitizer about them.
#include "sim/fiber.h"

#include <algorithm>
#include <cstring>
#if !defined(__x86_64__)
#include <boost/context/detail/fcontext.hpp>
#endif

#include "sim/arena.h"
#include "sim/check.h"
#include "sim/state.h"

#ifdef LOCKSTEP_SANITIZE
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// On x86-64 the switch is our own: jump_fcontext also saves the floating point control words, which
// nobody here changes and which cost as much as all the rest. It is an ordinary function, so what
// it need not keep is what any call may destroy. The processor pairs calls with returns: this
// function's return lies, in every suspended fiber, behind the same call, and is foreseen.
#if defined(__x86_64__)
// Leaves the stack pointer of this fiber in *from and goes on where `to` was left.
extern "C" void lockstep_switch(void** from, void* to);
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".type lockstep_switch, @function\n"
    "lockstep_switch:\n"
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    ".size lockstep_switch, . - lockstep_switch\n");
#endif

namespace lockstep::fiber {

namespace {

// The program's own stack pointer lives outside the arena: it is where an execution starts and
// ends, never part of one.
void* main_stack_pointer = nullptr;
TaskId came_from = kMain;
void (*entries[kTasksMax])() = {};

void** stack_pointer_of(TaskId task) {
    return task == kMain ? &main_stack_pointer : &task_slot(task).stack_pointer;
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

void begin() {
    const TaskId self = starting;
#ifdef LOCKSTEP_SANITIZE
    fake_stacks[self] = nullptr;
#endif
    after_jump(self);
    entries[self]();
    SIM_CHECK_MSG(false, "a fiber's entry returned");
}

#if defined(__x86_64__)
// A new fiber looks as if it had called lockstep_switch() just before begin().
void* prepare_stack(const arena::StackRange& range) {
    constexpr std::size_t kRegisters = 6;
    auto** const top = reinterpret_cast<void**>(range.top);
    void** const saved = top - kRegisters - 2;  // what begin() is called by is nowhere: 0
    std::memset(saved, 0, (kRegisters + 2) * sizeof(void*));
    saved[kRegisters] = reinterpret_cast<void*>(begin);
    return saved;
}
void switch_stacks(void** from, void* to) {
    lockstep_switch(from, to);
}
#else
using boost::context::detail::transfer_t;

// jump_fcontext says where it came from only on the other side, which has to keep it.
void keep(transfer_t transfer) {
    *static_cast<void**>(transfer.data) = transfer.fctx;
}
void* prepare_stack(const arena::StackRange& range) {
    const auto enter = [](transfer_t transfer) {
        keep(transfer);
        begin();
    };
    return boost::context::detail::make_fcontext(
        range.top, static_cast<std::size_t>(range.top - range.bottom), enter);
}
void switch_stacks(void** from, void* to) {
    keep(boost::context::detail::jump_fcontext(to, from));
}
#endif

}  // namespace

void make(TaskId task, void (*entry)()) {
    entries[task] = entry;
    task_slot(task).stack_pointer = prepare_stack(arena::stack_of(task));
}

void jump(TaskId from, TaskId to) {
    SIM_CHECK(from != to);
    void* const target = *stack_pointer_of(to);
    SIM_CHECK(target != nullptr);
    before_jump(from, to);
    came_from = from;
    starting = to;
    switch_stacks(stack_pointer_of(from), target);
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
    const std::ptrdiff_t size = std::min(pointer - arena::stack_of(task).bottom, kBytes);
    std::memset(pointer - size, 0, static_cast<std::size_t>(size));
#endif
}

#ifdef LOCKSTEP_SANITIZE
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHole = 8 * kPage;  // larger than any frame, of which parts stay untouched

bool all_zero(const std::byte* page) {
    return page[0] == std::byte{} && std::memcmp(page, page + 1, kPage - 1) == 0;
}

// Sanitized stacks are large, and what was never used stays untouched.
void clear_used(const arena::StackRange& range) {
    std::byte* page = range.top;
    std::size_t zeroes = 0;
    while (page - kPage >= range.bottom && zeroes < kHole) {
        page -= kPage;
        __asan_unpoison_memory_region(page, kPage);
        zeroes = all_zero(page) ? zeroes + kPage : 0;
        if (zeroes == 0) std::memset(page, 0, kPage);
    }
}

}  // namespace
#endif

void forget_all(unsigned tasks, bool clear) {
#ifdef LOCKSTEP_SANITIZE
    // Always: sanitized frames have much room that nobody writes.
    static_cast<void>(clear);
    for (TaskId task = 0; task < tasks; ++task) clear_used(arena::stack_of(task));
#else
    if (!clear) return;
    for (TaskId task = 0; task < tasks; ++task) {
        const arena::StackRange range = arena::stack_of(task);
        std::memset(range.bottom, 0, static_cast<std::size_t>(range.top - range.bottom));
    }
#endif
}

}  // namespace lockstep::fiber
