// Spin loops without a cpu_relax(), as s390 has them: `while (READ_ONCE(x)) ;`. Nothing marks the
// end of a turn, so the second look at a word from the same place of the code is taken for one.
#include "sim/internal.h"

using namespace lockstep;

uint64_t sim_spin_load(const volatile void* address, unsigned size, enum sim_order order,
                       struct sim_site* site) {
    if (!state().running) return sim_load(address, size, order, site);
    CpuState& cpu = this_cpu_state();
    const auto where = reinterpret_cast<std::uint64_t>(address);
    if (cpu.look_address == where && cpu.look_line == site->line) {
        sim_relax_step(site);
    } else {
        // The first look begins a turn: what was read or written before is no part of it.
        cpu.footprint = {};
        cpu.look_address = where;
        cpu.look_line = site->line;
    }
    return sim_load(address, size, order, site);
}
