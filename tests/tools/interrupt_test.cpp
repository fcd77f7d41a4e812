// Signals that ask a long command to end: it ends with what there is, however often they come.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

Ran explore_until(const Sandbox& sandbox, const std::string& signal, const std::string& how) {
    return sandbox.shell("timeout --preserve-status -s " + signal +
                         " 0.6 '" LOCKSTEP_BINARY "' explore nmi-3cpu --port rqspinlock " + how);
}

// `timeout` sends its signal to the command and to the group, so two arrive.
class Interrupted : public testing::TestWithParam<const char*> {};

TEST_P(Interrupted, ASearchIsKeptAndASecondSignalChangesNothing) {
    const Sandbox sandbox;
    const Ran ran = explore_until(sandbox, GetParam(), "--every-step --checkpoint s.search");
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "search: interrupted: ")) << ran.out;
    const Ran again = sandbox.shell(
        "lockstep explore nmi-3cpu --port rqspinlock --every-step --checkpoint s.search --states "
        "1");
    EXPECT_TRUE(has(again.out, "resumed 1 time")) << again.out << again.err;
}

TEST_P(Interrupted, ACampaignIsReported) {
    const Sandbox sandbox;
    const Ran ran = explore_until(sandbox, GetParam(), "--strategy random --executions 100000000");
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "interrupted")) << ran.out;
}

INSTANTIATE_TEST_SUITE_P(By, Interrupted, testing::Values("INT", "TERM", "HUP"),
                         [](const auto& each) { return std::string(each.param); });

TEST(NotInterrupted, ByASignalThatWasIgnoredBefore) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell(
        "trap '' HUP; lockstep explore nmi-3cpu --port rqspinlock --states 200000 & "
        "sleep 0.2; kill -HUP $!; wait $!");
    EXPECT_TRUE(has(ran.out, "stopped: as many states as asked for")) << ran.out << ran.err;
}

// Of each level of a KTAP document whether it has as many results, numbered from 1, as its plan
// says.
std::string ktap_problem(const std::string& document) {
    std::istringstream lines(document);
    std::map<std::size_t, std::pair<unsigned, unsigned>> levels;  // by indent: planned, had
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t indent = line.find_first_not_of(' ');
        if (indent == std::string::npos) continue;
        std::istringstream words(line);
        std::string first, second;
        words >> first >> second;
        if (first.starts_with("1..")) {
            levels[indent] = {static_cast<unsigned>(std::stoul(first.substr(3))), 0};
            continue;
        }
        if (first == "not") words >> second;
        if (first != "ok" && first != "not") continue;
        for (const auto& [deeper, counts] : levels)
            if (deeper > indent && counts.first != counts.second)
                return "a subtest has too few results before: " + line;
        if (second != std::to_string(++levels[indent].second)) return "a wrong number: " + line;
    }
    for (const auto& [indent, counts] : levels)
        if (counts.first != counts.second)
            return "the plan is not met at indent " + std::to_string(indent);
    return levels.empty() ? "there is no plan" : "";
}

struct Cut {
    const char* name;
    std::vector<std::string> words;
};

class InterruptedFolder : public testing::TestWithParam<Cut> {};

TEST_P(InterruptedFolder, HasAsManyResultsAsItsPlansSay) {
    const Sandbox sandbox;
    HowToRun how;
    how.interrupt_at = "# lockstep ";
    const Ran ran = sandbox.run(GetParam().words, how);
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_EQ(ktap_problem(ran.out), "") << ran.out;
    EXPECT_TRUE(has(ran.out, "abbcca-3cpu # SKIP left out: interrupted")) << ran.out;
    EXPECT_FALSE(has(ran.out, "Totals: pass:0 fail:0 skip:0")) << ran.out;
}

const std::vector<std::string> kTwoPorts = {"--port", "rqspinlock", "--port", "rqspinlock-tas"};

std::vector<std::string> on_two_ports(std::vector<std::string> words) {
    words.insert(words.end(), kTwoPorts.begin(), kTwoPorts.end());
    return words;
}

INSTANTIATE_TEST_SUITE_P(
    Of, InterruptedFolder,
    testing::Values(
        Cut{"run", {"run", "basics", "deadlock", "--port", "rqspinlock", "--seeds", "1..10000000"}},
        Cut{"run_on_two_ports",
            on_two_ports({"run", "basics", "deadlock", "--seeds", "1..10000000"})},
        Cut{"explore",
            {"explore", "basics", "deadlock", "--port", "rqspinlock", "--strategy", "random",
             "--executions", "1000000000"}},
        Cut{"search", on_two_ports({"explore", "nmi-3cpu", "deadlock", "--strategy", "exhaustive",
                                    "--every-step"})},
        Cut{"estimate", on_two_ports({"explore", "basics", "deadlock", "--estimate", "--executions",
                                      "1000000000"})}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(InterruptedCheck, OfLessonsHasAsManyResultsAsItsPlanSays) {
    const Sandbox sandbox;
    const Ran ran =
        sandbox.shell("timeout --preserve-status -s INT 0.5 '" LOCKSTEP_BINARY "' learn --check");
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_EQ(ktap_problem(ran.out), "") << ran.out;
    EXPECT_TRUE(has(line_with(ran.out, "ok 13 13: "), " # SKIP left out: interrupted")) << ran.out;
}

TEST(InterruptedRun, TellsSoInJsonAndJunitAsWell) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell("timeout --preserve-status -s INT 0.6 '" LOCKSTEP_BINARY
                                  "' run contention-2cpu aa-task --port rqspinlock --seeds "
                                  "1..100000000 --json --junit j.xml");
    EXPECT_EQ(ran.code, 75) << ran.err;
    const auto scenarios = nlohmann::json::parse(ran.out).at("scenarios");
    ASSERT_EQ(scenarios.size(), 2U);
    EXPECT_EQ(scenarios[1].at("verdict"), "skipped");
    EXPECT_EQ(scenarios[1].at("skip_reason"), "left out: interrupted");
    EXPECT_TRUE(has(sandbox.shell("cat j.xml").out, "left out: interrupted"));
}

}  // namespace
}  // namespace lockstep
