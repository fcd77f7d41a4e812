// data-race: what counts as ordered, for each way in which the kernel orders accesses, and that the
// oracle's memory does not grow with the length of a run.
#include "sim/kernel.h"
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

constexpr EventKind kLoad = EventKind::load;
constexpr EventKind kStore = EventKind::store;

// Fields of a CPU's first queue node.

class RaceHistory : public History {
  public:
    RaceHistory() : History("data-race") { setup.locks.resize(8); }

    void load(unsigned cpu, std::uint32_t field, sim_order order = SIM_RELAXED) {
        accesses_node(cpu, 0, field, {kLoad, false, order});
    }
    void store(unsigned cpu, std::uint32_t field, sim_order order = SIM_RELAXED) {
        accesses_node(cpu, 0, field, {kStore, false, order});
    }
    void rmw(unsigned cpu, std::uint32_t field, sim_order order) {
        accesses_node(cpu, 0, field, {kStore, false, order, true});
    }
    void plain_load(unsigned cpu, std::uint32_t field, std::uint64_t value = 0) {
        accesses_node(cpu, 0, field, {kLoad, true, SIM_RELAXED, false, value});
    }
    void plain_store(unsigned cpu, std::uint32_t field, std::uint64_t old = 0) {
        accesses_node(cpu, 0, field, {kStore, true, SIM_RELAXED, false, 1, old});
    }
};

// --- race -------------------------------------------------------------------------------------

TEST(DataRace, TwoPlainStoresWithNothingBetweenThemRace) {
    RaceHistory h;
    h.plain_store(0, kNodeCount);
    h.plain_store(1, kNodeCount);
    EXPECT_EQ(h.said(), "data-race race");
}

TEST(DataRace, APlainStoreRacesWithAMarkedLoadInEitherOrder) {
    for (const bool store_first : {true, false}) {
        RaceHistory h;
        if (store_first) h.plain_store(0, kNodeLocked);
        h.load(1, kNodeLocked);
        if (!store_first) h.plain_store(0, kNodeLocked);
        EXPECT_EQ(h.said(), "data-race race");
    }
}

TEST(DataRace, APlainLoadRacesWithAMarkedStoreInEitherOrder) {
    for (const bool load_first : {true, false}) {
        RaceHistory h;
        if (load_first) h.plain_load(0, kNodeLocked);
        h.store(1, kNodeLocked, SIM_RELEASE);
        if (!load_first) h.plain_load(0, kNodeLocked);
        EXPECT_EQ(h.said(), "data-race race");
    }
}

TEST(DataRace, LoadsNeverRaceAndNeitherDoMarkedAccesses) {
    RaceHistory h;
    h.plain_load(0, kNodeLocked);
    h.load(1, kNodeLocked);
    h.plain_load(2, kNodeLocked);
    h.store(0, kNodeNext);
    h.store(1, kNodeNext);
    h.rmw(2, kNodeNext, SIM_RELAXED);
    h.load(0, kNodeNext);
    EXPECT_EQ(h.said(), "");
}

TEST(DataRace, DifferentFieldsOfANodeAreDifferentPlaces) {
    RaceHistory h;
    h.plain_store(0, kNodeCount);
    h.store(1, kNodeLocked);
    h.store(2, kNodeNext);
    EXPECT_EQ(h.said(), "");
}

TEST(DataRace, PartsOfALockWordOverlapWithTheWholeWord) {
    for (const std::uint32_t offset : {0U, 2U}) {
        RaceHistory h;
        h.accesses_word(0, A, 0, 2, {kStore, true});
        h.accesses_word(1, A, offset, 2, {kLoad, false});
        EXPECT_EQ(h.said(), offset == 0 ? "data-race race" : "");
    }
}

TEST(DataRace, OneCpuDoesNotRaceWithItselfOrItsInterrupts) {
    RaceHistory h;
    h.plain_store(0, kNodeCount);
    h.enter(0, Context::nmi);
    h.plain_store(0, kNodeCount);
    h.leave(0);
    h.plain_load(0, kNodeCount);
    EXPECT_EQ(h.said(), "");
}

