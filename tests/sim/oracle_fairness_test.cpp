// fairness: who counts as in line, and who as overtaken.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

std::uint64_t tail_of(unsigned cpu) {
    return std::uint64_t{cpu + 1} << 18;
}

// CPU 0 takes the free lock.
void owner_comes(History& h, LockId lock = A) {
    h.wants(0, lock);
    h.word(0, lock, kLocked);
    h.gets(0, lock);
}

void owner_leaves(History& h) {
    h.unlocks(0, A);
    h.word(0, A, 0, 1);
    h.unlocked(0, A);
}

// CPU 1 is the tail, CPU 2 after it.
void two_queue_up(History& h) {
    h.wants(1, A);
    h.word(1, A, tail_of(1) >> 16, 2, 2);
    h.wants(2, A);
    h.word(2, A, tail_of(2) >> 16, 2, 2);
}

void gets_the_byte(History& h, unsigned cpu) {
    h.word(cpu, A, kLocked, 1);
    h.gets(cpu, A);
}

TEST(Fairness, WhoGotInLineFirstIsServedFirst) {
    History h("fairness");
    owner_comes(h);
    two_queue_up(h);
    owner_leaves(h);
    gets_the_byte(h, 1);
    h.releases(1, A);
    gets_the_byte(h, 2);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, AWaiterServedAfterALaterOneWasOvertaken) {
    History h("fairness");
    owner_comes(h);
    two_queue_up(h);
    owner_leaves(h);
    gets_the_byte(h, 2);
    EXPECT_EQ(h.said(), "");  // told by the one who was overtaken
    h.releases(2, A);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "fairness overtaken");
}

TEST(Fairness, ANewcomerThatTakesTheLockPastAQueueOvertakesIt) {
    History h("fairness");
    owner_comes(h);
    h.wants(1, A);
    h.word(1, A, tail_of(1) >> 16, 2, 2);
    owner_leaves(h);
    h.wants(2, A);
    gets_the_byte(h, 2);
    h.releases(2, A);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "fairness overtaken");
}

TEST(Fairness, APendingWaiterIsAheadOfTheQueue) {
    for (const bool pending_first : {true, false}) {
        History h("fairness");
        owner_comes(h);
        h.wants(1, A);
        h.word(1, A, kLocked | kPending);
        h.wants(2, A);
        h.word(2, A, tail_of(2) >> 16, 2, 2);
        owner_leaves(h);
        if (pending_first) h.word(1, A, kLocked, 2);
        if (pending_first) h.gets(1, A);
        gets_the_byte(h, 2);
        if (!pending_first) h.word(1, A, kLocked, 2);
        if (!pending_first) h.gets(1, A);
        EXPECT_EQ(h.said(), pending_first ? "" : "fairness overtaken");
    }
}

// It saw that others were there, takes the pending bit back and queues: the later place counts.
TEST(Fairness, WhoUndoesPendingIsNotInLineUntilItQueues) {
    History h("fairness");
    owner_comes(h);
    h.wants(1, A);
    h.word(1, A, kLocked | kPending);
    h.wants(2, A);
    h.word(2, A, tail_of(2) >> 16, 2, 2);
    h.word(1, A, 0, 1, 1);
    h.word(1, A, tail_of(1) >> 16, 2, 2);
    owner_leaves(h);
    gets_the_byte(h, 2);
    h.releases(2, A);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, AnAttemptThatFailsWasNotOvertakenAndOvertakesNobody) {
    History h("fairness");
    owner_comes(h);
    two_queue_up(h);
    h.gets(2, A, kDeadlock);
    owner_leaves(h);
    h.wants(2, A);
    gets_the_byte(h, 2);
    h.gets(1, A, kTimeout);
    h.wants(1, A);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, ANewcomerThatHasNotWrittenYetIsNotInLine) {
    History h("fairness");
    h.wants(1, A);
    owner_comes(h);
    owner_leaves(h);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, AWriteThatChangesNothingIsNoPlaceInLine) {
    History h("fairness");
    owner_comes(h);
    h.wants(1, A);
    h.word(1, A, kLocked);
    h.wants(2, A);
    h.word(2, A, tail_of(2) >> 16, 2, 2);
    owner_leaves(h);
    gets_the_byte(h, 2);
    h.releases(2, A);
    h.word(2, A, 0);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, AHandlerWithALockOfItsOwnOvertakesNobody) {
    History h("fairness");
    owner_comes(h);
    h.wants(1, A);
    h.word(1, A, tail_of(1) >> 16, 2, 2);
    h.enter(1, Context::nmi);
    h.wants(1, B);
    h.word(1, B, kLocked);
    h.gets(1, B);
    h.releases(1, B);
    h.leave(1);
    owner_leaves(h);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, ALockThatPromisesNoOrderIsNotJudged) {
    History h("fairness");
    for (LockFacts& facts : h.setup.locks) facts.fifo = false;
    owner_comes(h);
    two_queue_up(h);
    owner_leaves(h);
    gets_the_byte(h, 2);
    h.releases(2, A);
    gets_the_byte(h, 1);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, ATicketIsAPlaceInLine) {
    History h("fairness");
    for (LockFacts& facts : h.setup.locks) {
        facts.word = {};
        facts.word.shape = WordLayout::Shape::ticket;
    }
    for (unsigned cpu = 0; cpu < 3; ++cpu) {
        h.wants(cpu, A);
        h.word(cpu, A, std::uint64_t{cpu + 1} << 16);
    }
    h.gets(0, A);
    h.releases(0, A);
    h.gets(2, A);
    h.releases(2, A);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "fairness overtaken");
}

TEST(Fairness, ARowThatATaskLostToTheOneAfterItSaysNothing) {
    History h("fairness");
    h.wants(1, A);
    h.word(1, A, tail_of(1) >> 16, 2, 2);
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    h.takes(0, B);
    h.releases(0, B);
    h.switch_to(0, 0);
    h.gets(0, A);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "");
}

TEST(Fairness, ARepeatedHistoryIsARepeatedState) {
    History h("fairness");
    const auto round = [&h] {
        owner_comes(h);
        two_queue_up(h);
        owner_leaves(h);
        gets_the_byte(h, 1);
        h.releases(1, A);
        gets_the_byte(h, 2);
        h.releases(2, A);
        h.word(2, A, 0);
    };
    round();
    const std::string before(h.memory(), h.size());
    for (int i = 0; i < 300; ++i) round();
    EXPECT_EQ(before, std::string(h.memory(), h.size()));
}

}  // namespace
}  // namespace lockstep
