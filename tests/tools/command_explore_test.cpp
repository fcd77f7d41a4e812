// `lockstep explore` as a person meets it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

TEST(Explore, FindsABrokenLockSaysHowAndItsReplayLineDoesItAgain) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "contention-3cpu", "--port", "broken/leaked-node",
                                 "--strategy", "pct", "--executions", "2000", "--workers", "2"});
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    EXPECT_EQ(ran.err, "");
    EXPECT_TRUE(ran.out.starts_with("KTAP version 1\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "# FAIL queue-nodes")) << ran.out;
    EXPECT_TRUE(has(ran.out, "found by pct with seed ")) << ran.out;
    EXPECT_TRUE(has(ran.out, "guarantee: a failure of depth 3 among 3 CPUs in ")) << ran.out;
    EXPECT_TRUE(has(ran.out, "\nnot ok 1 contention-3cpu # ")) << ran.out;
    EXPECT_TRUE(has(line_with(ran.out, "#   random"), "#   random ")) << ran.out;
    const std::string line = line_with(ran.out, "lockstep replay ");
    ASSERT_NE(line, "") << ran.out;
    const Ran again = sandbox.shell(line.substr(line.find("lockstep replay")));
    EXPECT_EQ(again.code, 1) << again.out << again.err;
    EXPECT_TRUE(has(again.out, "queue-nodes")) << again.out;
}

TEST(Explore, PassesASoundLockAndSaysWhatWasReached) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "contention-2cpu", "--port", "rqspinlock", "--strategy",
                                 "pos", "--executions", "200", "--no-baseline"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "\nok 1 contention-2cpu # 200 executions, ")) << ran.out;
    EXPECT_TRUE(has(ran.out, "last new in")) << ran.out;
    EXPECT_FALSE(has(ran.out, "#   random")) << ran.out;
    EXPECT_FALSE(has(ran.out, "guarantee")) << ran.out;
}

TEST(Explore, JsonHasItsDocumentedKeysAndDoesNotDependOnTheWorkers) {
    const Sandbox sandbox;
    const std::vector<std::string> words = {
        "explore",      "contention-3cpu", "--port",       "broken/leaked-node",
        "--strategy",   "portfolio",       "--executions", "300",
        "--keep-going", "--json",          "--workers"};
    std::vector<std::string> one = words, three = words;
    one.push_back("1");
    three.push_back("3");
    const Ran ran = sandbox.run(one);
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_EQ(sandbox.run(three).out, ran.out);
    const Json all = Json::parse(ran.out);
    EXPECT_EQ(all["format"], "lockstep-explore-1");
    const Json& scenario = all["scenarios"].at(0);
    EXPECT_EQ(scenario["verdict"], "found");
    EXPECT_EQ(scenario["sampling"]["executions"], 300);
    EXPECT_EQ(scenario["baseline"]["strategy"], "random");
    EXPECT_EQ(scenario["baseline"]["executions"], 300);
    for (const char* key : {"sites", "points", "pairs", "last_new_in"})
        EXPECT_TRUE(scenario["sampling"]["coverage"].contains(key)) << key;
    ASSERT_FALSE(scenario["findings"].empty());
    const Json& found = scenario["findings"].at(0);
    for (const char* key : {"kind", "oracle", "strategy", "seed", "execution", "times", "site",
                            "token", "replay", "repro_file"})
        EXPECT_TRUE(found.contains(key)) << key;
    EXPECT_TRUE(std::filesystem::exists(found["repro_file"].get<std::string>()));
}

// Everything a campaign has to tell, in one report.
TEST(Explore, ReportsWhatACampaignCameTo) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "contention-3cpu", "--port", "broken/leaked-node",
                                 "--strategy", "pct", "--executions", "400", "--keep-going"});
    const std::vector<std::string> columns = {
        "strategy", "executions", "steps min/avg/max", "truncated", "findings", "first in", "sites",
        "points",   "pairs",      "last new in"};
    for (const std::string& column : columns) EXPECT_TRUE(has(ran.out, column)) << column;
    EXPECT_TRUE(has(ran.out, "every execution asked for was made")) << ran.out;
    EXPECT_TRUE(has(ran.out, "guarantee: a failure of depth 3 among 3 CPUs")) << ran.out;
    EXPECT_TRUE(has(ran.out, "never reached: ")) << ran.out;
    EXPECT_TRUE(has(ran.out, " of 400 executions")) << ran.out;
    EXPECT_NE(line_with(ran.out, "#   random"), "") << ran.out;
}

TEST(Explore, StopsAtAPlateauOrWhenTheTimeIsOverAndSaysWhich) {
    const Sandbox sandbox;
    const std::vector<std::string> words = {"explore",    "contention-2cpu", "--port",
                                            "rqspinlock", "--strategy",      "random"};
    std::vector<std::string> plateau = words, time = words;
    plateau.insert(plateau.end(), {"--plateau", "500"});
    time.insert(time.end(), {"--time", "0.2"});
    EXPECT_TRUE(has(sandbox.run(plateau).out, "ended when nothing new came any more"));
    EXPECT_TRUE(has(sandbox.run(time).out, "ended when the time was over"));
}

