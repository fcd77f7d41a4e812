// mutual-exclusion: who owns a lock, from a successful return to the entry of unlock.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

TEST(MutualExclusion, TwoOwnersOfOneLockAreReported) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.takes(1, A);
    EXPECT_EQ(h.said(), "mutual-exclusion two-owners");
}

TEST(MutualExclusion, AnNmiThatIsGivenTheLockOfItsOwnTaskIsReported) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.enter(0, Context::nmi);
    h.takes(0, A);
    EXPECT_EQ(h.said(), "mutual-exclusion two-owners");
}

TEST(MutualExclusion, TheNextOwnerMayComeBeforeTheUnlockHasReturned) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.wants(1, A);
    h.unlocks(0, A);
    h.gets(1, A);
    h.unlocked(0, A);
    h.releases(1, A);
    EXPECT_EQ(h.said(), "");
}

TEST(MutualExclusion, AFailedAttemptOwnsNothing) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.wants(1, A);
    h.gets(1, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
    h.unlocks(1, A);
    EXPECT_EQ(h.said(), "mutual-exclusion not-owner");
}

TEST(MutualExclusion, DifferentLocksHaveDifferentOwners) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.takes(1, B);
    h.releases(0, A);
    h.releases(1, B);
    EXPECT_EQ(h.said(), "");
}

TEST(MutualExclusion, ASecondUnlockIsReported) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.releases(0, A);
    h.unlocks(0, A);
    EXPECT_EQ(h.said(), "mutual-exclusion not-owner");
}

TEST(MutualExclusion, AnUnlockByAnotherCpuIsReported) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.unlocks(1, A);
    EXPECT_EQ(h.said(), "mutual-exclusion not-owner");
}

TEST(MutualExclusion, AnUnlockByAnotherContextOfTheSameCpuIsReported) {
    History h("mutual-exclusion");
    h.takes(0, A);
    h.enter(0, Context::hardirq);
    h.unlocks(0, A);
    EXPECT_EQ(h.said(), "mutual-exclusion not-owner");
}

}  // namespace
}  // namespace lockstep
