// The registry of oracles: names, properties, and how much of the arena they take, because all of
// it is copied and hashed at every checkpoint.
#include <gtest/gtest.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <set>
#include <string>

#include "sim/machine.h"
#include "sim/state.h"
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

TEST(OracleRegistry, NamesAreUniqueAndEachOracleKnowsItsOwn) {
    std::set<std::string> names;
    for (const OracleEntry& entry : oracle_registry()) {
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
        void* const memory = ::operator new (entry.size, std::align_val_t{entry.alignment});
        EXPECT_STREQ(entry.construct(memory)->name(), entry.name);
        ::operator delete (memory, std::align_val_t{entry.alignment});
    }
    EXPECT_EQ(names.size(), 11U);
}

TEST(OracleRegistry, EachOracleStatesAPropertyAndSeesTheEventsItWants) {
    for (const OracleEntry& entry : oracle_registry()) {
        EXPECT_GT(std::strlen(entry.property), 10U) << entry.name;
        void* const memory = ::operator new (entry.size, std::align_val_t{entry.alignment});
        EXPECT_NE(entry.construct(memory)->interest(), 0U) << entry.name;
        ::operator delete (memory, std::align_val_t{entry.alignment});
    }
}

OracleSetup setup_of(unsigned cpus, unsigned locks) {
    OracleSetup setup;
    setup.cpus = cpus;
    setup.locks.resize(locks);
    return setup;
}

// Of those that always run: an optional one costs nothing where nobody asked for it.
TEST(OracleRegistry, TheOraclesOfThreeCpusAndALockFitInOneKibibyte) {
    const OracleSetup setup = setup_of(3, 1);
    std::size_t total = 0;
    for (const OracleEntry& entry : oracles_and_folds()) {
        if (entry.optional) continue;
        std::cout << "  " << entry.name << ": " << oracle_size(entry, setup) << " bytes\n";
        total += oracle_size(entry, setup);
    }
    std::cout << "  all oracles of 3 CPUs and a lock: " << total << " bytes\n";
    EXPECT_LE(total, 1024U);
}

TEST(OracleRegistry, AnOracleIsAsLargeOnTheMachineAsItsCpusAndLocksSay) {
    for (const OracleEntry& entry : oracles_and_folds()) {
        if (entry.shares != nullptr) continue;  // see SharedFold
        for (const unsigned cpus : {1U, 3U, kCpusMax})
            for (const unsigned locks : {0U, 1U, 7U}) {
                MachineConfig config;
                config.cpus = cpus;
                Machine::instance().configure(config);
                Machine::instance().set_oracle_setup(setup_of(cpus, locks));
                const std::uint64_t before = state().inner_top;
                Machine::instance().add_oracle(entry);
                const std::size_t of_cpus = (entry.per_cpu * cpus + 7) / 8 * 8;
                const std::size_t expected = entry.size + of_cpus + entry.per_lock * locks;
                EXPECT_EQ(host().oracle_rooms[0].size, expected) << entry.name;
                EXPECT_GE(state().inner_top - before, expected) << entry.name;
                EXPECT_LE(state().inner_top - before, expected + 63) << entry.name;
            }
    }
}

// More than one of them, so that what lies behind one belongs to the next.
TEST(OracleRegistry, OraclesOnTheMachineDoNotOverlap) {
    MachineConfig config;
    config.cpus = 3;
    Machine::instance().configure(config);
    Machine::instance().set_oracle_setup(setup_of(3, 2));
    for (const OracleEntry& entry : oracle_registry()) Machine::instance().add_oracle(entry);
    std::uintptr_t end = 0;
    for (std::size_t i = 0; i < host().oracles.size(); ++i) {
        const auto begin = reinterpret_cast<std::uintptr_t>(host().oracles[i]);
        EXPECT_GE(begin, end) << host().oracles[i]->name();
        EXPECT_EQ(begin % 8, 0U);
        end = begin + host().oracle_rooms[i].size;
    }
    EXPECT_LE(end, state().inner_top);
}

// Every CPU and lock there is has its say, the last ones too.
TEST(OracleRegistry, NoOracleWritesBehindTheStateOfTheCpusAndLocksThereAre) {
    for (const OracleEntry& entry : oracles_and_folds()) {
        History h(entry.name);
        h.setup.locks.resize(8);  // data-race follows no more
        const std::string before(h.memory() + h.size(), History::kGuard);
        for (unsigned cpu = 0; cpu < 3; ++cpu) {
            const LockId first = 6, last = 7;
            h.at(kMs);
            h.start(cpu, static_cast<TaskId>(cpu));
            h.wants(cpu, last);
            h.word(cpu, last, kLocked);
            h.table_count(cpu, 1);
            h.node(cpu, cpu, 12, 1);
            h.parks_on_word(cpu, last);
            h.enter(cpu, Context::nmi);
            h.takes(cpu, first);
            h.releases(cpu, first);
            h.leave(cpu);
            h.gets(cpu, last, kTimeout);
            h.switch_to(cpu, 7);
        }
        h.ends(EndReason::finished);
        EXPECT_EQ(before, std::string(h.memory() + h.size(), History::kGuard)) << entry.name;
    }
}

// The element of a lock lies where the entry says: what happens to lock 5 changes no other.
TEST(OracleRegistry, WhatHappensToALockChangesItsElement) {
    for (const OracleEntry& entry : oracles_and_folds()) {
        if (entry.per_lock == 0) continue;
        constexpr LockId kLock = 5;
        History h(entry.name);
        h.setup.locks.resize(8, h.setup.locks[0]);
        const std::size_t locks_at = entry.size + rows_before_locks(entry.per_cpu, h.setup.cpus);
        ASSERT_EQ(h.size(), locks_at + 8 * entry.per_lock) << entry.name;
        h.start(0, 0);
        const auto element = [&](LockId lock) {
            return std::string(h.memory() + locks_at + lock * entry.per_lock, entry.per_lock);
        };
        const std::string before = element(kLock), next = element(kLock + 1);
        const std::string previous = element(kLock - 1);
        h.at(kMs);
        h.wants(0, kLock);
        h.wants(1, kLock);
        h.word(0, kLock, 1);
        h.gets(0, kLock);
        if (entry.optional) h.accesses_word(0, kLock, 0, 1, {EventKind::store});
        EXPECT_NE(element(kLock), before) << entry.name;
        EXPECT_EQ(element(kLock + 1), next) << entry.name;
        EXPECT_EQ(element(kLock - 1), previous) << entry.name;
    }
}

// ... and that of a CPU likewise.
TEST(OracleRegistry, WhatHappensOnACpuChangesItsElement) {
    for (const OracleEntry& entry : oracles_and_folds()) {
        if (entry.per_cpu == 0) continue;
        History h(entry.name);
        h.setup.locks.resize(8);
        const auto element = [&](unsigned cpu) {
            return std::string(h.memory() + entry.size + cpu * entry.per_cpu, entry.per_cpu);
        };
        const std::string before = element(1), others = element(0) + element(2);
        h.start(1, 5);
        h.takes(1, A);
        h.simple(EventKind::preempt_off, 1);
        h.node(1, 1, kNodeCount, 1);
        h.table_count(1, 1);
        h.word(1, A, kLocked);
        h.wants(1, B);
        h.unlocks(1, A);
        EXPECT_NE(element(1), before) << entry.name;
        EXPECT_EQ(element(0) + element(2), others) << entry.name;
    }
}

}  // namespace
}  // namespace lockstep
