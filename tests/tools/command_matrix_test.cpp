// lockstep matrix: every kind of cell, what is counted as expected, its exit codes, and that the
// number of processes changes nothing.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

constexpr const char* kRow = R"(scenario: 1
name: NAME
summary: Two CPUs take one lock.
requires: has(queued)
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
explore: { strategy: random, seeds: 1..20 }
verdicts: VERDICTS
expect:
  always:
    - CONDITION
)";

void write_scenario(const Sandbox& sandbox, const std::string& name, const std::string& condition,
                    const std::string& verdicts) {
    std::string text = kRow;
    text.replace(text.find("CONDITION"), 9, condition);
    text.replace(text.find("VERDICTS"), 8, verdicts);
    text.replace(text.find("NAME"), 4, name);
    sandbox.write("rows/" + name + ".yaml", text);
}

const char* const kAsExpected = "A.word == 0";
const char* const kOtherwise = "worker@1.r0 == -ETIMEDOUT";

std::string last_line(const Ran& ran) {
    const std::vector<std::string> lines = lines_of(ran.out);
    return lines.empty() ? "" : lines.back();
}

std::vector<std::string> matrix_of(const std::vector<std::string>& ports) {
    std::vector<std::string> words = {"matrix", "rows"};
    for (const std::string& port : ports) words.insert(words.end(), {"--port", port});
    return words;
}

TEST(CommandMatrix, prints_a_row_for_each_scenario_and_a_cell_for_each_port) {
    const Sandbox sandbox;
    write_scenario(sandbox, "good", kAsExpected, "{}");
    const Ran ran = sandbox.run(matrix_of(
        {"rqspinlock", "rqspinlock-tas", "tas", "broken/leaked-entry", "broken/irqs-left-off"}));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "good |  ok  |  -   |  -   |  ok  |  .   |\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "[4] broken/leaked-entry (caught by held-table)\n")) << ran.out;
    EXPECT_EQ(last_line(ran), "2 of 2 as expected");
}

TEST(CommandMatrix, says_where_and_why_a_cell_is_not_as_expected) {
    const Sandbox sandbox;
    write_scenario(sandbox, "bad", kOtherwise, "{}");
    write_scenario(sandbox, "good", kAsExpected, "{}");
    const Ran ran = sandbox.run(matrix_of({"rqspinlock"}));
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(has(ran.out, "bad  |FAILED|\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "bad on rqspinlock: FAIL expectation")) << ran.out;
    EXPECT_EQ(last_line(ran), "1 of 2 as expected");
}

TEST(CommandMatrix, holds_a_port_to_the_verdict_the_scenario_names) {
    const Sandbox sandbox;
    write_scenario(sandbox, "a-bad", kOtherwise, "{ rqspinlock: fails }");
    write_scenario(sandbox, "b-plain", kAsExpected, "{ qspinlock: ok }");
    write_scenario(sandbox, "c-left-out", kOtherwise, "{ rqspinlock: skip }");
    write_scenario(sandbox, "d-wrong", kAsExpected, "{ rqspinlock: fails }");
    const Ran ran = sandbox.run(matrix_of({"rqspinlock", "qspinlock"}));
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(has(ran.out, "a-bad      |  ok  |  -   |\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "b-plain    |  ok  |  ok  |\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "c-left-out |  -   |  -   |\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "d-wrong    |FAILED|  -   |\n")) << ran.out;
    EXPECT_EQ(last_line(ran), "3 of 4 as expected");
}

TEST(CommandMatrix, does_not_take_another_oracles_word_for_a_broken_port) {
    const Sandbox sandbox;
    write_scenario(sandbox, "bad", kOtherwise, "{}");
    const Ran ran = sandbox.run(matrix_of({"broken/irqs-left-off"}));
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(has(ran.out, "not caught by context-discipline but: ")) << ran.out;
    write_scenario(sandbox, "bad", kOtherwise, "{ broken/irqs-left-off: fails }");
    EXPECT_EQ(sandbox.run(matrix_of({"broken/irqs-left-off"})).code, 0);
}

TEST(CommandMatrix, ends_in_4_if_every_cell_is_skipped) {
    const Sandbox sandbox;
    write_scenario(sandbox, "good", kAsExpected, "{}");
    const Ran ran = sandbox.run(matrix_of({"tas", "rqspinlock-tas"}));
    EXPECT_EQ(ran.code, 4);
    EXPECT_EQ(last_line(ran), "0 of 0 as expected");
}

TEST(CommandMatrix, refuses_what_is_no_scenario_and_no_port) {
    const Sandbox sandbox;
    write_scenario(sandbox, "good", kAsExpected, "{ rqspinlock: fine }");
    EXPECT_EQ(sandbox.run(matrix_of({"rqspinlock"})).code, 64);
    EXPECT_EQ(sandbox.run({"matrix", "nowhere"}).code, 64);
    write_scenario(sandbox, "good", kAsExpected, "{}");
    EXPECT_EQ(sandbox.run(matrix_of({"rqspinlok"})).code, 64);
}

TEST(CommandMatrix, says_the_same_with_one_process_and_with_many_and_in_json) {
    const Sandbox sandbox;
    write_scenario(sandbox, "bad", kOtherwise, "{}");
    write_scenario(sandbox, "good", kAsExpected, "{}");
    std::vector<std::string> words = matrix_of({"rqspinlock", "broken/leaked-entry", "tas"});
    words.insert(words.end(), {"--json", "--jobs", "1"});
    const Ran one = sandbox.run(words);
    words.back() = "7";
    const Ran many = sandbox.run(words);
    EXPECT_EQ(one.out, many.out);
    EXPECT_EQ(one.code, 1);
    const Json all = Json::parse(one.out);
    EXPECT_EQ(all.at("format"), "lockstep-matrix-1");
    EXPECT_EQ(all.at("cells").size(), 6U);
    EXPECT_EQ(all.at("cells").at(0).at("cell"), "failed");
    EXPECT_EQ(all.at("cells").at(4).at("cell"), "ok");
    EXPECT_EQ(all.at("cells").at(5).at("cell"), "skipped");
    EXPECT_EQ(all.at("totals").at("as_expected"), 3);
    EXPECT_EQ(all.at("totals").at("judged"), 4);
}

}  // namespace
}  // namespace lockstep
