// collateral: which errors a waiter may be given because of somebody else. The histories are of
// four CPUs that ask for A, which CPU0 keeps.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

TEST(Collateral, ATimeoutBeforeAnyBoundIsPremature) {
    for (const TimeNs time : {249 * kMs, 250 * kMs}) {
        History h("collateral");
        h.takes(0, A);
        h.wants(1, A);
        h.at(time);
        h.gets(1, A, kTimeout);
        EXPECT_EQ(h.said(), time < 250 * kMs ? "collateral premature" : "");
    }
}

TEST(Collateral, TheShortestBoundIsTheOneOfTheLock) {
    for (const TimeNs time : {999 * kMs, 1000 * kMs}) {
        History h("collateral");
        for (LockFacts& facts : h.setup.locks) facts.bounds = {kMs, kMs, kMs, 0, 0, 1000 * kMs};
        h.takes(0, A);
        h.wants(1, A);
        h.at(time);
        h.gets(1, A, kTimeout);
        EXPECT_EQ(h.said(), time < 1000 * kMs ? "collateral premature" : "");
    }
}

// CPU1 waits from 0, CPU2 from 200 ms; CPU1's time is over at 500 ms.
void queue_behind_a_timeout(History& h) {
    h.setup.cpus = 4;
    h.takes(0, A);
    h.wants(1, A);
    h.at(200 * kMs);
    h.wants(2, A);
    h.at(400 * kMs);
}

