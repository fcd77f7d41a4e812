// Tokens: what is written can be read again, and nothing else can.
#include "sim/token.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

Token read_good(const std::string& text) {
    const auto result = read_token(text);
    if (const auto* problem = std::get_if<TokenProblem>(&result)) {
        ADD_FAILURE() << text << ":" << problem->column << ": " << problem->message;
        return {};
    }
    return std::get<Token>(result);
}

TEST(token, is_read_as_documented) {
    const Token token = read_good("v1:aa-nmi:1f00c0de:0/2*14.1/3.0/2");
    EXPECT_EQ(token.scenario, "aa-nmi");
    EXPECT_EQ(token.hash, "1f00c0de");
    const std::vector<PickRun> expected = {{0, 2, 14}, {1, 3, 1}, {0, 2, 1}};
    EXPECT_EQ(token.picks, expected);
}

TEST(token, is_written_as_it_was_read) {
    for (const char* text : {"v1:aa-nmi:1f00c0de:0/2*14.1/3.0/2", "v1:aa:00000000:-",
                             "v1:3-cpus:ffffffff:65534/65535*4000000000", "v1:x9:12345678:1/2"})
        EXPECT_EQ(write_token(read_good(text)), text);
}

TEST(token, without_a_choice_has_a_dash_for_its_picks) {
    EXPECT_EQ(write_picks({}), "-");
    EXPECT_TRUE(read_good("v1:aa-nmi:1f00c0de:-").picks.empty());
}

TEST(token, joins_equal_neighbours_when_it_is_written) {
    EXPECT_EQ(write_picks({{0, 2, 3}, {0, 2, 4}, {1, 2, 1}, {1, 3, 1}}), "0/2*7.1/2.1/3");
}

TEST(token, splits_a_run_that_does_not_fit_its_count) {
    EXPECT_EQ(write_picks({{0, 2, 0xffffffff}, {0, 2, 2}}), "0/2*4294967295.0/2*2");
}

TEST(token, picks_alone_are_read_with_their_own_columns) {
    const auto good = read_picks("0/2*14.1/3");
    ASSERT_TRUE(std::holds_alternative<std::vector<PickRun>>(good));
    EXPECT_EQ(std::get<std::vector<PickRun>>(good).size(), 2U);
    const auto bad = read_picks("0/2.3/3");
    ASSERT_TRUE(std::holds_alternative<TokenProblem>(bad));
    EXPECT_EQ(std::get<TokenProblem>(bad).column, 5U);
}

struct BadToken {
    const char* text;
    std::uint32_t column;
    const char* message;
};

TEST(token, that_is_malformed_is_refused_with_the_column_and_the_reason) {
    const BadToken bad[] = {
        {"", 1, "starts with `v1:`"},
        {"v1", 1, "starts with `v1:`"},
        {"hello", 1, "starts with `v1:`"},
        {" v1:aa-nmi:1f00c0de:0/2", 1, "starts with `v1:`"},
        {"v2:aa-nmi:1f00c0de:0/2", 1, "unknown version"},
        {"v10:aa-nmi:1f00c0de:0/2", 1, "unknown version"},
        {"v1:", 4, "name of a scenario"},
        {"v1::1f00c0de:0/2", 4, "name of a scenario"},
        {"v1:A:1f00c0de:0/2", 4, "name of a scenario"},
        {"v1:-a:1f00c0de:0/2", 4, "name of a scenario"},
        {"v1:../x:1f00c0de:0/2", 4, "name of a scenario"},
        {"v1:aa-nmi", 10, "expected `:` after the name"},
        {"v1:aa_nmi:1f00c0de:0/2", 6, "expected `:` after the name of the scenario, found `_`"},
        {"v1:aa-nmi:", 11, "eight digits"},
        {"v1:aa-nmi:1f00c0d", 18, "eight digits 0-9 a-f, found the end"},
        {"v1:aa-nmi:1F00c0de:0/2", 12, "eight digits 0-9 a-f, found `F`"},
        {"v1:aa-nmi:1f00c0de0:0/2", 19, "expected `:` after the hash"},
        {"v1:aa-nmi:1f00c0de", 19, "expected `:` after the hash, found the end"},
        {"v1:aa-nmi:1f00c0de:", 20, "expected the index"},
        {"v1:aa-nmi:1f00c0de:--", 20, "expected the index"},
        {"v1:aa-nmi:1f00c0de:-1/2", 20, "expected the index"},
        {"v1:aa-nmi:1f00c0de:0", 21, "expected `/`"},
        {"v1:aa-nmi:1f00c0de:0/", 22, "expected the bound"},
        {"v1:aa-nmi:1f00c0de:0/1", 20, "below 2"},
        {"v1:aa-nmi:1f00c0de:0/0", 20, "below 2"},
        {"v1:aa-nmi:1f00c0de:2/2", 20, "not below the bound"},
        {"v1:aa-nmi:1f00c0de:0/2.5/3", 24, "the index 5 is not below the bound 3"},
        {"v1:aa-nmi:1f00c0de:00/2", 20, "leading zero"},
        {"v1:aa-nmi:1f00c0de:0/02", 22, "leading zero"},
        {"v1:aa-nmi:1f00c0de:0/65536", 22, "larger than 65535"},
        {"v1:aa-nmi:1f00c0de:99999999999999999999/2", 20, "larger than 65535"},
        {"v1:aa-nmi:1f00c0de:0/2*", 24, "number of times"},
        {"v1:aa-nmi:1f00c0de:0/2*0", 24, "at least 2"},
        {"v1:aa-nmi:1f00c0de:0/2*1", 24, "at least 2"},
        {"v1:aa-nmi:1f00c0de:0/2*4294967296", 24, "larger than 4294967295"},
        {"v1:aa-nmi:1f00c0de:0/2*4000000000.0/3", 35, "more than 4000000000 picks"},
        {"v1:aa-nmi:1f00c0de:0/2.", 24, "expected the index"},
        {"v1:aa-nmi:1f00c0de:0/2..0/2", 24, "expected the index"},
        {"v1:aa-nmi:1f00c0de:0/2,0/2", 23, "expected `.` between two runs of picks, found `,`"},
        {"v1:aa-nmi:1f00c0de:0/2 ", 23, "expected `.`"},
        {"v1:aa-nmi:1f00c0de:0/2\n", 23, "unprintable"},
        {"v1:aa-nmi:1f00c0de:-.0/2", 20, "expected the index"},
    };
    for (const BadToken& token : bad) {
        const auto result = read_token(token.text);
        ASSERT_TRUE(std::holds_alternative<TokenProblem>(result)) << token.text;
        const TokenProblem& problem = std::get<TokenProblem>(result);
        EXPECT_EQ(problem.column, token.column) << token.text << ": " << problem.message;
        EXPECT_NE(problem.message.find(token.message), std::string::npos)
            << token.text << ": " << problem.message;
    }
}

TEST(token, with_too_many_runs_is_refused) {
    std::string picks;
    picks.reserve(4 * kPickRunsMax + 8);
    for (std::size_t i = 0; i <= kPickRunsMax; ++i) picks += i % 2 == 0 ? "0/2." : "1/2.";
    picks.pop_back();
    const auto result = read_picks(picks);
    ASSERT_TRUE(std::holds_alternative<TokenProblem>(result));
    EXPECT_NE(std::get<TokenProblem>(result).message.find("runs"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
