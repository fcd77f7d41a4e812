// Renumbering the epochs of a CPU, so that equal orders are equal bytes.
#include "sim/oracles/race_clocks.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "sim/check.h"

namespace lockstep {

namespace {

constexpr unsigned kEpochs = 256;

// Calls `each` for every epoch of CPU `c` that stands in a place.
template <class Each>
void for_each_epoch(RacePlace& place, CpuId c, const Each& each) {
    each(place.plain_read[c]);
    each(place.marked_read[c]);
    each(place.marked_write[c]);
    each(place.published.of[c]);
    if (place.plain_writer == c) each(place.plain_write);
}

template <class Each>
void for_each_known_place(RaceCpu& cpu, const Each& each) {
    for (std::uint64_t left = cpu.known; left != 0; left &= left - 1)
        each(cpu.places[std::countr_zero(left)]);
}

template <class Each>
void for_each_place(const RaceMemory& memory, const Each& each) {
    for (unsigned i = 0; i < memory.cpus; ++i) for_each_known_place(memory.cpu[i], each);
    for (unsigned i = 0; i < memory.locks; ++i)
        for (RacePlace& place : memory.lock[i].word) each(place);
}

// Calls `each` for every epoch of CPU `c` that stands outside a place.
template <class Each>
void for_each_epoch_known(const RaceMemory& memory, CpuId c, const Each& each) {
    for (unsigned i = 0; i < memory.cpus; ++i) {
        each(memory.cpu[i].knows.of[c]);
        each(memory.cpu[i].seen.of[c]);
        each(memory.cpu[i].fenced.of[c]);
    }
    for (unsigned i = 0; i < memory.locks; ++i)
        if (memory.lock[i].section_cpu == c) each(memory.lock[i].section);
}

bool all_zero(const Epoch (&epochs)[kRaceCpus]) {
    std::uint64_t all = 0;
    static_assert(sizeof all == sizeof epochs);
    std::memcpy(&all, epochs, sizeof all);
    return all == 0;
}

bool all_zero(const RacePlace& place) {
    return all_zero(place.plain_read) && all_zero(place.marked_read) &&
           all_zero(place.marked_write) && all_zero(place.published.of) && place.plain_write == 0 &&
           place.plain_writer == 0 && place.seen == 0;
}

// What no longer means anything must not tell two states apart.
void forget_meaningless(RacePlace& place) {
    if (place.plain_write == 0) place.plain_writer = 0;
    if (all_zero(place.marked_write)) place.seen = 0;
}

void forget_meaningless(const RaceMemory& memory, CpuId c) {
    for_each_place(memory, [](RacePlace& place) { forget_meaningless(place); });
    for (unsigned i = 0; i < memory.cpus; ++i) {
        RaceCpu& cpu = memory.cpu[i];
        if (cpu.seen.of[c] <= cpu.knows.of[c]) cpu.seen.of[c] = 0;
        for_each_known_place(cpu, [&cpu](const RacePlace& place) {
            if (all_zero(place)) cpu.known &= ~(std::uint64_t{1} << (&place - cpu.places));
        });
    }
    for (unsigned i = 0; i < memory.locks; ++i)
        if (memory.lock[i].section == 0) memory.lock[i].section_cpu = 0;
}

class EpochSet {
  public:
    void add(Epoch epoch) { words_[epoch / 64] |= std::uint64_t{1} << epoch % 64; }
    void remove_up_to(Epoch last) {
        for (unsigned w = 0; w < last / 64; ++w) words_[w] = 0;
        words_[last / 64] &= ~(~std::uint64_t{0} >> (63 - last % 64));
    }
    unsigned size() const {
        int all = 0;
        for (const std::uint64_t word : words_) all += std::popcount(word);
        return static_cast<unsigned>(all);
    }
    template <class Each>
    void for_each(const Each& each) const {  // in rising order
        for (unsigned w = 0; w < kEpochs / 64; ++w)
            for (std::uint64_t left = words_[w]; left != 0; left &= left - 1)
                each(w * 64 + static_cast<unsigned>(std::countr_zero(left)));
    }

  private:
    std::uint64_t words_[kEpochs / 64] = {};
};

}  // namespace

void begin_epoch(const RaceMemory& memory, CpuId cpu) {
    SIM_CHECK(cpu < memory.cpus);
    SIM_CHECK(memory.cpus <= kRaceCpus);
    Epoch base = memory.cpu[0].knows.of[cpu];
    for (unsigned i = 1; i < memory.cpus; ++i) base = std::min(base, memory.cpu[i].knows.of[cpu]);
    EpochSet used;
    const auto use = [&used](const Epoch& epoch) { used.add(epoch); };
    for_each_epoch_known(memory, cpu, use);
    for_each_place(memory, [&use, cpu](RacePlace& place) { for_each_epoch(place, cpu, use); });
    used.remove_up_to(base);
    // More than there are numbers: the oldest become "known to all", which accuses nobody.
    unsigned excess = used.size() > kEpochs - 2 ? used.size() - (kEpochs - 2) : 0;
    Epoch renamed[kEpochs] = {};
    Epoch next = 0;
    used.for_each([&](unsigned epoch) {
        if (excess > 0)
            --excess;
        else
            renamed[epoch] = ++next;
    });
    const auto rename = [&renamed](Epoch& epoch) { epoch = renamed[epoch]; };
    for_each_epoch_known(memory, cpu, rename);
    for_each_place(memory,
                   [&rename, cpu](RacePlace& place) { for_each_epoch(place, cpu, rename); });
    forget_meaningless(memory, cpu);
    Epoch& now = memory.cpu[cpu].knows.of[cpu];
    SIM_CHECK(now < kEpochs - 1);
    ++now;
}

}  // namespace lockstep
