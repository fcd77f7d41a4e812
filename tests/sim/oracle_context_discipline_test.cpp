// context-discipline: irq flags and the preempt count over lock calls, handlers and tasks.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

// Lock calls as a port makes them: the preempt count goes up first and down last.
void takes(History& h, unsigned cpu, LockId lock) {
    h.wants(cpu, lock);
    h.simple(EventKind::preempt_off, cpu);
    h.gets(cpu, lock);
}

void lets_go(History& h, unsigned cpu, LockId lock) {
    h.unlocks(cpu, lock);
    h.simple(EventKind::preempt_on, cpu);
    h.unlocked(cpu, lock);
}

void fails(History& h, unsigned cpu, LockId lock) {
    h.wants(cpu, lock);
    h.simple(EventKind::preempt_off, cpu);
    h.simple(EventKind::preempt_on, cpu);
    h.gets(cpu, lock, kDeadlock);
}

TEST(ContextDiscipline, BalancedCallsAreInOrder) {
    History h("context-discipline");
    h.start(0, 0);
    takes(h, 0, A);
    fails(h, 0, B);
    h.enter(0, Context::nmi);
    takes(h, 0, B);
    lets_go(h, 0, B);
    h.leave(0);
    lets_go(h, 0, A);
    h.task_ends(0);
    EXPECT_EQ(h.said(), "");
}

TEST(ContextDiscipline, AnAcquireThatLeavesPreemptionOnIsReported) {
    History h("context-discipline");
    h.takes(0, A);
    EXPECT_EQ(h.said(), "context-discipline preempt");
}

TEST(ContextDiscipline, AFailedAcquireThatKeepsPreemptionOffIsReportedOnce) {
    History h("context-discipline");
    h.wants(0, A);
    h.simple(EventKind::preempt_off, 0);
    h.gets(0, A, kDeadlock);
    EXPECT_EQ(h.said(), "context-discipline preempt");
    fails(h, 0, A);
    EXPECT_EQ(h.said(), "context-discipline preempt");
}

TEST(ContextDiscipline, AReleaseThatKeepsPreemptionOffIsReported) {
    History h("context-discipline");
    takes(h, 0, A);
    h.releases(0, A);
    EXPECT_EQ(h.said(), "context-discipline preempt");
}

TEST(ContextDiscipline, AHandlerEndsWithThePreemptCountItBeganWith) {
    for (const std::uint64_t count : {0U, 1U}) {
        History h("context-discipline");
        h.enter(0, Context::hardirq);
        h.leave(0, count);
        EXPECT_EQ(h.said(), count == 0 ? "" : "context-discipline preempt");
    }
}

TEST(ContextDiscipline, WhoEndsAsAnOwnerHasThePreemptCountOfThatLock) {
    for (const std::uint64_t count : {0U, 1U, 2U}) {
        History h("context-discipline");
        h.start(0, 0);
        takes(h, 0, A);
        h.task_ends(0, count);
        EXPECT_EQ(h.said(), count == 1 ? "" : "context-discipline preempt") << count;
    }
}

TEST(ContextDiscipline, ATaskEndsWithIrqsOn) {
    for (const std::uint32_t irqs : {3U, 2U}) {
        History h("context-discipline");
        h.start(0, 0);
        h.task_ends(0, 0, irqs);
        EXPECT_EQ(h.said(), irqs == 3 ? "" : "context-discipline irq");
    }
}

TEST(ContextDiscipline, AHandlerEndsWithIrqsAsItsKindBegins) {
    for (const Context context : {Context::softirq, Context::hardirq, Context::nmi})
        for (const bool right : {true, false}) {
            History h("context-discipline");
            h.enter(0, context);
            h.leave(0, 0, right);
            EXPECT_EQ(h.said(), right ? "" : "context-discipline irq") << context_name(context);
        }
}