TEST(DataRace, APlaceIsAccusedOnce) {
    RaceHistory h;
    h.plain_store(0, kNodeCount);
    h.plain_store(1, kNodeCount);
    h.plain_load(1, kNodeCount);
    EXPECT_EQ(h.said(), "data-race race");
}

// --- what orders --------------------------------------------------------------------------------

// CPU 0 stores plainly and raises a flag; CPU 1 sees the flag and stores plainly.
struct Message {
    sim_order raise;
    sim_order look;
    int fence_before_raise;  // sim_fence_kind, or -1
    int fence_after_look;
    bool ordered;
};

TEST(DataRace, AMessageOrdersWhenBothItsSidesDo) {
    const Message messages[] = {
        {SIM_RELEASE, SIM_ACQUIRE, -1, -1, true},
        {SIM_RELEASE, SIM_RELAXED, -1, -1, false},
        {SIM_RELAXED, SIM_ACQUIRE, -1, -1, false},
        {SIM_RELAXED, SIM_ACQUIRE, SIM_WMB, -1, true},
        {SIM_RELAXED, SIM_ACQUIRE, SIM_MB, -1, true},
        {SIM_RELAXED, SIM_ACQUIRE, SIM_RMB, -1, false},
        {SIM_RELEASE, SIM_RELAXED, -1, SIM_RMB, true},
        {SIM_RELEASE, SIM_RELAXED, -1, SIM_CTRL_ACQUIRE, true},
        {SIM_RELEASE, SIM_RELAXED, -1, SIM_MB, true},
        {SIM_RELEASE, SIM_RELAXED, -1, SIM_WMB, false},
        {SIM_RELAXED, SIM_RELAXED, SIM_WMB, SIM_RMB, true},
    };
    for (const Message& message : messages) {
        RaceHistory h;
        h.plain_store(0, kNodeCount);
        if (message.fence_before_raise >= 0)
            h.fences(0, static_cast<unsigned>(message.fence_before_raise));
        h.store(0, kNodeLocked, message.raise);
        h.load(1, kNodeLocked, message.look);
        if (message.fence_after_look >= 0)
            h.fences(1, static_cast<unsigned>(message.fence_after_look));
        h.plain_store(1, kNodeCount);
        EXPECT_EQ(h.said(), message.ordered ? "" : "data-race race")
            << message.raise << message.look << message.fence_before_raise
            << message.fence_after_look;
    }
}

TEST(DataRace, WhatComesAfterTheReleaseIsNotPartOfTheMessage) {
    RaceHistory h;
    h.store(0, kNodeLocked, SIM_RELEASE);
    h.plain_store(0, kNodeCount);
    h.load(1, kNodeLocked, SIM_ACQUIRE);
    h.plain_store(1, kNodeCount);
    EXPECT_EQ(h.said(), "data-race race");
}

TEST(DataRace, AMessageIsPassedOnByAThirdCpu) {
    RaceHistory h;
    h.plain_store(0, kNodeCount);
    h.store(0, kNodeLocked, SIM_RELEASE);
    h.load(1, kNodeLocked, SIM_ACQUIRE);
    h.store(1, kNodeNext, SIM_RELEASE);
    h.load(2, kNodeNext, SIM_ACQUIRE);
    h.plain_store(2, kNodeCount);
    EXPECT_EQ(h.said(), "");
}

TEST(DataRace, AReadModifyWriteGoesOnWithAReleaseAndAPlainOverwriteEndsIt) {
    for (const bool rmw : {true, false}) {
        RaceHistory h;
        h.plain_store(0, kNodeCount);
        h.store(0, kNodeLocked, SIM_RELEASE);
        if (rmw)
            h.rmw(2, kNodeLocked, SIM_RELAXED);
        else
            h.store(2, kNodeLocked);
        h.load(1, kNodeLocked, SIM_ACQUIRE);
        h.plain_store(1, kNodeCount);
        EXPECT_EQ(h.said(), rmw ? "" : "data-race race");
    }
}

TEST(DataRace, AFullReadModifyWriteBothTellsAndLearns) {
    for (const sim_order order : {SIM_FULL, SIM_RELAXED}) {
        RaceHistory h;
        h.plain_store(0, kNodeCount);
        h.rmw(0, kNodeLocked, order);
        h.rmw(1, kNodeLocked, order);
        h.plain_store(1, kNodeCount);
        EXPECT_EQ(h.said(), order == SIM_FULL ? "" : "data-race race");
    }
}

