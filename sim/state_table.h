// The set of states seen, by hash: one table in memory that worker processes share.
//
// Open addressing with linear probing; a slot is claimed by one compare-and-swap, so exactly one
// process is told that a state is new. The table doubles while everybody else stands still. Each
// size has its own place in one reservation, which costs nothing until it is touched.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lockstep {

class StateTable {
  public:
    // Will never take more than about `bytes_max`. Throws std::bad_alloc if there is no address
    // space for that. REQUIRES: made before the workers are forked.
    explicit StateTable(std::uint64_t bytes_max);
    ~StateTable();
    StateTable(const StateTable&) = delete;
    StateTable& operator=(const StateTable&) = delete;

    // True for whoever comes first. REQUIRES: not crowded beyond what grow() can mend.
    bool insert(std::uint64_t hash);
    // Fetches the place of this one into the cache.
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&begin()[hash >> (64 - log2())]); }
    // Makes used() exact for everybody.
    void tell();
    bool crowded() const { return used() > fit(log2()); }
    // Room for so many. Hashes that come in the order of for_each() crowd at the front of a table
    // that is smaller than theirs. False: that would go over the limit. REQUIRES: still empty.
    bool reserve(std::uint64_t states);
    // False: another doubling would go over the limit. REQUIRES: nobody else uses the table.
    bool grow();
    bool full() const { return used() > slots() / 8 * 7; }

    // Those of this process, and of the others as of a moment ago.
    std::uint64_t used() const {
        return shared_->used.load(std::memory_order_relaxed) + used_here_;
    }
    std::uint64_t bytes() const { return slots() * sizeof(std::uint64_t); }
    // REQUIRES: nobody inserts meanwhile.
    template <class Each>
    void for_each(Each each) const {
        const std::atomic<std::uint64_t>* const table = begin();
        for (std::uint64_t i = 0; i < slots(); ++i)
            if (const std::uint64_t hash = table[i].load(std::memory_order_relaxed)) each(hash);
    }

  private:
    // Everybody reads one and writes the other: apart, and not at every insertion.
    struct Shared {
        alignas(64) std::atomic<std::uint64_t> used;
        alignas(64) std::atomic<std::uint32_t> log2;
    };
    static constexpr std::uint32_t kTellEvery = 64;
    std::uint32_t log2() const { return shared_->log2.load(std::memory_order_relaxed); }
    std::uint64_t slots() const { return std::uint64_t{1} << log2(); }
    // As many as a table of this size should hold.
    static std::uint64_t fit(std::uint32_t log2) { return (std::uint64_t{1} << log2) / 8 * 5; }
    std::atomic<std::uint64_t>* begin() const { return table_ + slots(); }
    static bool claim(std::atomic<std::uint64_t>* table, std::uint32_t log2, std::uint64_t hash);

    std::size_t reserved_ = 0;
    std::uint32_t log2_max_ = 0;
    std::uint32_t used_here_ = 0;  // not yet told to the others
    Shared* shared_ = nullptr;
    std::atomic<std::uint64_t>* table_ = nullptr;  // the table of size n is at [n, 2n)
};

}  // namespace lockstep