TEST(Collateral, ATimedOutHeadTakesItsFollowersWithIt) {
    History h("collateral");
    queue_behind_a_timeout(h);
    h.gets(1, A, kTimeout);
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(Collateral, TheFollowersMayReturnBeforeTheHeadThatFlushedThem) {
    History h("collateral");
    queue_behind_a_timeout(h);
    h.gets(2, A, kTimeout);
    h.gets(1, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(Collateral, ANewcomerBehindAFlushedWaiterMayBeFlushedToo) {
    for (const bool first : {false, true}) {
        History h("collateral");
        queue_behind_a_timeout(h);
        h.gets(1, A, kTimeout);
        h.wants(3, A);  // CPU2 is on its way out
        if (first) h.gets(3, A, kTimeout);
        h.gets(2, A, kTimeout);
        if (!first) h.gets(3, A, kTimeout);
        EXPECT_EQ(h.said(), "") << first;
    }
}

TEST(Collateral, ANewcomerAfterAllOthersLeftIsNotFlushed) {
    History h("collateral");
    queue_behind_a_timeout(h);
    h.gets(1, A, kTimeout);
    h.gets(2, A, kTimeout);
    h.wants(3, A);
    h.at(401 * kMs);
    h.gets(3, A, kTimeout);
    EXPECT_EQ(h.said(), "collateral premature");
}

TEST(Collateral, ATimeoutAtAnotherLockFlushesNobody) {
    History h("collateral");
    h.takes(0, A);
    h.takes(0, B);
    h.wants(1, B);
    h.at(200 * kMs);
    h.wants(2, A);
    h.at(300 * kMs);
    h.gets(1, B, kTimeout);
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "collateral premature");
}

TEST(Collateral, APrematureTimeoutDoesNotExcuseTheNextOne) {
    History h("collateral");
    h.takes(0, A);
    h.wants(1, A);
    h.wants(2, A);
    h.at(10 * kMs);
    h.gets(1, A, kTimeout);
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "collateral premature; collateral premature");
}

// CPU0 asks again for what it has, with CPU2 behind it in the queue.
TEST(Collateral, ABystanderOfSomebodyElsesDeadlockIsInnocentBeforeAndAfterIt) {
    for (const bool first : {false, true}) {
        History h("collateral");
        h.takes(0, A);
        h.enter(0, Context::hardirq);
        h.wants(0, A);
        h.wants(2, A);
        if (first) h.gets(2, A, kDeadlock);
        h.gets(0, A, kDeadlock);
        if (!first) h.gets(2, A, kDeadlock);
        EXPECT_EQ(h.said(), "collateral innocent") << first;
    }
}

TEST(Collateral, BothSidesOfAnAbbaAreInACycle) {
    History h("collateral");
    h.takes(0, A);
    h.takes(1, B);
    h.wants(0, B);
    h.wants(1, A);
    h.gets(0, B, kDeadlock);
    h.gets(1, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

TEST(Collateral, ABystanderOfATimeoutThatGetsADeadlockIsInnocent) {
    History h("collateral");
    queue_behind_a_timeout(h);
    h.gets(1, A, kTimeout);
    h.gets(2, A, kDeadlock);
    EXPECT_EQ(h.said(), "collateral innocent");
}

TEST(Collateral, ADeadlockOutOfNowhereIsLeftToTruthfulErrors) {
    for (const char* const oracle : {"collateral", "truthful-errors"}) {
        History h(oracle);
        h.takes(1, A);
        h.wants(0, A);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), std::string(oracle) == "collateral" ? "" : "truthful-errors false");
    }
}

TEST(Collateral, AnInnocentWaiterIsLeftToCollateral) {
    History h("truthful-errors");
    h.takes(0, A);
    h.wants(0, A);
    h.wants(2, A);
    h.gets(0, A, kDeadlock);
    h.gets(2, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

// CPU2 asks again for B, which it has; CPU0 waits for A, and is interrupted by who asks for B.
TEST(Collateral, AnNmiInsideAWaiterGivesUpByItself) {
    for (const Context context : {Context::nmi, Context::hardirq}) {
        History h("collateral");
        h.takes(1, A);
        h.takes(2, B);
        h.wants(2, B);
        h.wants(0, A);
        h.enter(0, context);
        h.wants(0, B);
        h.gets(0, B, kDeadlock);
        EXPECT_EQ(h.said(), context == Context::nmi ? "" : "collateral innocent");
    }
}

// CPU0 has B and is done with A, which CPU1 has; another waiter for B gives up.
TEST(Collateral, AnUnfinishedUnlockIsReasonEnoughForADeadlock) {
    for (const bool finished : {false, true}) {
        History h("collateral");
        h.takes(0, B);
        h.takes(0, A);
        h.wants(1, A);
        h.wants(2, B);
        h.at(249 * kMs);
        h.unlocks(0, A);
        h.gets(1, A);
        if (finished) h.unlocked(0, A);
        h.wants(1, B);
        h.at(250 * kMs);
        h.gets(2, B, kTimeout);
        h.gets(1, B, kDeadlock);
        EXPECT_EQ(h.said(), finished ? "collateral innocent" : "");
    }
}

TEST(Collateral, SuccessAndLocksThatCannotFailAreNotJudged) {
    History h("collateral");
    h.setup.locks[B].resilient = false;
    h.takes(0, A);
    h.releases(0, A);
    h.takes(1, A);
    h.wants(0, B);
    h.gets(0, B, kTimeout);
    EXPECT_EQ(h.said(), "");
}

// Of a wrong -EDEADLK either collateral speaks or truthful-errors: both look at the same graph. An
// NMI above an unlock is in a deadlock only as long as the word has not been freed.
TEST(Collateral, EitherItOrTruthfulErrorsSpeaksOfAnEdeadlkBesideAnNmiInAnUnlock) {
    for (const bool freed : {false, true}) {
        std::string said;
        for (const char* const oracle : {"collateral", "truthful-errors"}) {
            History h(oracle);
            h.takes(0, A);
            h.word(0, A, kLocked);
            h.unlocks(0, A);
            if (freed) h.word(0, A, 0, 1);
            h.enter(0, Context::nmi);
            h.wants(0, A);
            h.wants(1, A);
            h.gets(1, A, kDeadlock);
            said += h.said();
        }
        EXPECT_EQ(said, freed ? "truthful-errors false" : "collateral innocent");
    }
}

}  // namespace
}  // namespace lockstep