TEST(DataRace, ATotalStoreOrderMachineNeedsNoWordsForIt) {
    RaceHistory h;
    for (LockFacts& facts : h.setup.locks) facts.total_store_order = true;
    h.plain_store(0, kNodeCount);
    h.store(0, kNodeLocked);
    h.load(1, kNodeLocked);
    h.plain_store(1, kNodeCount);
    EXPECT_EQ(h.said(), "");
    h.plain_store(2, kNodeCount);  // it never looked
    EXPECT_EQ(h.said(), "data-race race");
}

// prev->next = node, reached by the tail that was read: an address dependency nobody can see.
TEST(DataRace, AMarkedStoreComesAfterWhatItsCpuHasReadOf) {
    for (const bool published : {true, false}) {
        RaceHistory h;
        h.plain_store(0, kNodeNext);
        if (published) h.fences(0, SIM_WMB);
        h.accesses_word(0, A, 2, 2, {kStore, false, SIM_RELAXED, true});
        h.accesses_word(1, A, 2, 2, {kStore, false, SIM_RELAXED, true});
        h.store(1, kNodeNext);
        EXPECT_EQ(h.said(), published ? "" : "data-race race");
    }
}

// A node's link is read with READ_ONCE before the node is used again.
TEST(DataRace, APlainStoreComesAfterTheStoreItsCpuHasReadThere) {
    for (const bool looked : {true, false}) {
        RaceHistory h;
        h.store(1, kNodeNext);
        if (looked) h.load(0, kNodeNext);
        h.plain_store(0, kNodeNext);
        EXPECT_EQ(h.said(), looked ? "" : "data-race race");
    }
}

// --- unprotected
// ----------------------------------------------------------------------------------

TEST(DataRace, ASectionComesAfterTheOneBeforeItByReleaseAndAcquire) {
    for (const sim_order release : {SIM_RELEASE, SIM_RELAXED})
        for (const sim_order acquire : {SIM_ACQUIRE, SIM_RELAXED}) {
            RaceHistory h;
            for (unsigned cpu = 0; cpu < 2; ++cpu) {
                h.wants(cpu, A);
                h.accesses_word(cpu, A, 0, 4, {kStore, false, acquire, true});
                h.gets(cpu, A);
                h.unlocks(cpu, A);
                h.accesses_word(cpu, A, 0, 1, {kStore, false, release});
                h.unlocked(cpu, A);
            }
            const bool ordered = release == SIM_RELEASE && acquire == SIM_ACQUIRE;
            EXPECT_EQ(h.said(), ordered ? "" : "data-race unprotected");
        }
}

TEST(DataRace, SectionsOfOneCpuOfDifferentLocksAndOfFailedAttemptsNeedNoOrder) {
    RaceHistory h;
    h.takes(0, A);
    h.releases(0, A);
    h.takes(0, A);
    h.releases(0, A);
    h.takes(1, B);
    h.releases(1, B);
    h.wants(2, A);
    h.gets(2, A, kDeadlock);
    EXPECT_EQ(h.said(), "");
}

// --- lost-update
// ----------------------------------------------------------------------------------

TEST(DataRace, AnInterruptInsideAPlainIncrementMustPutTheValueBack) {
    for (const std::uint64_t left : {4U, 5U}) {
        RaceHistory h;
        h.plain_load(0, kNodeCount, 4);
        h.enter(0, Context::nmi);
        h.plain_load(0, kNodeCount, 4);
        h.plain_store(0, kNodeCount, 4);
        h.leave(0);
        h.plain_store(0, kNodeCount, left);
        EXPECT_EQ(h.said(), left == 4 ? "" : "data-race lost-update");
    }
}

