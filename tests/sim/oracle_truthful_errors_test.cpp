// truthful-errors: -EDEADLK, -ETIMEDOUT and success against the wait-for graph of contexts.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

// Each takes one lock and wants the other's: CPU0 has A, CPU1 has B.
void abba(History& h, TimeNs second_begins = 0) {
    h.takes(0, A);
    h.takes(1, B);
    h.wants(0, B);
    h.at(second_begins);
    h.wants(1, A);
}

TEST(TruthfulErrors, AnAaIsADeadlockInEveryContext) {
    for (const Context context : {Context::softirq, Context::hardirq, Context::nmi}) {
        History h("truthful-errors");
        h.takes(0, A);
        h.enter(0, context);
        h.wants(0, A);
        h.gets(0, A, kDeadlock);
        h.leave(0);
        h.wants(0, A);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), "");
    }
}

TEST(TruthfulErrors, ADeadlockWithALockNobodyHasIsFalse) {
    History h("truthful-errors");
    h.wants(0, A);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, ADeadlockWithAnOwnerThatRunsIsFalse) {
    History h("truthful-errors");
    h.takes(1, A);
    h.takes(0, B);
    h.wants(0, A);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, ADeadlockWithAnOwnerThatWaitsForAThirdIsFalse) {
    History h("truthful-errors");
    h.takes(0, A);
    h.takes(1, B);
    h.takes(2, C);
    h.wants(1, C);
    h.wants(0, B);
    h.gets(0, B, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, BothSidesOfAnAbbaMayFail) {
    History h("truthful-errors");
    abba(h);
    h.gets(0, B, kDeadlock);
    h.gets(1, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, TheOtherSideMayFailAfterTheFirstHasEvenReleased) {
    History h("truthful-errors");
    abba(h);
    h.gets(0, B, kDeadlock);
    h.releases(0, A);
    h.gets(1, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, OnceTheCycleIsOverAFurtherAttemptIsNotInIt) {
    History h("truthful-errors");
    abba(h);
    h.gets(0, B, kDeadlock);
    h.gets(1, A, kDeadlock);
    h.wants(0, B);
    h.gets(0, B, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, AnAbbaThroughNmisIsADeadlock) {
    History h("truthful-errors");
    h.takes(0, A);
    h.takes(1, B);
    h.enter(0, Context::nmi);
    h.enter(1, Context::nmi);
    h.wants(0, B);
    h.wants(1, A);
    h.gets(1, A, kDeadlock);
    h.gets(0, B, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, AnOwnerBelowAnNmiThatWaitsIsPartOfTheCycle) {
    History h("truthful-errors");
    h.takes(0, A);
    h.takes(1, B);
    h.enter(0, Context::nmi);
    h.wants(1, A);
    h.wants(0, B);
    h.gets(0, B, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, ACircleOfThreeIsADeadlockAndATimeoutIsItsAnswerToo) {
    for (const int ret : {kDeadlock, kTimeout}) {
        History h("truthful-errors");
        h.takes(0, A);
        h.takes(1, B);
        h.takes(2, C);
        h.wants(0, B);
        h.wants(1, C);
        h.wants(2, A);
        h.at(250 * kMs);
        h.gets(2, A, ret);
        EXPECT_EQ(h.said(), "");
    }
}

TEST(TruthfulErrors, ALockLeftByANestedHandlerClosesACycleWithTheWaiterBelow) {
    History h("truthful-errors");
    h.wants(0, A);
    h.enter(0, Context::hardirq);
    h.enter(0, Context::nmi);
    h.wants(0, A, true);
    h.gets(0, A);
    h.leave(0, 1);
    h.leave(0);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

// --- conservative --------------------------------------------------------------------------------

// On CPU0 `context` interrupts a waiter for A and asks for B, which somebody has who runs.
std::string fallback(Context context, bool documented) {
    History h("truthful-errors");
    for (LockFacts& facts : h.setup.locks) facts.queue_trylock_fallback = documented;
    h.takes(1, A);
    h.takes(2, B);
    h.wants(0, A);
    h.enter(0, context);
    h.wants(0, B);
    h.gets(0, B, kDeadlock);
    return h.said();
}

TEST(TruthfulErrors, AnNmiInsideAWaiterGivesUpConservatively) {
    EXPECT_EQ(fallback(Context::nmi, true), "truthful-errors conservative");
}

TEST(TruthfulErrors, NobodyElseMayGiveUpLikeAnNmi) {
    EXPECT_EQ(fallback(Context::hardirq, true), "truthful-errors false");
    EXPECT_EQ(fallback(Context::nmi, false), "truthful-errors false");
}

TEST(TruthfulErrors, AnNmiThatInterruptsNoWaiterMayNotGiveUp) {
    History h("truthful-errors");
    h.takes(2, B);
    h.takes(0, A);
    h.enter(0, Context::nmi);
    h.wants(0, B);
    h.gets(0, B, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, AnNmiThatAsksForWhatItInterruptedAWaitForIsInADeadlock) {
    History h("truthful-errors");
    h.takes(1, A);
    h.wants(0, A);
    h.enter(0, Context::nmi);
    h.wants(0, A);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

// --- stale ---------------------------------------------------------------------------------------

TEST(TruthfulErrors, AnNmiInsideUnlockIsInADeadlockOnlyUntilTheWordIsFree) {
    for (const bool freed : {false, true}) {
        History h("truthful-errors");
        h.wants(0, A);
        h.word(0, A, kLocked);
        h.gets(0, A);
        h.unlocks(0, A);
        if (freed) h.word(0, A, 0, 1);
        h.enter(0, Context::nmi);
        h.wants(0, A);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), freed ? "truthful-errors stale" : "");
    }
}

// CPU0's table still says B, for which CPU1 asks while it has A: that CPU2 has B and asks for A is
// a deadlock besides.
TEST(TruthfulErrors, AnUnfinishedUnlockBesideADeadlockIsStillAWindow) {
    for (const char* const oracle : {"truthful-errors", "collateral"}) {
        History h(oracle);
        h.wants(0, B);
        h.word(0, B, kLocked);
        h.gets(0, B);
        h.unlocks(0, B);
        h.word(0, B, 0, 1);
        h.takes(2, B);
        h.enter(0, Context::nmi);
        h.wants(0, A);
        h.takes(1, A);
        h.wants(2, A);
        h.wants(1, B);
        h.gets(0, A, kDeadlock);
        const bool speaks = std::string(oracle) == "truthful-errors";
        EXPECT_EQ(h.said(), speaks ? "truthful-errors stale" : "");
        h.gets(1, B, kDeadlock);
        h.gets(2, A);
        EXPECT_EQ(h.said(), speaks ? "truthful-errors stale" : "");
    }
}

TEST(TruthfulErrors, AnNmiAfterTheUnlockIsInNoWindow) {
    History h("truthful-errors");
    h.takes(0, A);
    h.releases(0, A);
    h.enter(0, Context::nmi);
    h.wants(0, A);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

// CPU0's table still says B, A; CPU1 has A and asks for B.
TEST(TruthfulErrors, ARemoteCpuMayMistakeAnUnfinishedUnlockForAnAbba) {
    for (const bool finished : {false, true}) {
        History h("truthful-errors");
        h.takes(0, B);
        h.wants(0, A);
        h.word(0, A, kLocked);
        h.gets(0, A);
        h.wants(1, A);
        h.unlocks(0, A);
        h.word(0, A, 0, 1);
        h.word(1, A, kLocked);
        h.gets(1, A);
        if (finished) h.unlocked(0, A);
        h.wants(1, B);
        h.gets(1, B, kDeadlock);
        EXPECT_EQ(h.said(), finished ? "truthful-errors false" : "truthful-errors stale");
    }
}

// --- missed --------------------------------------------------------------------------------------

TEST(TruthfulErrors, ATimeoutInAnAaWasMissed) {
    History h("truthful-errors");
    h.takes(0, A);
    h.wants(0, A);
    h.at(250 * kMs);
    h.gets(0, A, kTimeout);
    EXPECT_EQ(h.said(), "truthful-errors missed");
}

TEST(TruthfulErrors, ATimeoutIsTheAnswerToAnAaWhenTheTableIsFull) {
    for (const unsigned held : {30U, 31U, 32U}) {
        History h("truthful-errors");
        for (unsigned lock = 0; lock < held; ++lock) h.takes(0, static_cast<LockId>(lock));
        h.wants(0, A);
        h.at(250 * kMs);
        h.gets(0, A, kTimeout);
        EXPECT_EQ(h.said(), held < 31 ? "truthful-errors missed" : "") << held;
    }
}

TEST(TruthfulErrors, ATimeoutInAnOldAbbaWasMissed) {
    History h("truthful-errors");
    abba(h);
    h.at(250 * kMs);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "truthful-errors missed");
}

TEST(TruthfulErrors, ATimeoutInAnAbbaTooYoungToBeFoundIsFine) {
    History h("truthful-errors");
    abba(h, 249 * kMs);
    h.at(250 * kMs);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, ATimeoutInAnAbbaIsFineWhenTheOtherTableIsFull) {
    History h("truthful-errors");
    h.takes(0, A);
    for (LockId lock = 1; lock < 32; ++lock) h.takes(1, lock);
    h.wants(0, B);
    h.wants(1, A);
    h.at(250 * kMs);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, ATimeoutInAnAbbaProvesNothingWhenTheClockMayStall) {
    History h("truthful-errors");
    h.setup.clock_may_stall = true;
    abba(h);
    h.at(250 * kMs);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, AWaiterSentAwayByATimeoutAheadMissedNothing) {
    History h("truthful-errors");
    h.takes(1, B);
    h.wants(2, B);
    h.at(100 * kMs);
    h.takes(0, A);
    h.wants(0, B);
    h.wants(1, A);
    h.at(250 * kMs);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, ATimeoutOutsideEveryCycleIsFine) {
    History h("truthful-errors");
    h.takes(1, A);
    h.wants(0, A);
    h.at(250 * kMs);
    h.gets(0, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

// --- broken --------------------------------------------------------------------------------------

TEST(TruthfulErrors, SuccessInAnAaIsBroken) {
    History h("truthful-errors");
    h.takes(0, A);
    h.enter(0, Context::nmi);
    h.wants(0, A);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "truthful-errors broken");
}

TEST(TruthfulErrors, SuccessInAnAbbaIsBrokenUnlessTheOtherSideGaveUp) {
    for (const bool gave_up : {false, true}) {
        History h("truthful-errors");
        abba(h);
        if (gave_up) {
            h.gets(0, B, kDeadlock);
            h.releases(0, A);
        }
        h.gets(1, A);
        EXPECT_EQ(h.said(), gave_up ? "" : "truthful-errors broken");
    }
}

TEST(TruthfulErrors, LocksThatCannotFailAreNotJudged) {
    History h("truthful-errors");
    for (LockFacts& facts : h.setup.locks) facts.resilient = false;
    h.takes(0, A);
    h.takes(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(TruthfulErrors, AFailedTrylockIsNoAnswer) {
    History h("truthful-errors");
    h.wants(0, A, true);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

// --- tasks ---------------------------------------------------------------------------------------

TEST(TruthfulErrors, ATaskPreemptedBeforeTheLockIsNobodysObstacle) {
    History h("truthful-errors");
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    h.wants(0, A);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, ATaskPreemptedBeforeTheLockGoesOnWithItsOwnAttempt) {
    History h("truthful-errors");
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1, 2);  // the event's depth is that of whoever made it
    h.start(0, 1);
    h.takes(0, B);
    h.releases(0, B);
    h.task_ends(0);
    h.switch_to(0, 0);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

// B was left by a task that ended; the task that runs now waits for nothing.
TEST(TruthfulErrors, ATaskThatRunsDoesNotWaitForWhatThePreemptedOneWants) {
    History h("truthful-errors");
    h.start(0, 0);
    h.takes(0, B);
    h.task_ends(0, 1);
    h.switch_to(0, 1);
    h.start(0, 1);
    h.wants(0, A);
    h.switch_to(0, 2);
    h.takes(1, A);
    h.wants(1, B);
    h.gets(1, B, kDeadlock);
    EXPECT_EQ(h.said(), "truthful-errors false");
}

TEST(TruthfulErrors, TheTaskThatRunsMakesTheCycleNotTheOnePreempted) {
    History h("truthful-errors");
    h.start(0, 0);
    h.wants(0, C);
    h.switch_to(0, 1);
    h.start(0, 1);
    abba(h);
    h.gets(0, B, kDeadlock);
    h.gets(1, A, kDeadlock);
    h.releases(0, A);
    h.switch_to(0, 0);
    h.gets(0, C);
    EXPECT_EQ(h.said(), "");
}

// The search for an ABBA begins when a waiter has come to the word itself.
TEST(TruthfulErrors, ATimeoutInAnAbbaIsMissedOnlyByAWaiterThatLookedLongEnough) {
    for (const TimeNs looks_at : {246 * kMs, 248 * kMs}) {
        History h("truthful-errors");
        h.takes(0, A);
        h.takes(1, B);
        h.wants(0, B);
        h.wants(1, A);
        h.parks_on_node(0);
        h.at(looks_at);
        h.parks_on_word(0, B);
        h.at(250 * kMs);
        h.gets(0, B, kTimeout);
        EXPECT_EQ(h.said(), looks_at == 246 * kMs ? "truthful-errors missed" : "");
    }
}

}  // namespace
}  // namespace lockstep
