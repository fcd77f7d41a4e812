// Histories a sound lock makes when somebody is slow or interrupted at the wrong moment, each next
// to the broken one it is easily taken for.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

void takes_node(History& h, unsigned cpu) {
    h.node(cpu, cpu, 12, 1);
    h.node(cpu, cpu, 8, 0);
    h.node(cpu, cpu, 0, 0);
}

// CPU 0 made CPU 1 head and is slow to give its node back; CPU 1 comes a second time meanwhile.
TEST(OracleRaces, ALinkThatWasUsedMayOutliveTheWaiterItNamed) {
    for (const bool handed_over : {true, false}) {
        History h("queue-nodes");
        h.wants(0, A);
        takes_node(h, 0);
        h.wants(1, A);
        takes_node(h, 1);
        h.node(1, 0, 0, h.node_address(1, 0));
        if (handed_over) h.node(0, 1, 8, 1);
        h.node(1, 1, 12, 0);
        h.gets(1, A, handed_over ? 0 : kTimeout);
        EXPECT_EQ(h.said(), handed_over ? "" : "queue-nodes dangling");
        if (!handed_over) continue;
        h.releases(1, A);
        h.wants(1, A);
        takes_node(h, 1);
        h.node(1, 1, 12, 0);
        h.gets(1, A);
        EXPECT_EQ(h.said(), "");
    }
}

// The head saw pending clear; a newcomer sets it, sees the tail and is about to undo it.
TEST(OracleRaces, TheHeadMayClaimBesideAPendingBitThatIsAboutToGo) {
    for (const bool queued : {true, false}) {
        History h("lock-word");
        const std::uint32_t tail = queued ? 8U << 16 : 0;
        h.wants(1, A);
        if (queued) h.word(1, A, tail);
        h.word(2, A, tail | 0x100);
        h.word(1, A, 1, 1);
        EXPECT_EQ(h.said(), queued ? "" : "lock-word transition");
    }
}

// An NMI strikes after the fast path's cmpxchg: the lock is taken, and nobody has said so yet.
TEST(OracleRaces, AnNmiAboveAFastPathMissesTheDeadlockOnlyIfTheLockIsTaken) {
    for (const bool taken : {true, false}) {
        History h("truthful-errors");
        if (!taken) h.takes(1, A);
        h.wants(0, A);
        if (taken) h.word(0, A, 1);
        h.enter(0, Context::nmi);
        h.wants(0, A);
        h.at(251 * kMs);
        h.gets(0, A, kTimeout);
        EXPECT_EQ(h.said(), taken ? "truthful-errors missed" : "");
    }
}

// The interrupted attempt is in the table, was interrupted before it came to that, or fails: then
// it takes its entry out before it returns.
TEST(OracleRaces, AnNmiAboveAWaiterMissesTheDeadlockOnlyIfTheWaiterIsRecorded) {
    enum class Entry { not_yet, there, no_longer };
    for (const Entry entry : {Entry::not_yet, Entry::there, Entry::no_longer}) {
        History h("truthful-errors");
        h.takes(1, A);
        h.wants(0, A);
        if (entry != Entry::not_yet) h.records(0, A);
        if (entry == Entry::no_longer) h.forgets(0);
        h.enter(0, Context::nmi);
        h.wants(0, A);
        h.at(251 * kMs);
        h.gets(0, A, kTimeout);
        EXPECT_EQ(h.said(), entry == Entry::there ? "truthful-errors missed" : "");
    }
}

TEST(OracleRaces, AnNmiAboveAnAttemptMayBeFaster) {
    History h("truthful-errors");
    h.wants(0, A);
    h.records(0, A);
    h.enter(0, Context::nmi);
    h.takes(0, A);
    h.releases(0, A);
    h.leave(0);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "");
}

// A handler that lasts is all the time its waiter had: the timeout comes before the search.
TEST(OracleRaces, AnAbbaIsNotMissedByAWaiterThatWasInterruptedAllTheTime) {
    for (const bool interrupted : {true, false}) {
        History h("truthful-errors");
        h.takes(0, A);
        h.takes(1, B);
        h.wants(0, B);
        h.wants(1, A);
        if (interrupted) h.enter(0, Context::nmi);
        h.at(300 * kMs);
        if (interrupted) h.leave(0);
        h.gets(0, B, kTimeout);
        EXPECT_EQ(h.said(), interrupted ? "" : "truthful-errors missed");
    }
}

