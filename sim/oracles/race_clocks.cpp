// Renumbering the epochs of a CPU, so that equal orders are equal bytes.
#include "sim/oracles/race_clocks.h"

#include <algorithm>
#include <cstddef>

#include "sim/check.h"

namespace lockstep {

namespace {

constexpr unsigned kEpochs = 256;

// Calls `each` for every place where an epoch of CPU `c` stands.
template <class Each>
void for_each_epoch(RacePlace& place, CpuId c, const Each& each) {
    each(place.plain_read[c]);
    each(place.marked_read[c]);
    each(place.marked_write[c]);
    each(place.published.of[c]);
    if (place.plain_writer == c) each(place.plain_write);
}

template <class Each>
void for_each_epoch(const RaceMemory& memory, CpuId c, const Each& each) {
    for (unsigned i = 0; i < memory.cpus; ++i) {
        RaceCpu& cpu = memory.cpu[i];
        each(cpu.knows.of[c]);
        each(cpu.seen.of[c]);
        each(cpu.fenced.of[c]);
        for (RacePlace& place : cpu.nodes) for_each_epoch(place, c, each);
        for (RacePlace& place : cpu.table) for_each_epoch(place, c, each);
    }
    for (unsigned i = 0; i < memory.locks; ++i) {
        RaceLock& lock = memory.lock[i];
        for (RacePlace& place : lock.word) for_each_epoch(place, c, each);
        if (lock.section_cpu == c) each(lock.section);
    }
}

// What no longer means anything must not tell two states apart.
void forget_meaningless(const RaceMemory& memory, CpuId c) {
    const auto forget = [](RacePlace& place) {
        if (place.plain_write == 0) place.plain_writer = 0;
        const auto& written = place.marked_write;
        if (std::all_of(written, written + kRaceCpus, [](Epoch epoch) { return epoch == 0; }))
            place.seen = 0;
    };
    for (unsigned i = 0; i < memory.cpus; ++i) {
        RaceCpu& cpu = memory.cpu[i];
        if (cpu.seen.of[c] <= cpu.knows.of[c]) cpu.seen.of[c] = 0;
        for (RacePlace& place : cpu.nodes) forget(place);
        for (RacePlace& place : cpu.table) forget(place);
    }
    for (unsigned i = 0; i < memory.locks; ++i) {
        for (RacePlace& place : memory.lock[i].word) forget(place);
        if (memory.lock[i].section == 0) memory.lock[i].section_cpu = 0;
    }
}

}  // namespace

void begin_epoch(const RaceMemory& memory, CpuId cpu) {
    SIM_CHECK(cpu < memory.cpus);
    SIM_CHECK(memory.cpus <= kRaceCpus);
    Epoch base = memory.cpu[0].knows.of[cpu];
    for (unsigned i = 1; i < memory.cpus; ++i) base = std::min(base, memory.cpu[i].knows.of[cpu]);
    bool used[kEpochs] = {};
    for_each_epoch(memory, cpu, [&used](const Epoch& epoch) { used[epoch] = true; });
    const auto different = std::count(used + base + 1, used + kEpochs, true);
    // More than there are numbers: the oldest become "known to all", which accuses nobody.
    auto excess = std::max<std::ptrdiff_t>(different - (kEpochs - 2), 0);
    Epoch renamed[kEpochs] = {};
    Epoch next = 0;
    for (unsigned epoch = base + 1U; epoch < kEpochs; ++epoch) {
        if (!used[epoch]) continue;
        if (excess > 0)
            --excess;
        else
            renamed[epoch] = ++next;
    }
    for_each_epoch(memory, cpu, [&renamed](Epoch& epoch) { epoch = renamed[epoch]; });
    forget_meaningless(memory, cpu);
    Epoch& now = memory.cpu[cpu].knows.of[cpu];
    SIM_CHECK(now < kEpochs - 1);
    ++now;
}

}  // namespace lockstep
