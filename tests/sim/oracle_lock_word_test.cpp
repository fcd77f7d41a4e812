// lock-word: every documented transition passes, and their nearest neighbours do not.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

// The tail of node `index` of `cpu`, as the upper half of the word.
constexpr std::uint64_t tail(unsigned cpu, unsigned index = 0) {
    return half_tail(cpu, index) << 16;
}

TEST(LockWord, TheFastPathAndItsUnlockAreDocumented) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.unlocks(0, A);
    h.word(0, A, 0, 1);
    h.unlocked(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, PendingAndQueueGoThroughDocumentedTransitionsInMixedSizes) {
    History h("lock-word");
    for (unsigned cpu = 0; cpu < 3; ++cpu) h.wants(cpu, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.word(1, A, kPending | kLocked);  // set pending: 32 bits
    h.word(2, A, half_tail(2), 2, 2);  // publish a tail: 16 bits
    h.unlocks(0, A);
    h.word(0, A, 0, 1);  // unlock: 8 bits
    h.unlocked(0, A);
    h.word(1, A, kLocked, 2);  // pending claims: 16 bits
    h.gets(1, A);
    h.unlocks(1, A);
    h.word(1, A, 0, 1);
    h.unlocked(1, A);
    h.word(2, A, kLocked);  // the last in the queue: 32 bits
    h.gets(2, A);
    h.unlocks(2, A);
    h.word(2, A, 0, 1);
    h.unlocked(2, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, TheHeadClaimsWithOthersBehindIt) {
    History h("lock-word");
    h.wants(1, A);
    h.wants(2, A);
    h.word(1, A, half_tail(1), 2, 2);
    h.word(2, A, half_tail(2), 2, 2);
    h.word(1, A, kLocked, 1);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, PendingIsUndoneWhenSomebodyWasQueuedAfterAll) {
    History h("lock-word");
    for (unsigned cpu = 0; cpu < 3; ++cpu) h.wants(cpu, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.word(2, A, half_tail(2), 2, 2);
    h.word(1, A, tail(2) | kPending | kLocked);
    h.word(1, A, 0, 1, 1);
    h.word(1, A, half_tail(1), 2, 2);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, OnlyWhoSetPendingMayClearIt) {
    History h("lock-word");
    for (unsigned cpu = 0; cpu < 3; ++cpu) h.wants(cpu, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.word(1, A, kPending | kLocked);
    h.word(2, A, 0, 1, 1);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, ATailOfAnotherCpuIsNotPublished) {
    History h("lock-word");
    h.wants(1, A);
    h.word(1, A, half_tail(2), 2, 2);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, TheTailLeavesWithItsOwnerOnly) {
    for (const unsigned who : {1U, 2U}) {
        History h("lock-word");
        h.takes(0, A);
        h.word(0, A, kLocked);
        EXPECT_EQ(h.said(), "");
        h.wants(1, A);
        h.wants(2, A);
        h.word(1, A, half_tail(1), 2, 2);
        h.word(who, A, kLocked);
        EXPECT_EQ(h.said(), who == 1 ? "" : "lock-word transition");
    }
}

TEST(LockWord, AWholeWordUnlockThatWipesATailIsReported) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.wants(1, A);
    h.word(1, A, half_tail(1), 2, 2);
    h.unlocks(0, A);
    h.word(0, A, 0);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, AWholeWordUnlockThatWipesPendingIsReportedEvenIfItsOwnCpuSetIt) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.enter(0, Context::nmi);
    h.wants(0, A);
    h.word(0, A, kPending | kLocked);
    h.gets(0, A, kDeadlock);
    h.leave(0);
    h.unlocks(0, A);
    h.word(0, A, 0);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, AnUnlockOutsideOfUnlockIsReported) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.word(0, A, 0, 1);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, AnInterruptInsideUnlockMayNotUnlockInItsPlace) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.unlocks(0, A);
    h.enter(0, Context::nmi);
    h.word(0, A, 0, 1);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, AnNmiInsideUnlockMayTakeAndReleaseTheLockThatIsFreeAlready) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.unlocks(0, A);
    h.word(0, A, 0, 1);
    h.enter(0, Context::nmi);
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.unlocks(0, A);
    h.word(0, A, 0, 1);
    h.unlocked(0, A);
    h.leave(0);
    h.unlocked(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, TakingALockThatSomebodyIsPendingOnIsReported) {
    History h("lock-word");
    h.wants(1, A);
    h.word(1, A, kPending);
    h.wants(2, A);
    h.word(2, A, kLocked, 1);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, BitsOutsideEveryFieldAreReported) {
    for (const std::uint64_t value : {0x02ULL, 0x200ULL, 0x80ULL}) {
        History h("lock-word");
        h.wants(0, A);
        h.word(0, A, value);
        EXPECT_EQ(h.said(), "lock-word transition") << value;
    }
}

