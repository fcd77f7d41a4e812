// Where conditions find their values.
#include "scenarios/evaluate.h"

#include <gtest/gtest.h>

#include "sim/machine.h"

namespace lockstep {
namespace {

using Code = Operation::Code;

Operation leaf(Code code, std::uint16_t a = 0, std::uint16_t b = 0, std::uint16_t c = 0) {
    Operation operation;
    operation.code = code;
    operation.a = a;
    operation.b = b;
    operation.c = c;
    return operation;
}

struct Evaluate : testing::Test {
    Evaluate() : surroundings(2, 4) {
        surroundings.tally = &tally;
        body.registers = registers;
        surroundings.set_body(1, 2, &body);
    }
    Evaluated read(const Operation& operation) const {
        return surroundings.read(operation, operation.c);
    }
    std::int64_t lock_field(std::uint32_t word, const WordLayout& layout, LockField field) {
        surroundings.locks = {{&word, layout, 4}};
        return read(leaf(Code::lock_field, 0, static_cast<std::uint16_t>(field))).value;
    }

    Tally tally{};
    BodyState body{};
    std::int64_t registers[4] = {};
    Surroundings surroundings;
};

TEST_F(Evaluate, ARegisterIsUnknownUntilItIsAssigned) {
    registers[3] = -35;
    EXPECT_FALSE(read(leaf(Code::task_register, 1, 3, 2)).known);
    EXPECT_EQ(read(leaf(Code::task_returned, 1, 3, 2)).value, 0);
    body.assigned = 1u << 3;
    EXPECT_TRUE(read(leaf(Code::task_register, 1, 3, 2)).known);
    EXPECT_EQ(read(leaf(Code::task_register, 1, 3, 2)).value, -35);
    EXPECT_EQ(read(leaf(Code::task_returned, 1, 3, 2)).value, 1);
    EXPECT_FALSE(read(leaf(Code::task_register, 1, 2, 2)).known);
}

TEST_F(Evaluate, AProgramThatDoesNotRunOnACpuHasNothingThere) {
    EXPECT_FALSE(read(leaf(Code::task_register, 1, 0, 0)).known);
    EXPECT_EQ(read(leaf(Code::task_returned, 0, 0, 3)).value, 0);
    EXPECT_FALSE(surroundings.ran(1, 2));
    body.runs = 1;
    EXPECT_TRUE(surroundings.ran(1, 2));
    EXPECT_FALSE(surroundings.ran(1, 1));
    EXPECT_EQ(surroundings.body(1, 9), nullptr);
}

TEST_F(Evaluate, AWaitIsUnknownBeforeTheFirstAttemptReturned) {
    EXPECT_FALSE(read(leaf(Code::task_wait_ns, 1, 0, 2)).known);
    body.attempts = 1;
    body.wait_ns = 17;
    EXPECT_EQ(read(leaf(Code::task_wait_ns, 1, 0, 2)).value, 17);
}

TEST_F(Evaluate, AQueuedWordHasItsFields) {
    WordLayout layout;
    layout.shape = WordLayout::Shape::queued;
    layout.locked_mask = 0xff;
    layout.pending_mask = 0x100;
    layout.tail_mask = 0xffff0000;
    EXPECT_EQ(lock_field(0x00050101, layout, LockField::word), 0x00050101);
    EXPECT_EQ(lock_field(0x00050101, layout, LockField::locked), 1);
    EXPECT_EQ(lock_field(0x00050101, layout, LockField::pending), 1);
    EXPECT_EQ(lock_field(0x00050101, layout, LockField::tail), 5);
    EXPECT_EQ(lock_field(0xfffc0000, layout, LockField::tail), 0xfffc);
    EXPECT_EQ(lock_field(0xfffc0000, layout, LockField::free), 0);
}

TEST_F(Evaluate, ATicketLockIsHeldWhileTheNumbersDiffer) {
    WordLayout layout;
    layout.shape = WordLayout::Shape::ticket;
    layout.locked_mask = 0xffff;
    layout.tail_mask = 0xffff0000;
    EXPECT_EQ(lock_field(0x00070007, layout, LockField::locked), 0);
    EXPECT_EQ(lock_field(0x00080007, layout, LockField::locked), 1);
    EXPECT_EQ(lock_field(0x00070007, layout, LockField::free), 1);
    EXPECT_EQ(lock_field(0x00080007, layout, LockField::free), 0);
}

TEST_F(Evaluate, AWordNobodyDescribesIsHeldWhenItIsNotZero) {
    EXPECT_EQ(lock_field(0, {}, LockField::locked), 0);
    EXPECT_EQ(lock_field(0x80, {}, LockField::locked), 1);
    EXPECT_EQ(lock_field(0, {}, LockField::free), 1);
    EXPECT_EQ(lock_field(0x80, {}, LockField::free), 0);
    EXPECT_EQ(lock_field(0x80, {}, LockField::pending), 0);
}

TEST_F(Evaluate, CountsComeFromTheTallyAndTheTables) {
    const std::int32_t held[2] = {3, -1};
    const std::int32_t nodes[2] = {1, 2};
    const std::int64_t variable = -9;
    surroundings.held_counts = {&held[0], &held[1]};
    surroundings.node_counts = {&nodes[0], &nodes[1]};
    surroundings.variables = {&variable};
    surroundings.features = {"aa-immediate"};
    surroundings.family = 5;
    tally.points[4] = 2;
    tally.fired[1] = 6;
    tally.wait_ns = 99;
    EXPECT_EQ(read(leaf(Code::held, 1)).value, -1);
    EXPECT_EQ(read(leaf(Code::held, 2)).value, 0) << "no table: nothing held";
    EXPECT_EQ(read(leaf(Code::qnodes_in_use)).value, 3);
    EXPECT_EQ(read(leaf(Code::variable, 0)).value, -9);
    EXPECT_EQ(read(leaf(Code::at_point)).value, 5);
    EXPECT_EQ(read(leaf(Code::events, 4)).value, 2);
    EXPECT_EQ(read(leaf(Code::fired, 1)).value, 6);
    EXPECT_EQ(read(leaf(Code::max_wait_ns)).value, 99);
    Operation has = leaf(Code::has_feature);
    has.text = "aa-immediate";
    EXPECT_EQ(read(has).value, 1);
    has.text = "tas";
    EXPECT_EQ(read(has).value, 0);
}

TEST_F(Evaluate, ABodySeesItsOwnRegisters) {
    const BodyView view(surroundings, body);
    EXPECT_FALSE(view.read(leaf(Code::body_register, 1), 0).known);
    body.assigned = 1u << 1;
    registers[1] = 8;
    EXPECT_EQ(view.read(leaf(Code::body_register, 1), 0).value, 8);
    tally.wait_ns = 4;
    EXPECT_EQ(view.read(leaf(Code::max_wait_ns), 0).value, 4);
}

}  // namespace
}  // namespace lockstep
