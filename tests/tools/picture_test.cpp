// The picture: columns, results, breaks, findings, and what happens when there is too much of it.
#include "tools/picture.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim/points.h"
#include "tests/tools/hand_made_recording.h"

namespace lockstep {
namespace {

std::vector<std::string> lines_of(const HandMade& made, PictureOptions options = {}) {
    return draw_picture(made.recording, fold_waits(made.recording), options);
}

std::string picture_of(const HandMade& made, PictureOptions options = {}) {
    return joined_lines(lines_of(made, options));
}

HandMade abba() {
    HandMade made(2);
    made.acquire(0, A);
    made.acquire(1, B);
    made.begin(0, B);
    made.begin(1, A);
    made.leap(2'753'000);
    made.end(0, B, -kEdeadlk);
    made.end(1, A, -kEdeadlk);
    return made;
}

TEST(Picture, ABBAIsTwoColumnsWithWhoHoldsWhatIsWanted) {
    PictureOptions options;
    options.width = 100;
    EXPECT_EQ(
        picture_of(abba(), options),
        "            CPU0 (task0)                                CPU1 (task1)\n"
        "            ------------                                ------------\n"
        "      0 ns  res_spin_lock(A) = 0\n"
        "                                                        res_spin_lock(B) = 0\n"
        "            res_spin_lock(B) ... held by CPU1 task\n"
        "                                                        res_spin_lock(A) ... held by "
        "CPU0 task\n"
        "            ~ 2.753 ms pass ~\n"
        "  2.753 ms  ... (B) = -EDEADLK after 2.753 ms\n"
        "                                                        ... (A) = -EDEADLK after 2.753 "
        "ms\n");
}

TEST(Picture, AnNmiIsIndentedUnderTheTaskItInterrupts) {
    HandMade made(1);
    made.acquire(0, A);
    made.enter(0, Context::nmi);
    made.begin(0, A);
    made.end(0, A, -kEdeadlk);
    made.leave(0);
    std::string text = picture_of(made);
    EXPECT_NE(text.find("  <NMI>\n"), std::string::npos) << text;
    EXPECT_NE(text.find("    res_spin_lock(A) = -EDEADLK\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  </NMI>\n"), std::string::npos) << text;
}

TEST(Picture, ACallInOneRowKeepsItsWayThroughTheSlowPathToItself) {
    HandMade made(1);
    made.acquire(0, A);
    made.begin(0, A);
    made.add(EventKind::point, 0).aux = point_by_name("rq.pending.set");
    made.end(0, A, -kEdeadlk);
    EXPECT_EQ(picture_of(made).find("sets pending"), std::string::npos);
    made.begin(0, B);
    made.add(EventKind::point, 0).aux = point_by_name("rq.pending.set");
    made.leap(kNsPerMs);
    made.end(0, B, 0);
    EXPECT_NE(picture_of(made).find("sets pending"), std::string::npos);
}

// Both reach the same point of the code; only one of them changed the word.
TEST(Picture, WhoFindsThePendingBitSetDidNotSetIt) {
    for (const bool set : {false, true}) {
        HandMade made(2);
        made.acquire(0, A);
        made.begin(1, A);
        made.store_word(1, A, set ? 0x101 : 0x001, 0x101);
        made.add(EventKind::point, 1).aux = point_by_name("rq.pending.set");
        made.leap(kNsPerMs);
        made.end(1, A, -kEtimedout);
        EXPECT_EQ(picture_of(made).find("sets pending") == std::string::npos, set);
        EXPECT_EQ(picture_of(made).find("finds pending set") != std::string::npos, set);
        EXPECT_EQ(fold_waits(made.recording).attempts.at(1).role,
                  set ? WaitRole::fast : WaitRole::pending);
    }
}

// The second waiter's call has nothing that is drawn in it, but the first one queues meanwhile.
TEST(Picture, ACallDuringWhichAnotherWaiterTakesItsPlaceShowsItsOwn) {
    for (const LockId other : {A, B}) {
        HandMade made(3);
        made.acquire(0, A);
        made.begin(2, other);
        made.begin(1, A);
        Event& tail = made.add(EventKind::point, 2);
        tail.aux = point_by_name("rq.queue.tail");
        tail.lock = other;
        Event& pending = made.add(EventKind::point, 1);
        pending.aux = point_by_name("rq.pending.set");
        pending.lock = A;
        made.end(1, A, -kEdeadlk);
        EXPECT_EQ(picture_of(made).find("sets pending") != std::string::npos, other == A);
    }
}

TEST(Picture, AnAttemptThatNeverReturnsSaysSo) {
    HandMade made(1);
    made.acquire(0, A);
    made.begin(0, A);
    made.add(EventKind::execution_end, 0).value = static_cast<std::uint64_t>(EndReason::stuck);
    EXPECT_NE(picture_of(made).find("never returns"), std::string::npos);
}

TEST(Picture, AFindingStandsWhereItWasMade) {
    HandMade made = abba();
    Finding finding;
    finding.oracle = "truthful-errors";
    std::strcpy(finding.text, "an error without a cycle");
    finding.step = made.recording.events[5].step;
    made.recording.findings.push_back(finding);
    std::string text = picture_of(made);
    std::size_t at = text.find("*** truthful-errors: an error without a cycle ***");
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_LT(at, text.find("-EDEADLK"));
}

TEST(Picture, NoLineIsWiderThanAsked) {
    for (unsigned width : {60U, 80U, 100U, 200U}) {
        PictureOptions options;
        options.width = width;
        HandMade made = abba();
        Finding finding;
        std::memset(finding.text, 'x', 150);
        made.recording.findings.push_back(finding);
        for (const std::string& line : lines_of(made, options))
            EXPECT_LE(line.size(), width) << line;
    }
}

TEST(Picture, ManyCpusShareOneColumnAndRowsSayWho) {
    HandMade made(40);
    for (CpuId cpu = 0; cpu < 40; ++cpu) {
        made.acquire(cpu, A);
        made.release(cpu, A);
    }
    PictureOptions options;
    options.width = 100;
    options.rows_max = 0;
    std::string text = picture_of(made, options);
    EXPECT_NE(text.find("CPU39 res_spin_lock(A) = 0\n"), std::string::npos) << text;
}

TEST(Picture, TheMiddleOfALongRunIsLeftOutAndSaidSo) {
    HandMade made(1);
    for (int i = 0; i < 100; ++i) {
        made.acquire(0, A);
        made.release(0, A);
    }
    PictureOptions options;
    options.rows_max = 30;
    std::vector<std::string> lines = lines_of(made, options);
    EXPECT_EQ(lines.size(), 2U + 30U + 1U);
    EXPECT_NE(joined_lines(lines).find("[ 170 rows left out ]"), std::string::npos);
}

TEST(Picture, AWindowOfStepsShowsOnlyThose) {
    HandMade made = abba();
    PictureOptions options;
    options.step_from = made.recording.events[8].step;
    std::string text = picture_of(made, options);
    EXPECT_EQ(text.find("res_spin_lock(A) = 0"), std::string::npos) << text;
    EXPECT_NE(text.find("-EDEADLK"), std::string::npos) << text;
}

}  // namespace
}  // namespace lockstep
