// The states of a game, as data: goals are marked where they hold, and what cannot be played is
// refused.
#include "tools/game_graph.h"

#include <gtest/gtest.h>

#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"
#include "tools/commands.h"

namespace lockstep {
namespace {

const char* const kGame = R"(scenario: 1
name: small-game
summary: Two CPUs, one lock.
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  first: |
    WRITE_ONCE(x, 1);
    WRITE_ONCE(x, 2);
  second: |
    r0 = READ_ONCE(x);
cpus:
  0: { task: first }
  1: { task: second }
expect:
  always: [ "A.word == 0" ]
  sometimes:
    - second@1.r0 == 1
    - second@1.r0 == 2
)";

const char* const kLocking = R"(scenario: 1
name: crash-game
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    res_spin_unlock(A);
cpus:
  0: { task: worker }
  1: { task: worker }
expect:
  always:
    - A.word == 0
)";

int crashes_on_cpu1(void* lock) {
    if (sim_cpu() == 1) *reinterpret_cast<volatile int*>(0x123456789000) = 1;
    return test_acquire(lock);
}

Subject subject_of(const char* text, Port port) {
    Subject subject;
    subject.scenario = scenario_from(text);
    subject.port = std::move(port);
    return subject;
}

// Which nodes hold the goal, by the value that CPU 1 read on the way there.
TEST(GameGraph, MarksAGoalInTheStatesInWhichItHoldsAndInNoOther) {
    const Subject subject = subject_of(kGame, open_port("rqspinlock"));
    const nlohmann::ordered_json game = game_graph_json(subject, {});
    ASSERT_EQ(game.at("goals").size(), 2U);
    std::size_t with_goal[2] = {0, 0}, ends = 0;
    for (const auto& [node, mark] : game.at("marks").items()) {
        if (mark.contains("over")) {
            ++ends;
            EXPECT_TRUE(game.at("nodes").at(std::stoul(node)).empty());
        }
        if (!mark.contains("goals")) continue;
        ASSERT_EQ(mark.at("goals").size(), 1U) << "both values cannot have been read";
        ++with_goal[mark.at("goals")[0].get<std::size_t>()];
    }
    // x is read as 0, 1 or 2: three ends. With 1 in the register CPU 0 still has a step to make.
    EXPECT_EQ(ends, 3U);
    EXPECT_GE(with_goal[0], 2U);
    EXPECT_GE(with_goal[1], 1U);
    EXPECT_GT(game.at("nodes").size(), with_goal[0] + with_goal[1]);
}

TEST(GameGraph, EveryMoveLeadsToAStateAndEveryRowIsThere) {
    const Subject subject = subject_of(kGame, open_port("rqspinlock"));
    const nlohmann::ordered_json game = game_graph_json(subject, {});
    std::size_t moves = 0;
    for (const auto& node : game.at("nodes"))
        for (const auto& move : node) {
            ++moves;
            EXPECT_LT(move.at(0).get<std::size_t>(), game.at("names").size());
            EXPECT_LT(move.at(1).get<std::size_t>(), game.at("nodes").size());
            for (std::size_t i = 2; i < move.size(); ++i)
                EXPECT_LT(move.at(i).get<std::size_t>(), game.at("rows").size());
        }
    EXPECT_EQ(game.at("transitions"), moves);
    EXPECT_EQ(game.at("states"), game.at("nodes").size());
}

TEST(GameGraph, RefusesCodeThatCrashes) {
    const Subject subject = subject_of(kLocking, test_port(crashes_on_cpu1));
    try {
        game_graph_json(subject, {});
        FAIL() << "not refused";
    } catch (const UsageError& error) {
        EXPECT_NE(std::string(error.what()).find("crashes"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace lockstep
