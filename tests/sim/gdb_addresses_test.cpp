// Where tools/gdb/lockstep.py looks into a running simulation is where things are.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

#include "sim/state.h"
#include "tests/sanitized.h"

namespace lockstep {
namespace {

std::string gdb_script() {
    std::ifstream file(LOCKSTEP_SOURCE_DIR "/tools/gdb/lockstep.py");
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string in_hex(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llX", static_cast<unsigned long long>(value));
    return text;
}

TEST(GdbAddresses, AreThoseOfTheArena) {
    if (kSanitized) GTEST_SKIP() << "stacks are larger under a sanitizer";
    const std::string script = gdb_script();
    const auto says = [&](const std::string& line) {
        EXPECT_NE(script.find(line + "\n"), std::string::npos) << line;
    };
    const auto steps = arena::kBase + kStateOffset + offsetof(State, steps);
    says("STEPS_AT = " + in_hex(steps));
    says("TASKS_AT = " + in_hex(kTasksAt));
    const auto* const first = arena::stack_of(0).bottom;
    const auto* const second = arena::stack_of(1).bottom;
    says("STACKS_AT, STACK_SLOT = " + in_hex(arena::kStacks) + ", " +
         in_hex(static_cast<std::uint64_t>(second - first)));
    says("TASK_SIZE, NAME_AT, CPU_AT, STACK_POINTER_AT = " + std::to_string(sizeof(TaskSlot)) +
         ", " + std::to_string(offsetof(TaskSlot, name)) + ", " +
         std::to_string(offsetof(TaskSlot, cpu)) + ", " +
         std::to_string(offsetof(TaskSlot, stack_pointer)));
    says("TASKS_MAX, NAME_MAX = " + std::to_string(kTasksMax) + ", " +
         std::to_string(sizeof(TaskSlot::name)));
}

}  // namespace
}  // namespace lockstep
