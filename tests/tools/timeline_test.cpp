// The timeline and the words of single events.
#include "tools/timeline.h"

#include <gtest/gtest.h>

#include "sim/kernel.h"
#include "tests/tools/hand_made_recording.h"
#include "tools/describe.h"
#include "tools/held_tables.h"

namespace lockstep {
namespace {

std::string timeline_of(const HandMade& made, TimelineOptions options = {}) {
    return joined_lines(draw_timeline(made.recording, options));
}

TEST(Words, TimesAreInTheUnitThatReadsBest) {
    EXPECT_EQ(time_text(0), "0 ns");
    EXPECT_EQ(time_text(64), "64 ns");
    EXPECT_EQ(time_text(42'500), "42.500 us");
    EXPECT_EQ(time_text(2'753'000), "2.753 ms");
    EXPECT_EQ(time_text(250 * kNsPerMs), "250 ms");
    EXPECT_EQ(time_text(1'001'900'000), "1.002 s");
    EXPECT_EQ(time_text(kNever), "never");
}

TEST(Words, ReturnValuesAreNamedAsTheKernelDoes) {
    EXPECT_EQ(return_text(0), "0");
    EXPECT_EQ(return_text(-35), "-EDEADLK");
    EXPECT_EQ(return_text(-110), "-ETIMEDOUT");
    EXPECT_EQ(return_text(-7), "-7");
}

TEST(Words, TheLockWordIsTailPendingLocked) {
    HandMade made(1);
    const WordLayout& layout = made.recording.facts[0].word;
    EXPECT_EQ(word_text(layout, 0), "(-,0,0)");
    EXPECT_EQ(word_text(layout, 0x00090101), "(cpu1.1,1,1)");
    EXPECT_EQ(word_change_text(layout, 0x1, 0x101), "(-,0,1) -> (-,*1,1)");
    EXPECT_EQ(word_change_text(layout, 0x00040001, 0), "(cpu0.0,0,1) -> (*-,0,*0)");
}

TEST(Words, AByteOfTheWordHasItsOwnName) {
    HandMade made(1);
    Event event;
    event.object_kind = ObjectKind::lock_word;
    event.lock = A;
    event.size = 1;
    EXPECT_EQ(place_text(made.recording, event), "A.locked");
    event.offset = 1;
    EXPECT_EQ(place_text(made.recording, event), "A.pending");
    event.offset = 2;
    event.size = 2;
    EXPECT_EQ(place_text(made.recording, event), "A.tail");
    event.offset = 0;
    EXPECT_EQ(place_text(made.recording, event), "A.locked_pending");
}

TEST(Words, NodesAndPointersToThemAreNamed) {
    HandMade made(1);
    made.recording.places.push_back({0x1000, 64, ObjectKind::queue_node, 1, kNoLock, "rqnodes"});
    Event event;
    event.object_kind = ObjectKind::queue_node;
    event.object_cpu = 0;
    event.offset = 16;
    event.size = 8;
    EXPECT_EQ(place_text(made.recording, event), "node[cpu0][1].next");
    EXPECT_EQ(value_text(made.recording, event, 0x1020), "&node[cpu1][2]");
    EXPECT_EQ(value_text(made.recording, event, 0), "NULL");
}

TEST(Words, HeldTablesAreFoldedFromTheStoresToThem) {
    HandMade made(1);
    made.recording.places.push_back({0x2000, 4, ObjectKind::lock_word, 0, A, "A"});
    HeldTables tables(made.recording);
    Event event;
    event.kind = EventKind::store;
    event.object_kind = ObjectKind::held_table;
    event.value = 2;
    tables.on_event(event);
    EXPECT_EQ(tables.text(0), "[-, -]");
    event.offset = 8;
    event.value = 0x2000;
    tables.on_event(event);
    EXPECT_EQ(tables.text(0), "[A, -]");
    event.offset = 0;
    event.value = 33;
    tables.on_event(event);
    EXPECT_TRUE(tables.text(0).ends_with(" +2")) << tables.text(0);
}

TEST(Timeline, AStepHasItsSourceLineAndTheDecodedWord) {
    HandMade made(1);
    static sim_site site = {"kernel/bpf/rqspinlock.c", "f", "atomic_cmpxchg()", 388, 0, 0, 0};
    made.store_word(0, A, 0, 1);
    made.recording.events.back().site = &site;
    TimelineOptions options;
    options.width = 120;
    std::string text = timeline_of(made, options);
    EXPECT_NE(text.find("A (-,0,0) -> (-,0,*1)"), std::string::npos) << text;
    EXPECT_NE(text.find("rqspinlock.c:388 atomic_cmpxchg()"), std::string::npos) << text;
}

TEST(Timeline, LanesShowWhichContextsAreStackedAndWhoActs) {
    HandMade made(2);
    made.enter(0, Context::hardirq);
    made.store_word(0, A, 0, 1);
    made.store_word(1, A, 1, 0);
    std::string text = timeline_of(made);
    EXPECT_NE(text.find("*th    t    A (-,0,0)"), std::string::npos) << text;
    EXPECT_NE(text.find(" th   *t    A (-,0,1)"), std::string::npos) << text;
}

TEST(Timeline, EqualRoundsBetweenLeapsAreFoldedIntoOne) {
    HandMade made(1);
    for (unsigned ms = 1; ms <= 250; ++ms) {
        made.leap(ms * kNsPerMs);
        made.add(EventKind::wake, 0).aux = static_cast<std::uint32_t>(WakeReason::time);
        made.add(EventKind::clock_read, 0).value = made.now;
        made.add(EventKind::park, 0).aux = static_cast<std::uint32_t>(WaitKind::spin);
    }
    made.store_word(0, A, 1, 0);
    std::string text = timeline_of(made);
    EXPECT_NE(text.find("the same 249 more times, until 250 ms"), std::string::npos) << text;
    EXPECT_LT(text.size(), 2000U);
}

TEST(Timeline, WaitersThatTakeTurnsAreFoldedAsWell) {
    HandMade made(2);
    for (unsigned i = 0; i < 40; ++i) {
        made.leap((i + 1) * kNsPerMs);
        made.add(EventKind::clock_read, static_cast<CpuId>(i % 2)).value = made.now;
    }
    std::string text = timeline_of(made);
    EXPECT_NE(text.find("the same 19 more times, until 40 ms"), std::string::npos) << text;
    EXPECT_LT(text.size(), 1000U);
}

TEST(Timeline, LeapsInWhichWaitersOnlyWaitOnAreOne) {
    HandMade made(2);
    for (unsigned i = 0; i < 40; ++i) {
        made.leap((i + 1) * kNsPerMs);
        made.add(EventKind::park, static_cast<CpuId>(i % 3 == 0)).aux =
            static_cast<std::uint32_t>(WaitKind::spin);
    }
    made.store_word(0, A, 0, 1);
    std::string text = timeline_of(made);
    EXPECT_NE(text.find("time leaps to 40 ms, in 40 leaps"), std::string::npos) << text;
    EXPECT_NE(text.find("A (-,0,0) -> (-,0,*1)"), std::string::npos) << text;
}

TEST(Timeline, RoundsThatDifferAreAllShown) {
    HandMade made(1);
    for (unsigned ms = 1; ms <= 3; ++ms) {
        made.leap(ms * kNsPerMs);
        made.store_word(0, A, ms - 1, ms);
    }
    std::string text = timeline_of(made);
    EXPECT_EQ(text.find("more time"), std::string::npos) << text;
    EXPECT_NE(text.find("time leaps to 3 ms"), std::string::npos) << text;
}

TEST(Timeline, TheLastRowsAreKeptWhenThereAreTooMany) {
    HandMade made(1);
    for (unsigned i = 0; i < 50; ++i) made.store_word(0, A, i, i + 1);
    TimelineOptions options;
    options.rows_max = 10;
    std::vector<std::string> lines = draw_timeline(made.recording, options);
    EXPECT_EQ(lines.size(), 12U);
    EXPECT_NE(lines[1].find("--from 0 shows them"), std::string::npos) << lines[1];
}

TEST(Timeline, NoRowIsWiderThanAsked) {
    HandMade made(8);
    static sim_site site = {"kernel/bpf/rqspinlock.c",
                            "f",
                            "a very long expression that does not fit into what is left of a row",
                            1234,
                            0,
                            0,
                            0};
    made.store_word(7, A, 0, 0x00090101);
    made.recording.events.back().site = &site;
    for (unsigned width : {100U, 140U, 200U}) {
        TimelineOptions options;
        options.width = width;
        for (const std::string& line : draw_timeline(made.recording, options))
            EXPECT_LE(line.size(), width) << line;
    }
}

}  // namespace
}  // namespace lockstep
