// Suggestions are near or absent, never far-fetched.
#include "tools/suggest.h"

#include <gtest/gtest.h>

#include "tools/text_columns.h"

namespace lockstep {
namespace {

TEST(Suggest, ASwapOfTwoLettersIsOneEdit) {
    EXPECT_EQ(edit_distance("run", "rnu"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggest, TheNearestNameIsFound) {
    EXPECT_EQ(nearest("rqspinlok", {"ticket", "rqspinlock", "mcs"}), "rqspinlock");
}

TEST(Suggest, NothingIsSuggestedForAWordThatIsLikeNone) {
    EXPECT_EQ(nearest("xylophone", {"run", "show", "list"}), "");
    EXPECT_EQ(did_you_mean("xylophone", {"run"}), "");
}

TEST(Suggest, APartOfANameFindsIt) {
    EXPECT_EQ(nearest("held-entry", {"broken/late-held-entry", "mcs"}), "broken/late-held-entry");
}

TEST(Columns, WrappingBreaksAtSpacesAndKeepsEveryWord) {
    std::vector<std::string> lines = wrap("one two three four five six seven", 16);
    for (const std::string& line : lines) EXPECT_LE(line.size(), 16U);
    std::string all;
    for (const std::string& line : lines) all += (all.empty() ? "" : " ") + line;
    EXPECT_EQ(all, "one two three four five six seven");
}

}  // namespace
}  // namespace lockstep
