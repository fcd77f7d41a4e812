// The shared set of hashes.
#include "sim/state_table.h"

#include <sys/mman.h>

#include <bit>
#include <new>

#include "sim/check.h"

namespace lockstep {

namespace {

constexpr std::uint32_t kLog2First = 16;
constexpr std::size_t kPage = 4096;

void* map_shared(std::size_t bytes) {
    void* const got = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
    return got;
}

}  // namespace

StateTable::StateTable(std::uint64_t bytes_max) {
    // While it grows, the old table stands beside the new one: three halves of the new.
    const std::uint64_t slots_max = bytes_max / 3 * 2 / sizeof(std::uint64_t);
    log2_max_ = kLog2First;
    while ((std::uint64_t{2} << log2_max_) <= slots_max) ++log2_max_;
    reserved_ = (std::size_t{2} << log2_max_) * sizeof(std::uint64_t);
    shared_ = new (map_shared(kPage)) Shared;
    shared_->used = 0;
    shared_->log2 = kLog2First;
    table_ = static_cast<std::atomic<std::uint64_t>*>(map_shared(reserved_));
}

StateTable::~StateTable() {
    munmap(table_, reserved_);
    munmap(shared_, kPage);
}

bool StateTable::claim(std::atomic<std::uint64_t>* table, std::uint32_t log2, std::uint64_t hash) {
    const std::uint64_t mask = (std::uint64_t{1} << log2) - 1;
    for (std::uint64_t at = hash >> (64 - log2);; ++at) {
        std::atomic<std::uint64_t>& slot = table[at & mask];
        std::uint64_t seen = slot.load(std::memory_order_relaxed);
        if (seen == hash) return false;
        if (seen != 0) continue;
        if (slot.compare_exchange_strong(seen, hash, std::memory_order_relaxed)) return true;
        if (seen == hash) return false;
    }
}

bool StateTable::insert(std::uint64_t hash) {
    if (hash == 0) hash = 1;  // 0 is an empty slot
    if (!claim(begin(), log2(), hash)) return false;
    if (++used_here_ == kTellEvery) tell();
    return true;
}

void StateTable::tell() {
    shared_->used.fetch_add(used_here_, std::memory_order_relaxed);
    used_here_ = 0;
}

bool StateTable::reserve(std::uint64_t states) {
    SIM_CHECK(used() == 0);
    std::uint32_t enough = log2();
    while (enough < log2_max_ && states > fit(enough)) ++enough;
    shared_->log2 = enough;
    return states <= slots() / 8 * 7;
}

bool StateTable::grow() {
    const std::uint32_t before = log2();
    if (before >= log2_max_) return false;
    std::atomic<std::uint64_t>* const bigger = table_ + (std::uint64_t{2} << before);
    for_each([&](std::uint64_t hash) { claim(bigger, before + 1, hash); });
    madvise(begin(), bytes(), MADV_REMOVE);
    shared_->log2 = before + 1;
    return true;
}

}  // namespace lockstep
