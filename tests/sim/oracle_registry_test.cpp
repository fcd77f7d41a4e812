// The registry of oracles: names, properties, and how much of the arena they take, because all of
// it is copied and hashed at every checkpoint.
#include <gtest/gtest.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <set>
#include <string>

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

// Of those that always run: an optional one costs nothing where nobody asked for it.
TEST(OracleRegistry, TheOraclesOfAThreeCpuMachineFitInSixKibibytes) {
    std::size_t total = 0;
    for (const OracleEntry& entry : oracle_registry()) {
        const std::size_t unused = entry.per_cpu * (kCpusMax - 3);
        ASSERT_GT(entry.size, unused) << entry.name;
        if (entry.optional) continue;
        std::cout << "  " << entry.name << ": " << entry.size - unused << " bytes\n";
        total += entry.size - unused;
    }
    std::cout << "  all oracles on 3 CPUs: " << total << " bytes\n";
    EXPECT_LT(total, 6U * 1024U);
}

// What lies behind the elements in use belongs to somebody else on a small machine, and elements of
// locks that do not exist are not looked at by a search.
TEST(OracleRegistry, NoOracleWritesBehindTheStateOfTheCpusAndLocksThereAre) {
    for (const OracleEntry& entry : oracle_registry()) {
        const std::size_t used = entry.size - entry.per_cpu * (kCpusMax - 3);
        const std::size_t cpus_at = entry.size - entry.per_cpu * kCpusMax;
        const std::size_t no_locks = entry.per_lock * (kLocksMax - 8);
        History h(entry.name);
        h.setup.locks.resize(8);  // data-race follows no more
        const std::string before(h.memory() + used, entry.size - used);
        const std::string between(h.memory() + cpus_at - no_locks, no_locks);
        for (unsigned cpu = 0; cpu < 3; ++cpu) {
            h.start(cpu, static_cast<TaskId>(cpu));
            h.wants(cpu, A);
            h.table_count(cpu, 1);
            h.node(cpu, cpu, 12, 1);
            h.enter(cpu, Context::nmi);
            h.takes(cpu, B);
            h.releases(cpu, B);
            h.leave(cpu);
            h.gets(cpu, A, kTimeout);
            h.switch_to(cpu, 7);
        }
        h.ends(EndReason::finished);
        EXPECT_EQ(before, std::string(h.memory() + used, entry.size - used)) << entry.name;
        EXPECT_EQ(between, std::string(h.memory() + cpus_at - no_locks, no_locks)) << entry.name;
    }
}

// The elements per lock are where the registry says: what happens to lock 5 changes element 5 only.
TEST(OracleRegistry, WhatHappensToALockChangesItsElement) {
    for (const OracleEntry& entry : oracle_registry()) {
        if (entry.per_lock == 0) continue;
        constexpr LockId kLock = 5;
        const std::size_t locks_at =
            entry.size - entry.per_cpu * kCpusMax - entry.per_lock * kLocksMax;
        History h(entry.name);
        h.setup.locks.resize(8, h.setup.locks[0]);
        h.start(0, 0);
        const auto element = [&](LockId lock) {
            return std::string(h.memory() + locks_at + lock * entry.per_lock, entry.per_lock);
        };
        const std::string before = element(kLock), next = element(kLock + 1);
        h.at(kMs);
        h.wants(0, kLock);
        h.wants(1, kLock);
        h.word(0, kLock, 1);
        h.gets(0, kLock);
        EXPECT_NE(element(kLock), before) << entry.name;
        EXPECT_EQ(element(kLock + 1), next) << entry.name;
    }
}

}  // namespace
}  // namespace lockstep