// The search stops at the first CPU that lists the lock; an interrupted waiter lists it as well.
TEST(OracleRaces, AnAbbaMayHideBehindAnInterruptedWaiter) {
    for (const bool hidden : {true, false}) {
        History h("bounded-time");
        h.takes(0, A);
        h.takes(1, B);
        h.wants(0, B);
        h.wants(1, A);
        h.parks_on_word(0, B);
        h.wants(2, B);
        if (hidden) h.enter(2, Context::nmi);
        h.at(100 * kMs);
        h.gets(0, B, kDeadlock);
        EXPECT_EQ(h.said(), hidden ? "" : "bounded-time late");
    }
}

TEST(OracleRaces, TheSearchForAnAbbaBeginsWhenTheWaiterBecomesHead) {
    for (const TimeNs found : {3 * kMs, 4 * kMs}) {
        History h("bounded-time");
        h.takes(0, A);
        h.takes(1, B);
        h.wants(0, B);
        h.wants(1, A);
        h.parks_on_word(0, B);  // its first look at the word, then it queues
        h.parks_on_node(0);
        h.at(400 * kMs);
        h.parks_on_word(0, B);
        h.at(400 * kMs + found);
        h.parks_on_word(0, B);
        h.gets(0, B, kDeadlock);
        EXPECT_EQ(h.said(), found == 3 * kMs ? "" : "bounded-time late");
    }
}

// Those behind an interrupted head can neither go nor give up before it is back.
TEST(OracleRaces, AHeadThatWasInterruptedKeepsThoseBehindItWaiting) {
    for (const bool interrupted : {true, false}) {
        History h("bounded-time");
        h.takes(0, A);
        h.wants(1, A);
        h.wants(2, A);
        if (interrupted) h.enter(1, Context::nmi);
        h.at(2000 * kMs);
        if (interrupted) h.leave(1);
        h.at(2500 * kMs);
        h.gets(2, A, kTimeout);
        EXPECT_EQ(h.said(), interrupted ? "" : "bounded-time late");
    }
}

TEST(OracleRaces, ALockLeftBehindByAHandlerBelongsToTheContextBelow) {
    for (const bool kept : {true, false}) {
        History h("truthful-errors");
        h.enter(0, Context::hardirq);
        h.takes(0, A);
        if (!kept) h.releases(0, A);
        h.leave(0);
        h.wants(0, A);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), kept ? "" : "truthful-errors false");
    }
}

// The NMI strikes in the middle of an unlock. CPU 1 takes that lock, wants the other, and finds an
// ABBA in CPU 0's table, which nobody updates before the handler is over.
TEST(OracleRaces, AnUnlockThatAnNmiInterruptsLeavesItsWindowOpen) {
    for (const char* oracle : {"collateral", "truthful-errors"})
        for (const bool handler_fails : {true, false})
            for (const bool open : {true, false}) {
                History h(oracle);
                h.takes(0, A);
                h.takes(0, B);
                h.unlocks(0, B);
                h.word(0, B, 1);
                h.word(0, B, 0);
                if (!open) h.unlocked(0, B);
                h.enter(0, Context::nmi);
                if (handler_fails) h.wants(0, A);
                h.takes(1, B);
                h.wants(1, A);
                if (handler_fails) h.gets(0, A, kDeadlock);
                h.at(2 * kMs);
                h.gets(1, A, kDeadlock);
                // Who gets an error beside another's is the affair of one of them, else the
                // other's.
                const bool mine = std::string(oracle) ==
                                  (handler_fails && !open ? "collateral" : "truthful-errors");
                const char* word = open ? "stale" : handler_fails ? "innocent" : "false";
                EXPECT_EQ(h.said(), mine ? std::string(oracle) + " " + word : "");
            }
}

// The other side of an ABBA is one also while a handler keeps it from looking. A handler's own lock
// does not wait for what the task below it wants.
TEST(OracleRaces, AnInterruptedWaiterIsASideOfADeadlock) {
    for (const bool owned_below : {true, false}) {
        History h("truthful-errors");
        if (owned_below) h.takes(0, A);
        h.takes(1, B);
        h.wants(0, B);
        h.enter(0, Context::nmi);
        if (!owned_below) h.takes(0, A);
        h.wants(1, A);
        h.at(2 * kMs);
        h.gets(1, A, kDeadlock);
        EXPECT_EQ(h.said(), owned_below ? "" : "truthful-errors false");
    }
}

// A handler above a deadlock is not part of it.
TEST(OracleRaces, AHandlerAboveASideOfADeadlockIsNone) {
    for (const bool in_it : {true, false}) {
        History h("truthful-errors");
        h.takes(0, A);
        h.takes(1, B);
        h.takes(2, C);
        h.wants(0, B);
        h.enter(0, Context::hardirq);
        h.wants(0, in_it ? B : C);
        h.wants(1, A);
        h.gets(0, in_it ? B : C, kDeadlock);
        EXPECT_EQ(h.said(), in_it ? "" : "truthful-errors false");
    }
}

}  // namespace
}  // namespace lockstep
