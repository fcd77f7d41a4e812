// held-table: what the per-CPU table may look like at every return of the API, of an interrupt and
// of the run.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

void owns(History& h, unsigned cpu, LockId lock) {
    h.wants(cpu, lock);
    h.records(cpu, lock);
    h.gets(cpu, lock);
}

void gives_back(History& h, unsigned cpu, LockId lock) {
    h.unlocks(cpu, lock);
    h.forgets(cpu);
    h.unlocked(cpu, lock);
}

TEST(HeldTable, TakingAndReleasingInOrderIsInOrder) {
    History h("held-table");
    owns(h, 0, A);
    owns(h, 0, B);
    gives_back(h, 0, B);
    gives_back(h, 0, A);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, AFailedAttemptThatStaysInTheTableIsALeak) {
    History h("held-table");
    h.wants(0, A);
    h.records(0, A);
    h.gets(0, A, kDeadlock);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "held-table leak");  // once, not at the end of the run again
}

TEST(HeldTable, AFailedAttemptThatTakesItsEntryBackIsNone) {
    History h("held-table");
    h.wants(0, A);
    h.records(0, A);
    h.forgets(0);
    h.gets(0, A, kDeadlock);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, AnAttemptRecordedTwiceIsALeak) {
    History h("held-table");
    h.wants(0, A);
    h.records(0, A);
    h.records(0, A);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "held-table leak");
}

TEST(HeldTable, AnUnlockThatForgetsNothingIsALeak) {
    History h("held-table");
    owns(h, 0, A);
    h.releases(0, A);
    EXPECT_EQ(h.said(), "held-table leak");
}

TEST(HeldTable, AnInterruptThatLeavesAnEntryBehindIsALeak) {
    History h("held-table");
    h.enter(0, Context::nmi);
    h.table_count(0, 1);
    h.leave(0);
    EXPECT_EQ(h.said(), "held-table leak");
}

TEST(HeldTable, AnInterruptThatEndsAsAnOwnerLeavesOneEntryRightly) {
    History h("held-table");
    owns(h, 0, A);
    h.enter(0, Context::hardirq);
    owns(h, 0, B);
    h.leave(0);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, AnEntryNobodyHoldsAtTheEndIsALeakUnlessTheRunWasCutShort) {
    for (const EndReason reason : {EndReason::finished, EndReason::stuck}) {
        History h("held-table");
        h.start(0, 0);
        h.table_count(0, 1);
        h.ends(reason);
        EXPECT_EQ(h.said(), reason == EndReason::finished ? "held-table leak" : "");
    }
}

TEST(HeldTable, AnOwnerThatIsNotInTheTableIsAnUnderflow) {
    History h("held-table");
    h.takes(0, A);
    EXPECT_EQ(h.said(), "held-table underflow");
}

TEST(HeldTable, ACountBelowZeroIsAnUnderflowAtOnce) {
    History h("held-table");
    h.start(0, 0);
    h.table_count(0, -1);
    EXPECT_EQ(h.said(), "held-table underflow");
}

TEST(HeldTable, AnotherLockInTheTopEntryIsWrong) {
    History h("held-table");
    h.wants(0, A);
    h.records(0, B);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "held-table wrong-entry");
}

TEST(HeldTable, AnEntryThatIsNoLockIsWrong) {
    History h("held-table");
    h.wants(0, A);
    h.table_count(0, 1);
    h.table(0, 8, 0xdead);
    EXPECT_EQ(h.said(), "held-table wrong-entry");
}

TEST(HeldTable, AnEntryThatOutlivesItsUnlockIsReportedOnce) {
    History h("held-table");
    owns(h, 0, A);
    h.unlocks(0, A);
    h.table_count(0, 0);
    h.unlocked(0, A);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "held-table not-null");
}

TEST(HeldTable, AnEntryThatOutlivesItsFailedAttemptIsReported) {
    History h("held-table");
    h.wants(0, A);
    h.records(0, A);
    h.table_count(0, 0);
    h.gets(0, A, kTimeout);
    EXPECT_EQ(h.said(), "held-table not-null");
}

TEST(HeldTable, UnlockingTheLowerOfTwoIsOutOfOrder) {
    History h("held-table");
    owns(h, 0, A);
    owns(h, 0, B);
    h.unlocks(0, A);
    EXPECT_EQ(h.said(), "held-table order");
}

TEST(HeldTable, LocksBeyondTheTableAreOnlyCounted) {
    History h("held-table");
    for (LockId lock = 0; lock < 33; ++lock) owns(h, 0, lock);
    for (LockId lock = 33; lock-- > 0;) gives_back(h, 0, lock);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, TheLocksBeyondTheTableAreStillCounted) {
    History h("held-table");
    for (LockId lock = 0; lock < 32; ++lock) owns(h, 0, lock);
    h.takes(0, 32);
    EXPECT_EQ(h.said(), "held-table underflow");
}

// unlock clears the word, then the entry, then counts down: an NMI fits between any two.
TEST(HeldTable, AnNmiInsideUnlockMayUseTheNextSlot) {
    History h("held-table");
    owns(h, 0, A);
    h.unlocks(0, A);
    h.table_entry(0, 0, kNoLock);
    h.enter(0, Context::nmi);
    owns(h, 0, A);
    gives_back(h, 0, A);
    h.leave(0);
    h.forgets(0);
    h.unlocked(0, A);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, AnNmiBetweenTheCountAndTheEntryOfAnAttemptMayUseTheNextSlot) {
    History h("held-table");
    h.wants(0, A);
    h.table_count(0, 1);
    h.enter(0, Context::nmi);
    h.wants(0, B);
    h.table_count(0, 2);
    h.table_entry(0, 1, B);
    h.gets(0, B);
    h.unlocks(0, B);
    h.table_entry(0, 1, kNoLock);
    h.table_count(0, 1);
    h.unlocked(0, B);
    h.leave(0);
    h.table_entry(0, 0, A);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, EveryCpuHasATableOfItsOwn) {
    History h("held-table");
    owns(h, 0, A);
    owns(h, 1, B);
    gives_back(h, 0, A);
    gives_back(h, 1, B);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, ATaskPreemptedBeforeItsEntryIsNotDisturbedByTheTaskAfterIt) {
    History h("held-table");
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    owns(h, 0, A);
    gives_back(h, 0, A);
    h.task_ends(0);
    h.switch_to(0, 0);
    h.records(0, A);
    h.gets(0, A);
    gives_back(h, 0, A);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

// The table belongs to the CPU: what a task leaves in it is no leak of the next one.
TEST(HeldTable, ATaskThatEndedAsAnOwnerIsNotHeldAgainstTheTaskItPreempted) {
    History h("held-table");
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    owns(h, 0, B);
    h.task_ends(0, 1);
    h.switch_to(0, 0);
    h.records(0, A);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, ASecondPortsLocksAreNotLookedForInTheFirstPortsTable) {
    History h("held-table");
    owns(h, 0, A);
    h.wants(0, B);
    h.table(0, 0, 1, 1);
    h.table(0, 8, h.setup.locks[B].address, 1);
    h.gets(0, B);
    EXPECT_EQ(h.said(), "");
}

TEST(HeldTable, APortWithoutATableIsNotJudged) {
    History h("held-table");
    for (LockFacts& facts : h.setup.locks) facts.held_table.entries = 0;
    h.takes(0, A);
    h.releases(0, A);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "");
}

}  // namespace
}  // namespace lockstep
