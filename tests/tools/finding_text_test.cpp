// The moment of a finding, from recordings made by hand.
#include "tools/finding_text.h"

#include <gtest/gtest.h>

#include "sim/points.h"
#include "tests/tools/hand_made_recording.h"

namespace lockstep {
namespace {

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

void find(HandMade& made, const char* oracle, CpuId cpu) {
    Finding finding;
    finding.oracle = oracle;
    finding.step = made.step;
    finding.time = made.now;
    finding.cpu = cpu;
    made.recording.findings.push_back(finding);
}

std::string told(const HandMade& made) {
    return joined(finding_lines(made.recording, fold_waits(made.recording)));
}

TEST(FindingText, TellsWhoHeldWhatAndWhoWaitedAtThatMoment) {
    HandMade made(2);
    made.acquire(0, 0);
    made.begin(1, 0);
    made.now = 2 * kNsPerMs;
    made.add(EventKind::point, 1).aux = point_by_name("rq.check");
    made.now = 3 * kNsPerMs;
    made.add(EventKind::label, 1);
    find(made, "bounded-time", 1);
    made.release(0, 0);  // too late to matter
    const std::string text = told(made);
    EXPECT_NE(text.find("When bounded-time spoke"), std::string::npos) << text;
    EXPECT_NE(text.find("A is held by CPU0 task; B is held by nobody"), std::string::npos) << text;
    EXPECT_NE(text.find("CPU1 task wants A"), std::string::npos) << text;
    EXPECT_NE(text.find("1 check, the last at 2 ms\n"), std::string::npos) << text;
}

TEST(FindingText, TellsWhatAWaiterWasGiven) {
    HandMade made(2);
    made.acquire(0, 0);
    made.begin(1, 0);
    made.add(EventKind::point, 1).aux = point_by_name("rq.check");
    made.end(1, 0, -kEdeadlk);
    find(made, "truthful-errors", 1);
    const std::string text = told(made);
    EXPECT_NE(text.find("1 check, the last at 0 ns; it was given -EDEADLK"), std::string::npos)
        << text;
}

TEST(FindingText, NamesBothOwnersOfALockThatHasTwo) {
    HandMade made(2);
    made.acquire(0, 0);
    made.acquire(1, 0);
    find(made, "mutual-exclusion", 1);
    EXPECT_NE(told(made).find("A is held by CPU0 task and CPU1 task"), std::string::npos);
}

TEST(FindingText, SaysSoIfThereWasNoCheck) {
    HandMade made(2);
    made.acquire(0, 0);
    made.begin(1, 0);
    find(made, "progress", 1);
    EXPECT_NE(told(made).find("no deadlock or timeout check so far"), std::string::npos);
}

TEST(FindingText, IsEmptyWithoutAFinding) {
    HandMade made(1);
    made.acquire(0, 0);
    EXPECT_EQ(told(made), "");
}

}  // namespace
}  // namespace lockstep