TEST(LockWord, AWordThatIsNotZeroWhenEverybodyHasLeftIsReported) {
    History h("lock-word");
    h.wants(1, A);
    h.word(1, A, kPending);
    h.wants(2, A);
    h.gets(1, A, kTimeout);
    EXPECT_EQ(h.said(), "");  // CPU2 may still see to it
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "lock-word not-zero");
}

TEST(LockWord, AWordMayStayLockedWhileTheOwnerHasIt) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.wants(1, A);
    h.gets(1, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, ALockIsJudgedByItsOwnWord) {
    History h("lock-word");
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.wants(0, B);
    h.word(0, B, kLocked);
    h.gets(0, B);
    h.unlocks(0, B);
    h.word(0, A, 0, 1);
    EXPECT_EQ(h.said(), "lock-word transition");
}

// --- no pending byte: with 16 K CPUs pending is one bit and the tail begins right above it ------

constexpr std::uint64_t many_cpus_tail(unsigned cpu) {
    return (cpu + 1) << 11;
}

void no_pending_byte(History& h) {
    for (LockFacts& facts : h.setup.locks)
        facts.word = {WordLayout::Shape::queued, 0xff, 0x100, 0xfffffe00, 9, 11};
}

TEST(LockWord, APendingBitIsClaimedAndTheTailPublishedWithWholeWords) {
    History h("lock-word");
    no_pending_byte(h);
    for (unsigned cpu = 0; cpu < 3; ++cpu) h.wants(cpu, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.word(1, A, kPending | kLocked);
    h.word(2, A, many_cpus_tail(2) | kPending | kLocked);
    h.unlocks(0, A);
    h.word(0, A, 0, 1);
    h.unlocked(0, A);
    h.word(1, A, many_cpus_tail(2) | kLocked);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, APendingByteThatDoesNotExistIsPartOfTheTail) {
    History h("lock-word");
    no_pending_byte(h);
    h.wants(1, A);
    h.word(1, A, 0x200);  // CPU "minus one"
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, ClearingPendingWithAByteWouldWipeTheTailOfManyCpus) {
    History h("lock-word");
    no_pending_byte(h);
    for (unsigned cpu = 0; cpu < 3; ++cpu) h.wants(cpu, A);
    h.word(1, A, kPending);
    h.word(2, A, many_cpus_tail(2) | kPending);
    h.word(1, A, 0, 1, 1);
    EXPECT_EQ(h.said(), "lock-word transition");
}

// --- other shapes -------------------------------------------------------------------------------

void test_and_set(History& h) {
    for (LockFacts& facts : h.setup.locks)
        facts.word = {WordLayout::Shape::test_and_set, 0xff, 0, 0, 0, 0};
}

TEST(LockWord, ATestAndSetWordGoesBetweenZeroAndOne) {
    History h("lock-word");
    test_and_set(h);
    h.wants(0, A);
    h.word(0, A, 1);
    h.gets(0, A);
    h.unlocks(0, A);
    h.word(0, A, 0);
    h.unlocked(0, A);
    EXPECT_EQ(h.said(), "");
}

// --- a word that names its owner: CPU + 1 in the low half, a tail above
// ---------------------------

void owned_word(History& h) {
    for (LockFacts& facts : h.setup.locks) {
        facts.word = {WordLayout::Shape::owned, 0xffff, 0, 0xfff00000, 18, 20};
        facts.word.owner_mask = 0xffff;
        facts.word.owner_bias = 1;
    }
}

TEST(LockWord, AWordThatNamesItsOwnerIsTakenInOnesOwnNameAndFreedByUnlock) {
    History h("lock-word");
    owned_word(h);
    h.wants(1, A);
    h.word(1, A, 2);
    h.gets(1, A);
    h.wants(0, A);
    h.word(0, A, 0x100000 | 2);
    h.unlocks(1, A);
    h.word(1, A, 0x100000);
    h.unlocked(1, A);
    h.word(0, A, 1);
    h.gets(0, A);
    h.unlocks(0, A);
    h.word(0, A, 0);
    h.unlocked(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, AWordThatNamesItsOwnerNamesNobodyElseAndKeepsTheName) {
    for (const std::uint32_t wrong : {1U, 0x200000U}) {
        History h("lock-word");
        owned_word(h);
        h.wants(2, A);
        h.word(2, A, wrong);
        EXPECT_EQ(h.said(), "lock-word transition") << wrong;
    }
    for (const std::uint32_t wrong : {0U, 1U, 0x100000U}) {
        History h("lock-word");
        owned_word(h);
        h.wants(1, A);
        h.word(1, A, 2);
        h.gets(1, A);
        h.wants(0, A);
        h.word(0, A, wrong);
        EXPECT_EQ(h.said(), "lock-word transition") << wrong;
    }
}

// --- a guest's lock: 3 is "locked, and a waiter has halted" --------------------------------------

TEST(LockWord, AGuestsLockMayBeMarkedAndFreedFromTheMark) {
    History h("lock-word");
    for (LockFacts& facts : h.setup.locks) facts.word.slow_value = 3;
    h.wants(0, A);
    h.word(0, A, kLocked);
    h.gets(0, A);
    h.word(1, A, 3);
    h.unlocks(0, A);
    h.word(0, A, 0);
    h.unlocked(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(LockWord, NoOtherValueIsAMarkAndWithoutHaltingThereIsNone) {
    for (const std::uint32_t slow : {0U, 3U}) {
        History h("lock-word");
        for (LockFacts& facts : h.setup.locks) facts.word.slow_value = slow;
        h.wants(0, A);
        h.word(0, A, kLocked);
        h.gets(0, A);
        h.word(1, A, slow == 0 ? 3 : 2);
        EXPECT_EQ(h.said(), "lock-word transition") << slow;
    }
}

TEST(LockWord, ATestAndSetWordKnowsNoPending) {
    History h("lock-word");
    test_and_set(h);
    h.wants(0, A);
    h.word(0, A, kPending);
    EXPECT_EQ(h.said(), "lock-word transition");
}

TEST(LockWord, ATestAndSetWordIsFreedByUnlockOnlyAndFreedInTheEnd) {
    History h("lock-word");
    test_and_set(h);
    h.wants(0, A);
    h.word(0, A, 1);
    h.gets(0, A);
    h.releases(0, A);
    EXPECT_EQ(h.said(), "lock-word not-zero");
    h.word(1, A, 0);
    EXPECT_EQ(h.said(), "lock-word not-zero; lock-word transition");
}

TEST(LockWord, AWordNobodyDescribedIsNotJudged) {
    for (const auto shape : {WordLayout::Shape::opaque, WordLayout::Shape::ticket}) {
        History h("lock-word");
        for (LockFacts& facts : h.setup.locks) facts.word.shape = shape;
        h.wants(0, A);
        h.word(0, A, 0x10001);
        h.gets(0, A);
        h.releases(0, A);
        EXPECT_EQ(h.said(), "");
    }
}

}  // namespace
}  // namespace lockstep