TEST(DataRace, AStoreThatIsNoPartOfAnIncrementMayReplaceWhatAnInterruptLeft) {
    RaceHistory h;
    h.plain_load(0, kNodeCount, 4);
    h.load(0, kNodeNext);
    h.plain_store(0, kNodeCount, 5);
    h.plain_load(0, kNodeCount, 1);
    h.plain_store(0, kNodeLocked, 7);
    h.plain_load(0, kNodeCount, 1);
    h.switch_to(0, 1);
    h.plain_store(0, kNodeCount, 7);
    EXPECT_EQ(h.said(), "");
}

// --- limits and size
// --------------------------------------------------------------------------------

// What would be a race if it could be followed.
void race(RaceHistory& h) {
    h.plain_store(0, kNodeCount);
    h.plain_store(1, kNodeCount);
}

TEST(DataRace, JudgesEightCpusAndEightLocks) {
    RaceHistory h;
    h.setup.cpus = 8;
    h.accesses_word(7, 7, 0, 4, {kStore, true});
    h.accesses_word(6, 7, 0, 4, {kStore, true});
    EXPECT_EQ(h.said(), "data-race race");
    EXPECT_EQ(h.not_judged(), "");
}

TEST(DataRace, SaysThatItCannotJudgeMoreCpusOrLocks) {
    RaceHistory cpus;
    cpus.setup.cpus = 9;
    RaceHistory locks;
    locks.setup.locks.resize(9, locks.setup.locks[0]);
    for (RaceHistory* h : {&cpus, &locks}) {
        race(*h);
        EXPECT_EQ(h->said(), "");
    }
    EXPECT_EQ(cpus.not_judged(), "more than 8 CPUs");
    EXPECT_EQ(locks.not_judged(), "more than 8 locks");
}

TEST(DataRace, SaysThatItCannotFollowMemoryItHasNoPlaceFor) {
    struct Unfollowed {
        void (*happens)(RaceHistory& h);
        const char* why;
    };
    const Unfollowed cases[] = {
        {[](RaceHistory& h) { h.load(0, 4 * 16); }, "a queue node past the fourth of a CPU"},
        {[](RaceHistory& h) {
             for (LockFacts& facts : h.setup.locks) facts.nodes.stride = 32;
             h.load(0, 16);
         },
         "a queue node of an unknown layout"},
        {[](RaceHistory& h) {
             h.table_count(0, 1);
             h.table(0, 0, 1, 1);
         },
         "two ports with queue nodes or held tables"},
        {[](RaceHistory& h) { h.table_entry(0, 31, A); }, "a held table of more than 31 entries"},
        {[](RaceHistory& h) {
             h.accesses_word(0, A, 4, 4, {kStore, false});
         },
         "a lock word of an unknown layout"},
    };
    for (const Unfollowed& each : cases) {
        RaceHistory h;
        each.happens(h);
        race(h);
        EXPECT_EQ(h.said(), "") << each.why;
        EXPECT_EQ(h.not_judged(), each.why);
    }
}

// Two CPUs that hand a node back and forth for ever come back to the same bytes.
TEST(DataRace, ARepeatedHistoryIsARepeatedState) {
    RaceHistory h;
    const auto round = [&h] {
        for (unsigned cpu = 0; cpu < 3; ++cpu) {
            h.load(cpu, kNodeLocked, SIM_ACQUIRE);
            h.plain_store(cpu, kNodeCount);
            h.store(cpu, kNodeLocked, SIM_RELEASE);
            h.fences(cpu, SIM_MB);
        }
    };
    for (int i = 0; i < 3; ++i) round();
    const std::string before(h.memory(), h.size());
    for (int i = 0; i < 1000; ++i) round();
    EXPECT_EQ(before, std::string(h.memory(), h.size()));
    EXPECT_EQ(h.said(), "");
}

// One side never listens, so everything the other says stays new: still no more numbers than fit.
TEST(DataRace, EpochsDoNotRunOut) {
    RaceHistory h;
    for (unsigned i = 0; i < 2000; ++i) {
        h.plain_store(0, i % 2 == 0 ? kNodeCount : kNodeNext);
        h.store(0, kNodeLocked, SIM_RELEASE);
    }
    h.load(1, kNodeLocked, SIM_ACQUIRE);
    h.plain_store(1, kNodeCount);
    h.plain_store(2, kNodeNext);
    EXPECT_EQ(h.said(), "data-race race");
}

}  // namespace
}  // namespace lockstep
