// Checkpoints as files: whatever is damaged in one is told as damage, and links stay links.
#include "scenarios/search_checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/search.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

class SearchCheckpointFile : public ::testing::Test {
  protected:
    SearchCheckpointFile() : table_(std::uint64_t{1} << 20) {
        fs::create_directories(folder_ / "deep");
        for (std::uint64_t hash = 1; hash <= 20; ++hash) table_.insert(hash << 50 | hash);
        written_.identity = "two on rqspinlock, 2 CPUs";
        written_.layout = 7;
        written_.seconds = 1.5;
        written_.yield.counts.states = 20;
    }
    ~SearchCheckpointFile() override { fs::remove_all(folder_); }

    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    std::optional<std::string> save(const std::string& name) {
        return save_checkpoint(file(name), written_, table_);
    }
    // Why it is not taken, or "taken".
    std::string refusal(const std::string& name, const std::string& identity) const {
        StateTable table(std::uint64_t{1} << 20);
        try {
            const auto found = load_checkpoint(file(name), identity, 7, table);
            return found && found->yield.counts.states == 20 && table.used() == 20 ? "taken"
                                                                                   : "nothing";
        } catch (const CheckpointError& error) {
            return error.what();
        }
    }
    std::string bytes(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(file(name), std::ios::binary).rdbuf();
        return text.str();
    }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(file(name), std::ios::binary | std::ios::trunc) << text;
    }

    const fs::path folder_ =
        fs::temp_directory_path() / ("search-checkpoint-" + std::to_string(getpid()));
    StateTable table_;
    SearchCheckpoint written_;
};

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_F(SearchCheckpointFile, OfAnotherSearchIsToldAsSuchWhenItIsWhole) {
    ASSERT_EQ(save("whole"), std::nullopt);
    EXPECT_EQ(refusal("whole", written_.identity), "taken");
    const std::string told = refusal("whole", "three on rqspinlock, 3 CPUs");
    EXPECT_TRUE(says(told, "is of another search")) << told;
    EXPECT_TRUE(says(told, written_.identity)) << told;
}

// Whichever byte is another one: those that say which search it is, and lengths too.
TEST_F(SearchCheckpointFile, WithAnyByteChangedIsDamagedAndNotOfAnotherSearch) {
    ASSERT_EQ(save("whole"), std::nullopt);
    const std::string whole = bytes("whole");
    const std::size_t magic = whole.find('\n') + 1;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        put("changed", changed);
        const std::string told = refusal("changed", written_.identity);
        EXPECT_FALSE(says(told, "another search")) << at << ": " << told;
        EXPECT_TRUE(says(told, at < magic ? "checkpoint" : ": a damaged checkpoint")) << at << told;
        EXPECT_TRUE(says(told, "remove ")) << at << ": " << told;
    }
}

TEST_F(SearchCheckpointFile, CutShortOrWithMoreBehindItIsDamaged) {
    ASSERT_EQ(save("whole"), std::nullopt);
    const std::string whole = bytes("whole");
    for (std::size_t size = whole.find('\n') + 1; size < whole.size(); ++size) {
        put("cut", whole.substr(0, size));
        EXPECT_TRUE(says(refusal("cut", written_.identity), "a damaged checkpoint")) << size;
    }
    put("longer", whole + "\n");
    EXPECT_TRUE(says(refusal("longer", written_.identity), "a damaged checkpoint"));
}

TEST_F(SearchCheckpointFile, OfAnotherVersionOrNoneAtAllIsToldApart) {
    put("older", "lockstep-search 2\nand so on");
    EXPECT_TRUE(says(refusal("older", ""), "of another version of lockstep"))
        << refusal("older", "");
    put("letter", "Dear reader, this is no checkpoint.");
    EXPECT_TRUE(says(refusal("letter", ""), "no checkpoint of a search; name another file"));
    put("empty", "");
    EXPECT_TRUE(says(refusal("empty", ""), "no checkpoint of a search"));
}

// A link from here into a folder, by way of another link, to a file that may not be there yet.
TEST_F(SearchCheckpointFile, BehindALinkIsWrittenThroughIt) {
    fs::create_symlink("deep/middle", folder_ / "link");
    fs::create_symlink(folder_ / "deep" / "kept", folder_ / "deep" / "middle");
    for (int time = 0; time < 2; ++time) {
        expect_to_save(file("link"));
        ASSERT_EQ(save("link"), std::nullopt);
        EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
        EXPECT_TRUE(fs::is_symlink(folder_ / "deep" / "middle"));
        EXPECT_TRUE(fs::is_regular_file(folder_ / "deep" / "kept"));
        EXPECT_EQ(refusal("link", written_.identity), "taken");
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "deep"), {}), 2);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 2);
}

TEST_F(SearchCheckpointFile, BehindLinksInACircleCannotBeWritten) {
    fs::create_symlink("there", folder_ / "here");
    fs::create_symlink("here", folder_ / "there");
    EXPECT_THROW(expect_to_save(file("here")), CheckpointError);
    EXPECT_NE(save("here"), std::nullopt);
    EXPECT_TRUE(fs::is_symlink(fs::symlink_status(folder_ / "here")));
}

}  // namespace
}  // namespace lockstep
