// progress: how an execution may end.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

std::string said_of(EndReason reason) {
    History h("progress");
    h.takes(0, A);
    h.wants(1, A);
    h.ends(reason);
    return h.said();
}

TEST(Progress, AnExecutionThatFinishesIsInOrder) {
    EXPECT_EQ(said_of(EndReason::finished), "");
}

TEST(Progress, AnExecutionInWhichNothingCanHappenIsStuck) {
    EXPECT_EQ(said_of(EndReason::stuck), "progress stuck");
}

TEST(Progress, AnExecutionThatReachesALimitMadeNoProgress) {
    EXPECT_EQ(said_of(EndReason::step_limit), "progress no-progress");
    EXPECT_EQ(said_of(EndReason::time_limit), "progress no-progress");
}

TEST(Progress, ABugOfTheCodeUnderTestEndsItWithAFinding) {
    EXPECT_EQ(said_of(EndReason::bug), "progress bug");
}

TEST(Progress, AWarnIsAFindingAndTheExecutionGoesOn) {
    History h("progress");
    h.simple(EventKind::warn, 0);
    h.ends(EndReason::finished);
    EXPECT_EQ(h.said(), "progress warn");
}

TEST(Progress, ManyWaitersAreDescribedWithinTheText) {
    History h("progress");
    h.setup.cpus = kCpusMax;
    h.takes(0, A);
    for (unsigned cpu = 1; cpu < kCpusMax; ++cpu) h.wants(cpu, A);
    h.ends(EndReason::stuck);
    EXPECT_EQ(h.said(), "progress stuck");
}

std::string text_of_end(History& h) {
    h.ends(EndReason::stuck);
    return h.text();
}

TEST(Progress, ACycleIsToldInItsOrderAndThenWhoElseWaits) {
    History h("progress");
    h.takes(0, A);
    h.takes(1, B);
    h.wants(2, A);
    h.wants(1, A);
    h.wants(0, B);
    EXPECT_EQ(text_of_end(h),
              "nothing can ever happen again: a cycle: CPU0 task waits for B, held by CPU1 task; "
              "CPU1 task waits for A, held by CPU0 task; CPU2 task waits for A, held by CPU0 task");
}

TEST(Progress, ACpuThatWaitsForItselfIsACycleOfOne) {
    History h("progress");
    h.takes(0, A);
    h.wants(0, A);
    EXPECT_EQ(text_of_end(h),
              "nothing can ever happen again: a cycle: CPU0 task waits for A, held by CPU0 task");
}

TEST(Progress, AHandlerThatWaitsForWhatItInterruptedIsACycle) {
    History h("progress");
    h.takes(0, A);
    h.enter(0, Context::hardirq);
    h.wants(0, A);
    EXPECT_EQ(
        text_of_end(h),
        "nothing can ever happen again: a cycle: CPU0 hardirq waits for A, held by CPU0 task");
}

TEST(Progress, WaitersWithoutACycleAreToldAsTheyAre) {
    History h("progress");
    h.takes(0, A);
    h.wants(1, A);
    EXPECT_EQ(text_of_end(h),
              "nothing can ever happen again: CPU1 task waits for A, held by CPU0 task");
}

}  // namespace
}  // namespace lockstep
