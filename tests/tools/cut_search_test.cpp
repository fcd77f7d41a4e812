// A search that came to its end but cut paths on the way: it is never called complete, and passes
// only if the scenario allows what cut them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lock/port.h"
#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"
#include "tools/explore_search.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

// Needs 21 steps or more.
std::string writers(const std::string& machine, const std::string& rest) {
    return R"(scenario: 1
name: writers
summary: Two CPUs write the same word.
machine: { cpus: 2)" +
           machine + R"( }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  writer: |
    repeat (9) { WRITE_ONCE(x, 1); }
    r0 = READ_ONCE(x);
cpus: { 0-1: { task: writer } }
explore: { strategy: exhaustive }
)" + rest;
}

constexpr char kWord[] = "expect: { always: [ A.word == 0 ] }\n";
constexpr char kAllowed[] = "allow: [progress/no-progress]\n";

class CutSearch : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "sanitizers keep equal states apart and no bytes of a path";
    }
};

Ran explored(const std::string& text, const std::string& more = "") {
    const Sandbox sandbox;
    const std::string path = sandbox.write("writers.yaml", text);
    return sandbox.shell("lockstep explore '" + path + "' --port rqspinlock " + more);
}

TEST_F(CutSearch, AtTheScenariosLimitIsAFindingUnlessTheScenarioAllowsIt) {
    EXPECT_EQ(explored(writers("", kWord)).code, 0);
    const Ran found = explored(writers(", steps_max: 12", kWord));
    EXPECT_EQ(found.code, 1) << found.out << found.err;
    EXPECT_TRUE(has(found.out, "# FAIL progress (no-progress)")) << found.out;
    const std::string text = writers(", steps_max: 12", std::string(kWord) + kAllowed);
    const Ran allowed = explored(text);
    EXPECT_EQ(allowed.code, 0) << allowed.out << allowed.err;
    const std::string told = "complete but for paths cut by the scenario's limit: ";
    EXPECT_TRUE(has(allowed.out, "ok 1 writers # " + told)) << allowed.out;
    EXPECT_TRUE(has(allowed.out, "NOT complete: nothing is said about what was not reached\n"))
        << allowed.out;
    const Json json = Json::parse(explored(text, "--json").out).at("scenarios").at(0);
    EXPECT_EQ(json.at("verdict"), "nothing-found");
    EXPECT_FALSE(json.at("search").at("complete").get<bool>());
    EXPECT_EQ(json.at("search").at("unjudged"), 0);
}

// Both have read only behind the limit.
TEST_F(CutSearch, DoesNotSayThatWhatItDidNotSeeNeverHappens) {
    const std::string text =
        writers(", steps_max: 12",
                std::string("expect: { sometimes: [ count(writer.r0 == 1) == 2 ] }\n") + kAllowed);
    const Ran ran = explored(text);
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "#   not seen: `count(writer.r0 == 1) == 2` held in no execution"))
        << ran.out;
    EXPECT_FALSE(has(ran.out, "never happens")) << ran.out;
    EXPECT_TRUE(has(ran.out, "and this is no pass")) << ran.out;
    EXPECT_TRUE(has(ran.out, "not ok 1 writers # ")) << ran.out;
    const Json json = Json::parse(explored(text, "--json").out).at("scenarios").at(0);
    EXPECT_EQ(json.at("verdict"), "undecided");
    EXPECT_EQ(json.at("never_happens"), Json::array());
    EXPECT_EQ(json.at("not_seen").size(), 1U);
}

TEST_F(CutSearch, BeforeTheEndOfAPathIsUndecided) {
    const ReadResult read = read_scenario("writers.yaml", writers("", kWord));
    ASSERT_TRUE(read.scenario);
    const Port port = open_port("rqspinlock");
    ExploreArguments arguments;
    arguments.workers = 1;
    SearchOptions options = search_options(*read.scenario, arguments);
    EXPECT_FALSE(search_and_store(*read.scenario, port, options).undecided());
    options.bounds.path_bytes_max = 4096;
    const Searched cut = search_and_store(*read.scenario, port, options);
    ASSERT_TRUE(cut.report.unjudged);
    EXPECT_TRUE(cut.undecided());
    EXPECT_FALSE(cut.failed());
    EXPECT_TRUE(search_summary(cut).starts_with("not complete: paths were cut before their end"));
    const Json json = search_json(*read.scenario, port, cut);
    EXPECT_EQ(json.at("verdict"), "undecided");
    EXPECT_FALSE(json.at("search").at("complete").get<bool>());
    std::string lines;
    for (const std::string& line : search_lines(cut)) lines += line + "\n";
    EXPECT_TRUE(has(lines, "cut short: ") && has(lines, " before its end, at the greatest length"))
        << lines;
    EXPECT_TRUE(has(lines, "NOT complete: ") && has(lines, "and this is no pass")) << lines;
}

}  // namespace
}  // namespace lockstep
