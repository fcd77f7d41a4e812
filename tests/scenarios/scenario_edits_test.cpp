// What may be taken out of a scenario's text, as text.
#include "scenarios/scenario_edits.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lockstep {
namespace {

bool offers(const std::string& text, const std::string& result) {
    const std::vector<ScenarioEdit> edits = scenario_edits(text);
    return std::any_of(edits.begin(), edits.end(),
                       [&](const ScenarioEdit& edit) { return edit.text == result; });
}

TEST(ScenarioEdits, RemoveALineWithWhatIsIndentedBelowIt) {
    const std::string text = "programs:\n  a: |\n    one();\n  b: |\n    two();\n";
    EXPECT_TRUE(offers(text, "programs:\n  b: |\n    two();\n"));
    EXPECT_TRUE(offers(text, "programs:\n  a: |\n    one();\n"));
    EXPECT_TRUE(offers(text, "programs:\n  a: |\n  b: |\n    two();\n"));
    EXPECT_TRUE(offers(text, ""));
}

TEST(ScenarioEdits, KnowAListThatIsNotIndented) {
    const std::string text = "inject:\n- { a: 1 }\n- { b: 2 }\nname: x\n";
    EXPECT_TRUE(offers(text, "name: x\n"));
    EXPECT_TRUE(offers(text, "inject:\n- { b: 2 }\nname: x\n"));
}

TEST(ScenarioEdits, RemoveALoopOrOnlyItsBraces) {
    const std::string text = "a: |\n  repeat (3) {\n    x();\n  }\n  y();\n";
    EXPECT_TRUE(offers(text, "a: |\n  y();\n"));
    EXPECT_TRUE(offers(text, "a: |\n  x();\n  y();\n"));
    EXPECT_TRUE(offers(text, "a: |\n  repeat (1) {\n    x();\n  }\n  y();\n"));
}

TEST(ScenarioEdits, LowerTheNumberOfCpus) {
    const std::string text = "machine: { cpus: 4 }\ncpus:\n  0-3: { task: a }\n";
    EXPECT_TRUE(offers(text, "machine: { cpus: 2 }\ncpus:\n  0-3: { task: a }\n"));
    EXPECT_TRUE(offers(text, "machine: { cpus: 4 }\ncpus:\n  0-2: { task: a }\n"));
    EXPECT_TRUE(offers(text, "machine: { cpus: 4 }\ncpus:\n  1-3: { task: a }\n"));
}

TEST(ScenarioEdits, ShortenAListOnOneLine) {
    const std::string text = "locks: { A: tas, B: tas }\n";
    EXPECT_TRUE(offers(text, "locks: { A: tas }\n"));
    EXPECT_TRUE(offers(text, "locks: { B: tas }\n"));
}

TEST(ScenarioEdits, TakeAPartyFromBarriersTogetherWithACpu) {
    const std::string text = "a: |\n  barrier(3);\ncpus:\n  0: { task: a }\n  1: { task: a }\n";
    EXPECT_TRUE(offers(text, "a: |\n  barrier(2);\ncpus:\n  0: { task: a }\n"));
}

TEST(ScenarioEdits, SayWhereEachLineIsAfterwards) {
    const std::vector<ScenarioEdit> edits = scenario_edits("a: 1\nb: 2\nc: 3\n");
    const auto without_b = std::find_if(edits.begin(), edits.end(), [](const ScenarioEdit& edit) {
        return edit.text == "a: 1\nc: 3\n";
    });
    ASSERT_NE(without_b, edits.end());
    EXPECT_EQ(without_b->line_after, (std::vector<std::uint32_t>{1, 0, 2}));
}

TEST(ScenarioEdits, CanBeRepairedByRemovingMore) {
    const std::string text = "a:\n  one\nb:\n  two\nc: 3\n";
    const std::vector<ScenarioEdit> edits = scenario_edits(text);
    const auto without_one = std::find_if(edits.begin(), edits.end(), [](const ScenarioEdit& edit) {
        return edit.text == "a:\nb:\n  two\nc: 3\n";
    });
    ASSERT_NE(without_one, edits.end());
    const ScenarioEdit repaired = without_pieces(*without_one, {1, 2, 99});
    EXPECT_EQ(repaired.text, "c: 3\n");
    EXPECT_EQ(repaired.line_after, (std::vector<std::uint32_t>{0, 0, 0, 0, 1}));
}

TEST(ScenarioEdits, NeverOfferTheTextItself) {
    const std::string text = "expect:\n  always:\n    - 1 == 1\n";
    EXPECT_FALSE(offers(text, text));
}

}  // namespace
}  // namespace lockstep
