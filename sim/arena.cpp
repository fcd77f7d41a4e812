// Maps the fixed region and its stacks.
#include "sim/arena.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/check.h"

namespace lockstep::arena {

namespace {

constexpr std::size_t kSlot = kGuardSize + kStackSize;
constexpr std::size_t kTotal = kInnerSize + kUserSize + kSlot * kTasksMax;
constexpr std::size_t kStagger = 192;
constexpr std::size_t kStaggerSteps = 16;
bool mapped = false;

}  // namespace

void map() {
    if (mapped) return;
    void* const wanted = reinterpret_cast<void*>(kBase);
    void* const got =
        mmap(wanted, kTotal, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != wanted) {
        std::fprintf(stderr, "lockstep: cannot map the arena at 0x%llx: %s\n",
                     static_cast<unsigned long long>(kBase), std::strerror(errno));
        std::exit(75);
    }
    for (TaskId task = 0; task < kTasksMax; ++task) {
        void* const guard = stack_of(task).bottom - kGuardSize;
        SIM_CHECK(mprotect(guard, kGuardSize, PROT_NONE) == 0);
    }
    mapped = true;
}

StackRange stack_of(TaskId task) {
    SIM_CHECK(task < kTasksMax);
    auto* const slot = reinterpret_cast<std::byte*>(kStacks + kSlot * task);
    std::byte* const bottom = slot + kGuardSize;
    return {bottom, bottom + kStackSize - kStagger * (task % kStaggerSteps)};
}

bool is_guard(std::uint64_t address) {
    if (address < kStacks || address >= kStacks + kSlot * kTasksMax) return false;
    return (address - kStacks) % kSlot < kGuardSize;
}

}  // namespace lockstep::arena
