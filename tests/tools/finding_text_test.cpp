// The moment of a finding, from recordings made by hand.
#include "tools/finding_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/points.h"
#include "tests/tools/hand_made_recording.h"
#include "tests/tools/lockstep_process.h"

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

TEST(FindingText, TellsTheOneThatIsToBeToldAlsoIfItIsNotTheFirst) {
    HandMade made(2);
    made.acquire(0, 0);
    find(made, "truthful-errors", 0);
    made.begin(1, 0);
    find(made, "progress", 1);
    made.recording.told = 1;
    const std::string text = told(made);
    EXPECT_EQ(text.find("When progress spoke"), 0U) << text;
    EXPECT_NE(text.find("CPU1 task wants A"), std::string::npos) << text;
}

// The first finding is allowed: the execution fails with the second.
TEST(FindingText, OfAnExecutionIsAboutTheFindingThatIsNotAllowed) {
    const Sandbox sandbox;
    const std::string scenario = R"(scenario: 1
name: two
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) WRITE_ONCE(x, 1);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
expect: { always: [ "1 == 1" ] }
)";
    const std::vector<std::string> words = {
        "show",   "two.yaml", "--port", "broken/sticky-pending", "--scheduler", "random",
        "--seed", "3",        "--json"};
    for (const bool allowed : {false, true}) {
        sandbox.write("two.yaml", scenario + (allowed ? "allow: [lock-word/transition]\n" : ""));
        const Ran ran = sandbox.run(words);
        ASSERT_EQ(ran.code, 0) << ran.err;
        const nlohmann::json json = nlohmann::json::parse(ran.out);
        ASSERT_EQ(json["findings"].size(), 2U) << ran.out;
        ASSERT_EQ(json["findings"][0]["word"], "transition");
        const std::string step = json["findings"][allowed ? 1 : 0]["step"].dump();
        const std::string moment = json["moment"][0];
        EXPECT_TRUE(has(moment, "spoke, at step " + step + " ")) << moment;
        EXPECT_TRUE(json.contains("inflection"));
    }
}

TEST(FindingText, AnAllowedFindingHasAPickThatMadeItInevitableToo) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"show", "nmi-2cpu", "--port", "rqspinlock", "--scheduler",
                                 "random", "--seed", "20", "--json"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json json = nlohmann::json::parse(ran.out);
    ASSERT_EQ(json["findings"].size(), 1U) << ran.out;
    EXPECT_TRUE(json.contains("inflection")) << json["moment"];
}

}  // namespace
}  // namespace lockstep
