// Every file in bad/ is refused with exactly the problems its first lines announce:
//   # expect: LINE:COLUMN words of the message or of the suggestion
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/scenario.h"

namespace lockstep {
namespace {

struct Expected {
    std::string place;
    std::string words;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::filesystem::path> bad_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(LOCKSTEP_SOURCE_DIR) +
                                                                 "/tests/scenarios/bad"))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<Expected> expected_problems(const std::string& text) {
    constexpr std::string_view kMark = "# expect: ";
    std::vector<Expected> expected;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && line.starts_with(kMark);) {
        line.erase(0, kMark.size());
        const std::size_t space = line.find(' ');
        expected.push_back({line.substr(0, space), line.substr(space + 1)});
    }
    return expected;
}

bool told(const ReadResult& result, const Expected& expected) {
    return std::any_of(result.problems.begin(), result.problems.end(), [&](const Problem& problem) {
        const std::string text = describe_problem("", problem);
        return text.starts_with(":" + expected.place + ": ") &&
               text.find(expected.words) != std::string::npos;
    });
}

TEST(bad_input, has_a_corpus_worth_the_name) {
    EXPECT_GE(bad_files().size(), 60U);
}

TEST(bad_input, is_refused_with_all_of_its_problems_and_no_others) {
    for (const auto& path : bad_files()) {
        const std::string text = read_file(path);
        const std::vector<Expected> expected = expected_problems(text);
        const ReadResult result = read_scenario(path.string(), text);
        std::string all;
        for (const Problem& problem : result.problems)
            all += describe_problem(path.filename().string(), problem) + "\n";
        EXPECT_FALSE(expected.empty()) << path << " announces no problem";
        EXPECT_FALSE(result.scenario.has_value()) << path;
        EXPECT_EQ(result.problems.size(), expected.size()) << all;
        for (const Expected& one : expected)
            EXPECT_TRUE(told(result, one)) << one.place << " " << one.words << "\n" << all;
    }
}

TEST(bad_input, is_told_in_file_order) {
    for (const auto& path : bad_files()) {
        const ReadResult result = read_scenario(path.string(), read_file(path));
        EXPECT_TRUE(
            std::is_sorted(result.problems.begin(), result.problems.end(),
                           [](const Problem& a, const Problem& b) {
                               return std::pair{a.line, a.column} < std::pair{b.line, b.column};
                           }))
            << path;
    }
}

TEST(bad_input, cut_off_anywhere_is_never_a_crash) {
    const std::string text = read_file(std::string(LOCKSTEP_SOURCE_DIR) +
                                       "/tests/scenarios/bad/everything-at-once.yaml");
    for (std::size_t length = 0; length < text.size(); ++length) {
        const ReadResult result = read_scenario("cut.yaml", text.substr(0, length));
        EXPECT_FALSE(result.problems.empty()) << length;
    }
}

TEST(bad_input, that_is_too_long_is_refused_unread) {
    const ReadResult result = read_scenario("long.yaml", std::string(1024 * 1024 + 1, '#'));
    ASSERT_EQ(result.problems.size(), 1U);
    EXPECT_EQ(describe_problem("long.yaml", result.problems[0]),
              "long.yaml:1:1: the file is longer than 1 MiB");
}

TEST(bad_input, with_too_many_values_is_refused) {
    std::string text = "scenario: 1\ntags: [";
    for (int i = 0; i < 30'000; ++i) text += "x,";
    const ReadResult result = read_scenario("many.yaml", text + "]\n");
    ASSERT_EQ(result.problems.size(), 1U);
    EXPECT_NE(result.problems[0].message.find("too many values"), std::string::npos);
}

TEST(bad_input, with_endless_problems_stops_after_a_hundred) {
    std::string text = "scenario: 1\n";
    for (int i = 0; i < 1'000; ++i) text += "key" + std::to_string(i) + ": 1\n";
    const ReadResult result = read_scenario("endless.yaml", text);
    ASSERT_EQ(result.problems.size(), 101U);
    EXPECT_EQ(result.problems.back().message, "there are more problems than these");
}

}  // namespace
}  // namespace lockstep
