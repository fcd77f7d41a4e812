// The wait-for graph behind the explanations: every kind of deadlock is told for what it is.
#include "tools/waits.h"

#include <gtest/gtest.h>

#include "sim/points.h"
#include "tests/tools/hand_made_recording.h"

namespace lockstep {
namespace {

std::string explanation(const HandMade& made, std::size_t attempt) {
    Waits waits = fold_waits(made.recording);
    return explain_attempt(made.recording, waits.attempts.at(attempt));
}

TEST(Waits, ATaskThatAsksForItsOwnLockIsAA) {
    HandMade made(1);
    made.acquire(0, A);
    made.begin(0, A);
    made.end(0, A, -kEdeadlk);
    EXPECT_EQ(explanation(made, 0), "");
    EXPECT_EQ(explanation(made, 1), "AA: CPU0 task asks for A, which it holds itself");
}

TEST(Waits, AnNmiOnTopOfTheOwnerIsAA) {
    HandMade made(1);
    made.acquire(0, A);
    made.enter(0, Context::nmi);
    made.begin(0, A);
    made.end(0, A, -kEdeadlk);
    made.leave(0);
    EXPECT_EQ(explanation(made, 1), "AA: CPU0 nmi asks for A, held by the task it interrupted");
}

TEST(Waits, TwoCpusInOppositeOrderAreABBAForBothEvenAfterOneGaveUp) {
    HandMade made(2);
    made.acquire(0, A);
    made.acquire(1, B);
    made.begin(0, B);
    made.begin(1, A);
    made.end(0, B, -kEdeadlk);
    made.end(1, A, -kEdeadlk);
    EXPECT_EQ(explanation(made, 2),
              "ABBA: CPU0 task holds A and wants B, CPU1 task holds B and wants A");
    EXPECT_EQ(explanation(made, 3),
              "ABBA: CPU1 task holds B and wants A, CPU0 task holds A and wants B");
}

TEST(Waits, ABBAThroughAnNmiNamesTheInterruptedOwner) {
    HandMade made(2);
    made.acquire(0, A);
    made.acquire(1, B);
    made.enter(0, Context::nmi);
    made.begin(0, B);
    made.begin(1, A);
    made.end(1, A, -kEdeadlk);
    std::string text = explanation(made, 3);
    EXPECT_EQ(text,
              "ABBA: CPU1 task holds B and wants A, CPU0 nmi wants B on top of the task "
              "that holds A");
}

TEST(Waits, ThreeCpusInARingAreABBCCA) {
    HandMade made(3);
    for (CpuId cpu = 0; cpu < 3; ++cpu) made.acquire(cpu, cpu);
    made.begin(0, B);
    made.begin(1, C);
    made.begin(2, A);
    made.now = 250 * kNsPerMs;
    made.end(0, B, -kEtimedout);
    std::string text = explanation(made, 3);
    EXPECT_TRUE(text.starts_with("gave up as asking after 250 ms; ABBCCA: ")) << text;
}

TEST(Waits, AnErrorWithoutACycleIsNotCalledOne) {
    HandMade made(2);
    made.acquire(0, A);
    made.begin(1, A);
    made.end(1, A, -kEdeadlk);
    EXPECT_EQ(explanation(made, 1), "no cycle at this moment: CPU0 task holds A");
}

TEST(Waits, ACycleThatEndedBeforeTheAttemptBeganIsForgotten) {
    HandMade made(2);
    made.acquire(0, A);
    made.begin(0, A);
    made.end(0, A, -kEdeadlk);
    made.release(0, A);
    made.acquire(1, A);
    made.begin(0, A);
    made.end(0, A, -kEdeadlk);
    EXPECT_EQ(explanation(made, 3), "no cycle at this moment: CPU1 task holds A");
}

TEST(Waits, AnNmiOverAPendingWaiterSaysWhoseTurnItIs) {
    HandMade made(2);
    made.acquire(1, A);
    made.begin(0, A);
    made.add(EventKind::point, 0).aux = point_by_name("rq.pending.set");
    made.enter(0, Context::nmi);
    made.begin(0, A);
    made.end(0, A, -kEdeadlk);
    EXPECT_EQ(explanation(made, 2),
              "no cycle at this moment: CPU1 task holds A; the task it interrupted is itself the "
              "pending waiter for A");
}

TEST(Waits, ATaskSwitchedInIsNotTheTaskBefore) {
    HandMade made(1);
    made.acquire(0, A);
    made.add(EventKind::task_switch, 0).value = 7;
    made.begin(0, A);
    made.end(0, A, -kEtimedout);
    EXPECT_EQ(explanation(made, 1).find("itself"), std::string::npos);
}

TEST(Waits, AnAttemptThatNeverReturnsIsExplainedAtTheEnd) {
    HandMade made(1);
    made.acquire(0, A);
    made.begin(0, A);
    made.add(EventKind::execution_end, 0).value = static_cast<std::uint64_t>(EndReason::stuck);
    EXPECT_EQ(explanation(made, 1), "AA: CPU0 task asks for A, which it holds itself");
}

}  // namespace
}  // namespace lockstep
