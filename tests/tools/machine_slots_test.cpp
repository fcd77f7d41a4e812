// What the picture of a machine says of a waiter must be so at every event.
#include "tools/machine_slots.h"

#include <gtest/gtest.h>

#include "sim/points.h"
#include "tests/tools/hand_made_recording.h"

namespace lockstep {
namespace {

void add_point(HandMade& made, CpuId cpu, const char* name) {
    made.add(EventKind::point, cpu).aux = point_by_name(name);
}

// Of the task of this CPU, when all events have been followed.
std::string role_of(const HandMade& made, CpuId cpu) {
    MachineSlots machine(made.recording);
    for (const Event& event : made.recording.events) machine.take(event);
    for (const MachineSlot& slot : machine.slots())
        if (slot.kind == "role" && slot.a == cpu && slot.b == 0)
            return slot.value.get<std::string>();
    return "no such slot";
}

// CPU0 owns A, CPU1 has set pending.
HandMade owned_and_pending() {
    HandMade made(3);
    made.begin(0, A);
    made.store_word(0, A, 0, 1);
    made.end(0, A, 0);
    made.begin(1, A);
    made.store_word(1, A, 0x1, 0x101);
    add_point(made, 1, "rq.pending.set");
    return made;
}

TEST(MachineSlots, TheFirstToSetPendingIsThePendingWaiter) {
    EXPECT_EQ(role_of(owned_and_pending(), 1), "the pending waiter");
}

TEST(MachineSlots, WhoFindsPendingSetIsNot) {
    HandMade made = owned_and_pending();
    made.begin(2, A);
    made.store_word(2, A, 0x101, 0x101);
    add_point(made, 2, "rq.pending.set");
    EXPECT_EQ(role_of(made, 1), "the pending waiter");
    EXPECT_EQ(role_of(made, 2), "");
    add_point(made, 2, "rq.queue.node");
    EXPECT_EQ(role_of(made, 2), "about to queue");
}

TEST(MachineSlots, WhoClaimsTheLockIsPendingNoMore) {
    HandMade made = owned_and_pending();
    made.store_word(0, A, 0x101, 0x100);
    EXPECT_EQ(role_of(made, 1), "the pending waiter");
    made.store_word(1, A, 0x100, 0x1);
    EXPECT_EQ(role_of(made, 1), "");
}

TEST(MachineSlots, WhoGivesUpOrSawAQueueAndClearsPendingIsPendingNoMore) {
    HandMade made = owned_and_pending();
    made.store_word(1, A, 0x101, 0x1);
    EXPECT_EQ(role_of(made, 1), "");
}

TEST(MachineSlots, AWordStoredByAnotherTakesNobodysRole) {
    HandMade made = owned_and_pending();
    made.store_word(2, A, 0x101, 0x1);  // a broken lock
    EXPECT_EQ(role_of(made, 1), "the pending waiter");
}

}  // namespace
}  // namespace lockstep