TEST(ContextDiscipline, AnOwnerOfAnIrqsaveLockMayEndWithIrqsOff) {
    History h("context-discipline");
    h.start(0, 0);
    h.wants(0, A);
    h.simple(EventKind::irq_off, 0);
    h.simple(EventKind::preempt_off, 0);
    h.gets(0, A);
    h.task_ends(0, 1, 2);
    EXPECT_EQ(h.said(), "");
}

TEST(ContextDiscipline, AFailedIrqsaveAcquireLeavesIrqsAsTheyWere) {
    for (const bool restored : {true, false}) {
        History h("context-discipline");
        h.wants(0, A);
        h.simple(EventKind::irq_off, 0);
        h.simple(EventKind::preempt_off, 0);
        if (restored) h.simple(EventKind::irq_on, 0);
        h.simple(EventKind::preempt_on, 0);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), restored ? "" : "context-discipline irq");
    }
}

TEST(ContextDiscipline, AFailedAcquireDoesNotTurnOnIrqsThatWereOff) {
    for (const bool turns_on : {false, true}) {
        History h("context-discipline");
        h.simple(EventKind::irq_off, 0);
        h.wants(0, A);
        if (turns_on) h.simple(EventKind::irq_on, 0);
        h.gets(0, A, kDeadlock);
        EXPECT_EQ(h.said(), turns_on ? "context-discipline irq" : "");
    }
}

TEST(ContextDiscipline, EnablingPreemptionWithIrqsOffCanMissAReschedule) {
    for (const std::uint32_t missed : {0U, 1U}) {
        History h("context-discipline");
        takes(h, 0, A);
        h.unlocks(0, A);
        h.simple(EventKind::preempt_on, 0, missed);
        h.unlocked(0, A);
        EXPECT_EQ(h.said(), missed == 0 ? "" : "context-discipline missed-reschedule");
    }
}

TEST(ContextDiscipline, AnInterruptInsideUnlockHasABalanceOfItsOwn) {
    History h("context-discipline");
    takes(h, 0, A);
    h.unlocks(0, A);
    h.enter(0, Context::nmi);
    takes(h, 0, A);
    lets_go(h, 0, A);
    h.leave(0);
    h.simple(EventKind::preempt_on, 0);
    h.unlocked(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(ContextDiscipline, ACpuIsNotJudgedByTheCountOfAnother) {
    History h("context-discipline");
    h.wants(0, A);
    h.simple(EventKind::preempt_off, 1);
    h.simple(EventKind::preempt_off, 0);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(ContextDiscipline, ATaskPreemptedInsideACallHasTheSameBalanceAfterwards) {
    History h("context-discipline");
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    takes(h, 0, A);
    lets_go(h, 0, A);
    h.task_ends(0);
    h.switch_to(0, 0);
    h.simple(EventKind::preempt_off, 0);
    h.gets(0, A);
    lets_go(h, 0, A);
    h.task_ends(0);
    EXPECT_EQ(h.said(), "");
}

TEST(ContextDiscipline, ATaskThatEndedAsAnOwnerIsNotHeldAgainstTheTaskItPreempted) {
    History h("context-discipline");
    h.start(0, 0);
    h.wants(0, A);
    h.switch_to(0, 1);
    h.start(0, 1);
    takes(h, 0, B);
    h.task_ends(0, 1);
    h.switch_to(0, 0);
    h.simple(EventKind::preempt_off, 0);
    h.gets(0, A);
    EXPECT_EQ(h.said(), "");
}

TEST(ContextDiscipline, ASwitchMadeByAnInterruptedCpuIsAboutTheTaskLevelOfItsTarget) {
    History h("context-discipline");
    h.start(0, 0);
    takes(h, 0, B);
    h.task_ends(0, 1);
    h.switch_to(0, 1, 2);
    h.wants(0, A);
    h.simple(EventKind::preempt_off, 0);
    h.gets(0, A);
    lets_go(h, 0, A);
    h.task_ends(0);
    EXPECT_EQ(h.said(), "");
}

}  // namespace
}  // namespace lockstep
