// The reference page and the reader say the same: every key, operation and word is on the page, and
// its examples are read without a problem.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "scenarios/body_operations.h"
#include "scenarios/reader_keys.h"
#include "scenarios/reader_nodes.h"

namespace lockstep {
namespace {

std::string page() {
    std::ifstream in(LOCKSTEP_SOURCE_DIR "/docs/scenario-language.md");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string> yaml_examples() {
    constexpr std::string_view kOpen = "```yaml\n";
    const std::string text = page();
    std::vector<std::string> examples;
    for (std::size_t at = text.find(kOpen); at != std::string::npos; at = text.find(kOpen, at)) {
        at += kOpen.size();
        examples.push_back(text.substr(at, text.find("```\n", at) - at));
    }
    return examples;
}

TEST(reader_document, names_every_key) {
    const std::string text = page();
    for (const KeyEntry& entry : kKeys) {
        const std::string key(entry.key);
        const bool named = text.find("`" + key + "`") != std::string::npos ||
                           text.find(key + ":") != std::string::npos;
        EXPECT_TRUE(named) << entry.mapping << " " << key;
    }
}

TEST(reader_document, shows_every_operation_in_its_form) {
    const std::string text = page();
    for (const BodyOperation& operation : body_operations())
        EXPECT_NE(text.find(std::string(operation.name) + "("), std::string::npos)
            << operation.name;
}

TEST(reader_document, names_every_word) {
    const std::string text = page();
    const Words* lists[] = {&arch_words(),       &memory_words(),  &clock_words(),
                            &lock_class_words(), &context_words(), &role_words(),
                            &strategy_words(),   &point_words(),   &errno_words(),
                            &oracle_words(),     &feature_words(), &needs_words()};
    for (const Words* list : lists)
        for (const std::string& word : *list) {
            const bool named = text.find("`" + word + "`") != std::string::npos ||
                               text.find(": " + word) != std::string::npos;
            EXPECT_TRUE(named) << word;
        }
}

TEST(reader_document, has_examples_that_are_read_without_a_problem) {
    const std::vector<std::string> examples = yaml_examples();
    ASSERT_GE(examples.size(), 5U);
    unsigned whole = 0;
    for (const std::string& example : examples) {
        Problems problems;
        EXPECT_TRUE(read_nodes(example, problems).has_value()) << example;
        EXPECT_TRUE(problems.empty()) << example;
        if (!example.starts_with("scenario: 1")) continue;
        ++whole;
        for (const Problem& problem : read_scenario("<page>", example).problems)
            ADD_FAILURE() << describe_problem("scenario-language.md", problem);
    }
    EXPECT_GE(whole, 1U);
}

}  // namespace
}  // namespace lockstep
