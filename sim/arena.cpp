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

constexpr std::size_t kTotal = kInnerSize + kUserSize + kStackSlot * kTasksMax;
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

bool is_guard(std::uint64_t address) {
    if (address < kStacks || address >= kStacks + kStackSlot * kTasksMax) return false;
    return (address - kStacks) % kStackSlot < kGuardSize;
}

}  // namespace lockstep::arena