// One execution each: of pct, which is not enough, and of the baseline, which is.
TEST(Explore, TellsWhatOnlyTheBaselineFound) {
    const Sandbox sandbox;
    const std::vector<std::string> words = {
        "explore", "contention-2cpu", "--port", "broken/barging-waiters", "--strategy",
        "pct",     "--executions",    "1"};
    std::vector<std::string> as_json = words;
    as_json.push_back("--json");
    const Ran ran = sandbox.run(as_json);
    EXPECT_EQ(ran.code, 1) << ran.err;
    const Json scenario = Json::parse(ran.out)["scenarios"].at(0);
    EXPECT_EQ(scenario["sampling"]["findings"], 0);
    EXPECT_EQ(scenario["baseline"]["findings"], 1);
    EXPECT_EQ(scenario["verdict"], "found");
    EXPECT_EQ(scenario["findings"].at(0)["strategy"], "random (the baseline)");
    const Ran again = sandbox.shell(scenario["findings"].at(0)["replay"].get<std::string>());
    EXPECT_EQ(again.code, 1) << again.out;
    EXPECT_TRUE(has(sandbox.run(words).out, "found by random (the baseline) with seed 1"));
}

TEST(Explore, AFolderIsEveryScenarioInIt) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "basics", "--port", "rqspinlock", "--strategy", "urw",
                                 "--executions", "20", "--no-baseline"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "ok 1 basics")) << ran.out;
    EXPECT_TRUE(has(ran.out, " contention-8cpu # 20 executions")) << ran.out;
}

TEST(Explore, EstimatesWithoutJudging) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"explore", "contention-3cpu", "--port", "broken/leaked-node",
                                 "--estimate", "--executions", "100"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "executions, from 100 random probes")) << ran.out;
    EXPECT_TRUE(has(ran.out, "steps per second")) << ran.out;
    const Ran as_json = sandbox.run({"explore", "contention-3cpu", "--port", "rqspinlock",
                                     "--estimate", "--executions", "100", "--json"});
    const Json estimate = Json::parse(as_json.out)["scenarios"].at(0)["estimate"];
    EXPECT_EQ(estimate["probes"], 100);
    EXPECT_GT(estimate["log10_mean"], 10.0);
}

TEST(Explore, EstimatesTheStatesOfASearchAndHowLongItTakes) {
    if (kSanitized) GTEST_SKIP() << "minutes with sanitizers";
    const Sandbox sandbox;
    const Ran small = sandbox.run({"explore", "lock-2cpu", "--port", "rqspinlock", "--estimate"});
    EXPECT_EQ(small.code, 0) << small.out << small.err;
    EXPECT_TRUE(has(small.out, " states: all of them have been visited, in ")) << small.out;
    const std::vector<std::string> words = {"explore",    "hardirq-3cpu", "--port",
                                            "rqspinlock", "--every-step", "--estimate"};
    const Ran large = sandbox.run(words);
    EXPECT_EQ(large.code, 0) << large.out << large.err;
    EXPECT_TRUE(has(large.out, "at least 200 thousand states: so many have been visited"));
    EXPECT_TRUE(has(large.out, "states; single rounds: from ")) << large.out;
    EXPECT_TRUE(has(large.out, "every step a choice")) << large.out;
    std::vector<std::string> as_json = words;
    as_json.push_back("--json");
    const Json estimate = Json::parse(sandbox.run(as_json).out)["scenarios"].at(0)["estimate"];
    EXPECT_EQ(estimate["complete"], false);
    EXPECT_EQ(estimate["states_at_least"], 200'000);
    EXPECT_GE(estimate["states"], estimate["states_low"]);
    EXPECT_GE(estimate["states_high"], estimate["states"]);
    EXPECT_GT(estimate["seconds"], 0.0);
    EXPECT_EQ(estimate["rounds"].size(), 8U);
}

TEST(Explore, IsStoppedByCtrlCWithWhatThereIs) {
    const Sandbox sandbox;
    HowToRun how;
    how.interrupt_at = "# lockstep ";
    const Ran ran = sandbox.run({"explore", "contention-3cpu", "--port", "rqspinlock", "--strategy",
                                 "random", "--executions", "1000000000"},
                                how);
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "interrupted: this is a part only")) << ran.out;
    EXPECT_TRUE(has(ran.out, "\nok 1 contention-3cpu # ")) << ran.out;
}

struct WrongWords {
    const char* name;
    std::vector<std::string> words;
    const char* told;
};

class ExploreRefusal : public testing::TestWithParam<WrongWords> {};

TEST_P(ExploreRefusal, ExitsWith64SaysWhyAndRunsNothing) {
    const Sandbox sandbox;
    std::vector<std::string> words = {"explore", "contention-2cpu"};
    words.insert(words.end(), GetParam().words.begin(), GetParam().words.end());
    const Ran ran = sandbox.run(words);
    EXPECT_EQ(ran.code, 64) << ran.out;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(has(ran.err, GetParam().told)) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(
    Words, ExploreRefusal,
    testing::Values(WrongWords{"strategy", {"--strategy", "pcd"}, "did you mean `pct`?"},
                    WrongWords{"executions", {"--executions", "0"}, "--executions"},
                    WrongWords{"time", {"--time", "-1"}, "--time"},
                    WrongWords{"depth", {"--depth", "17"}, "--depth"},
                    WrongWords{"option", {"--stratgy", "pct"}, "did you mean `--strategy`?"},
                    WrongWords{"port", {"--port", "rqspinlok"}, "did you mean `rqspinlock`?"}),
    [](const auto& wrong) { return std::string(wrong.param.name); });

}  // namespace
}  // namespace lockstep
