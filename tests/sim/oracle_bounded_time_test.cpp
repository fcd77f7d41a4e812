// bounded-time: the bounds are 1 ms between two looks at the clock, 1 ms for AA and for ABBA,
// 250 ms pending and 500 ms at the head; two looks are always granted.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

TEST(BoundedTime, AnAaIsFoundAtTheFirstCheck) {
    for (const TimeNs time : {3 * kMs, 3 * kMs + 1}) {
        History h("bounded-time");
        h.takes(0, A);
        h.wants(0, A);
        h.at(time);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), time == 3 * kMs ? "" : "bounded-time late");
    }
}

TEST(BoundedTime, AnAaInAnNmiIsFoundAtTheFirstCheck) {
    History h("bounded-time");
    h.takes(0, A);
    h.enter(0, Context::nmi);
    h.wants(0, A);
    h.at(250 * kMs);
    h.gets(0, A, kTimeout);
    EXPECT_EQ(h.said(), "bounded-time late");
}

TEST(BoundedTime, TimeInAnInterruptIsNotTimeAWaiterWaited) {
    History h("bounded-time");
    h.takes(0, A);
    h.wants(0, A);
    h.enter(0, Context::hardirq);
    h.at(20 * kMs);
    h.leave(0);
    h.at(22 * kMs);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(BoundedTime, AnAaWithAFullTableMayTakeAWholeTimeout) {
    for (const unsigned held : {30U, 31U}) {
        History h("bounded-time");
        for (unsigned lock = 0; lock < held; ++lock) h.takes(0, static_cast<LockId>(lock));
        h.wants(0, A);
        h.at(250 * kMs);
        h.gets(0, A, kTimeout);
        EXPECT_EQ(h.said(), held == 31 ? "" : "bounded-time late");
    }
}

// In the window of an unlock, or of an acquire that has not come back, a table need not say it.
TEST(BoundedTime, AnAaWithALockThatItsCpuWasNotGivenYetOrAnyMoreIsNotJudgedByTheFirstCheck) {
    for (const bool unlocks : {false, true}) {
        History h("bounded-time");
        if (unlocks) {
            h.takes(0, A);
            h.word(0, A, kLocked);
            h.unlocks(0, A);
        } else {
            h.wants(0, A);
            h.word(0, A, kLocked);
        }
        h.enter(0, Context::nmi);
        h.wants(0, A);
        h.at(250 * kMs);
        h.gets(0, A, kTimeout);
        EXPECT_EQ(h.said(), "") << unlocks;
    }
}

TEST(BoundedTime, AnAbbaIsFoundByWhoeverLooksAtTheWord) {
    for (const TimeNs time : {3 * kMs, 3 * kMs + 1}) {
        History h("bounded-time");
        h.takes(0, A);
        h.takes(1, B);
        h.wants(0, B);
        h.wants(1, A);
        h.parks_on_word(1, A);
        h.at(time);
        h.gets(0, B, kDeadlock);
        EXPECT_EQ(h.said(), time == 3 * kMs ? "" : "bounded-time late");
    }
}

TEST(BoundedTime, AnAbbaInTheMiddleOfTheQueueIsFoundByNobody) {
    History h("bounded-time");
    h.takes(0, A);
    h.takes(1, B);
    h.wants(0, B);
    h.wants(1, A);
    h.at(250 * kMs);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(BoundedTime, AnAbbaCountsFromTheAttemptThatClosedIt) {
    History h("bounded-time");
    h.takes(0, A);
    h.takes(1, B);
    h.wants(0, B);
    h.parks_on_word(0, B);
    h.at(100 * kMs);
    h.wants(1, A);
    h.at(103 * kMs);
    h.gets(0, B, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(BoundedTime, AWaitForAStuckOwnerEndsWithThePendingAndTheHeadTimeout) {
    for (const TimeNs time : {752 * kMs, 752 * kMs + 1})
        for (const int ret : {0, kTimeout}) {
            History h("bounded-time");
            h.takes(0, A);
            h.wants(1, A);
            h.at(time);
            h.gets(1, A, ret);
            EXPECT_EQ(h.said(), time == 752 * kMs ? "" : "bounded-time late") << ret;
        }
}

TEST(BoundedTime, TheClockStartsAnewWhenAnOwnerGoesOrAWaiterGivesUp) {
    for (const bool gives_up : {false, true}) {
        History h("bounded-time");
        h.takes(0, A);
        h.wants(1, A);
        h.wants(2, A);
        h.at(700 * kMs);
        if (gives_up)
            h.gets(2, A, kTimeout);
        else
            h.releases(0, A);
        h.at(1400 * kMs);
        h.gets(1, A, kTimeout);
        EXPECT_EQ(h.said(), "") << gives_up;
    }
}

TEST(BoundedTime, AnotherLockChangingHandsIsNoProgress) {
    History h("bounded-time");
    h.takes(0, A);
    h.wants(1, A);
    h.at(700 * kMs);
    h.takes(2, B);
    h.releases(2, B);
    h.at(800 * kMs);
    h.gets(1, A, kTimeout);
    EXPECT_EQ(h.said(), "bounded-time late");
}

TEST(BoundedTime, AWaitThatTheLockDoesNotBoundIsNotJudged) {
    History h("bounded-time");
    for (LockFacts& facts : h.setup.locks) facts.bounds = LockBounds{};
    h.takes(0, A);
    h.wants(1, A);
    h.at(5000 * kMs);
    h.gets(1, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(BoundedTime, TheTestAndSetBoundStandsAlone) {
    for (const TimeNs time : {1002 * kMs, 1002 * kMs + 1}) {
        History h("bounded-time");
        for (LockFacts& facts : h.setup.locks) facts.bounds = {kMs, kMs, kMs, 0, 0, 1000 * kMs};
        h.takes(0, A);
        h.wants(1, A);
        h.at(time);
        h.gets(1, A, kTimeout);
        EXPECT_EQ(h.said(), time == 1002 * kMs ? "" : "bounded-time late");
    }
}

TEST(BoundedTime, NothingIsLateWhenTheClockMayStall) {
    History h("bounded-time");
    h.setup.clock_may_stall = true;
    h.takes(0, A);
    h.wants(0, A);
    h.at(5000 * kMs);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(BoundedTime, ATaskThatWasPreemptedWaitsFromItsReturn) {
    History h("bounded-time");
    h.start(0, 0);
    h.takes(1, A);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    h.at(2000 * kMs);
    h.switch_to(0, 0);
    h.at(2700 * kMs);
    h.gets(0, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

}  // namespace
}  // namespace lockstep
