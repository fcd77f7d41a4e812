// The table of states: every hash is new once, and it says when it is full.
#include "sim/state_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <set>

namespace lockstep {
namespace {

TEST(StateTable, TellsEachStateOnceAndGrows) {
    StateTable table(std::uint64_t{64} << 20);
    std::uint64_t hash = 1;
    std::set<std::uint64_t> known;
    for (int i = 0; i < 200'000; ++i) {
        hash = hash * 6364136223846793005ULL + 1442695040888963407ULL;
        if (table.crowded()) {
            ASSERT_TRUE(table.grow());
        }
        EXPECT_EQ(table.insert(hash), known.insert(hash).second);
        EXPECT_FALSE(table.insert(hash));
    }
    EXPECT_EQ(table.used(), known.size());
    std::set<std::uint64_t> inside;
    table.for_each([&inside](std::uint64_t each) { inside.insert(each); });
    EXPECT_EQ(inside, known);
}

// What one table hands out in its order would crowd at the front of a smaller one: a search that
// went on from a checkpoint took minutes to begin.
TEST(StateTable, HasRoomForThoseOfAnotherBeforeTheyCome) {
    constexpr std::uint64_t kStates = 100'000;
    StateTable from(std::uint64_t{64} << 20), to(std::uint64_t{64} << 20);
    ASSERT_TRUE(from.reserve(kStates));
    for (std::uint64_t i = 1; i <= kStates; ++i) from.insert(i * 0x9e3779b97f4a7c15ULL);
    ASSERT_TRUE(to.reserve(from.used()));
    const std::uint64_t size = to.bytes();
    from.for_each([&to](std::uint64_t hash) { EXPECT_TRUE(to.insert(hash)); });
    EXPECT_FALSE(to.crowded());
    EXPECT_EQ(to.bytes(), size);
    EXPECT_EQ(to.used(), kStates);
}

TEST(StateTable, HasNoRoomForMoreThanTheMemoryAllowed) {
    StateTable table(std::uint64_t{1} << 20);
    EXPECT_FALSE(table.reserve(1'000'000));
}

TEST(StateTable, ThatNoAddressSpaceHasRoomForIsNoBugOfOurs) {
    EXPECT_THROW(StateTable(std::uint64_t{1} << 60), std::bad_alloc);
}

TEST(StateTable, SaysWhenTheMemoryAllowedIsFull) {
    StateTable table(std::uint64_t{1} << 20);
    std::uint64_t inserted = 0;
    while (!table.full()) {
        if (table.crowded()) table.grow();
        table.insert(++inserted * 0x9e3779b97f4a7c15ULL);
        ASSERT_LT(inserted, 1'000'000U);
    }
    EXPECT_FALSE(table.grow());
}

}  // namespace
}  // namespace lockstep
