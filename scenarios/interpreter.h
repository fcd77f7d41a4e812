// Runs scenario bodies on fibers. A body is prepared once into instructions with every name
// already resolved; running it keeps nothing but plain data on the stack, and every operation has
// a frame of its own, so that equal situations leave equal bytes there.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/evaluate.h"
#include "scenarios/scenario.h"
#include "sim/kernel.h"

namespace lockstep {

struct Instruction {
    Statement::Code code = Statement::Code::assign;
    LockId lock = 0;
    std::int16_t label = -1;
    std::int16_t result = -1;
    std::uint8_t loop_depth = 0;
    std::uint32_t flags_slot = 0;
    std::uint32_t slot = 0;  // index of the body's AcquireSlot
    std::int32_t target = -1;
    std::uint64_t count = 0;
    const Expression* condition = nullptr;
    const Expression* argument = nullptr;
    const LockOperations* operations = nullptr;
    void* place = nullptr;  // the lock, the variable or the barrier's arrival count
    sim_site* site = nullptr;
};

struct PreparedProgram {
    std::uint16_t group = 0;
    std::uint32_t acquires = 0;  // AcquireSlots one body needs
    std::pmr::vector<Instruction> instructions;

    explicit PreparedProgram(std::pmr::memory_resource* memory) : instructions(memory) {}
};

// One program on one CPU: what a task or handler is started with.
struct Body {
    const PreparedProgram* program = nullptr;
    const Surroundings* surroundings = nullptr;
    Tally* tally = nullptr;
    BodyState* state = nullptr;    // in the arena
    AcquireSlot* slots = nullptr;  // in the arena
};

// ON FIBER. Runs the whole body once.
void run_body(const Body& body);
// The same, as the machine starts tasks; `body` is a Body.
void run_task(void* body);

}  // namespace lockstep
