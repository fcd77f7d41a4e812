// CPUs that so far differ by nothing but their number, so that a search need not try each of them.
//
// Two CPUs with equal programs are alike as long as both have made the same steps, read the same
// values, and changed nothing that others could have seen: then no byte outside their own memory
// can refer to either, and exchanging them gives the same state. What a CPU has seen is kept as a
// hash in its state (CpuState::alike); once it is told apart the hash is 0 and stays so.
#include <algorithm>

#include "sim/check.h"
#include "sim/internal.h"

namespace lockstep {

namespace {

// Whose copy of a per-CPU variable this is; kNobody: nobody's.
std::uint16_t owner_of(std::uint64_t address) {
    const State& m = state();
    for (const Host::Template& mapped : host().templates) {
        const std::uint64_t offset = address - mapped.copies;
        if (offset < mapped.stride * m.cpus)
            return static_cast<std::uint16_t>(offset / mapped.stride);
    }
    return kNobody;
}

void tell_apart(CpuId cpu) {
    if (cpu_state(cpu).alike == 0) return;
    cpu_state(cpu).alike = 0;
    mark_cpu(cpu);
}

void saw(CpuId id, std::uint64_t what) {
    CpuState& cpu = cpu_state(id);
    if (cpu.alike != 0) cpu.alike = std::max<std::uint64_t>(mixed(cpu.alike, what), 1);
}

}  // namespace

void Machine::set_alike(const std::vector<CpuId>& cpus) {
    State& m = state();
    SIM_CHECK(!host().sealed);
    for (const CpuId cpu : cpus) {
        SIM_CHECK(cpu < m.cpus);
        cpu_state(cpu).alike = 1 + std::uint64_t{cpus.front()};
    }
    m.alike_any = m.alike_any || cpus.size() > 1;
}

void note_alike_access(std::uint64_t address, std::uint64_t value, bool changed) {
    const CpuId self = state().cpu;
    const std::uint16_t owner = owner_of(address);
    if (owner == self) return;  // what it finds there, or leaves there, follows from what it saw
    if (owner != kNobody) tell_apart(static_cast<CpuId>(owner));
    if (changed) return tell_apart(self);
    saw(self, address);
    saw(self, value);
}

void note_alike_option(const Option& option) {
    if (option.kind == Option::Kind::run)
        saw(option.cpu, state().now);  // it comes a step further, and may look at the clock
    else if (option.kind != Option::Kind::leap && option.kind != Option::Kind::family)
        tell_apart(option.cpu);
}

bool has_lower_like(CpuId cpu, const Option* options, std::uint32_t count, Option::Kind kind) {
    const std::uint64_t seen = cpu_state(cpu).alike;
    if (seen == 0) return false;
    for (std::uint32_t i = 0; i < count; ++i)
        if (options[i].kind == kind && options[i].cpu < cpu &&
            cpu_state(options[i].cpu).alike == seen)
            return true;
    return false;
}

}  // namespace lockstep
