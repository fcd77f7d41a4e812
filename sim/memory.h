// Memory: what a load may see and what a store does. One file per model in sim/memories/.
//
// Accesses carry size, order and site because lock words are accessed in mixed sizes and weaker
// models need all three. `sc` is sequential consistency: every access acts at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/kernel.h"
#include "sim/types.h"

namespace lockstep {

struct MemoryAccess {
    std::uint64_t address = 0;
    std::uint8_t size = 0;
    sim_order order = SIM_RELAXED;
    CpuId cpu = 0;
    const sim_site* site = nullptr;
};

class Memory {
  public:
    virtual const char* name() const = 0;
    virtual std::uint64_t load(const MemoryAccess& access) = 0;
    virtual void store(const MemoryAccess& access, std::uint64_t value) = 0;
    // Both return what was read; reading and writing are one act.
    virtual std::uint64_t rmw(const MemoryAccess& access, sim_rmw_op op, std::uint64_t operand) = 0;
    virtual std::uint64_t cmpxchg(const MemoryAccess& access, std::uint64_t expected,
                                  std::uint64_t desired) = 0;
    virtual void fence(sim_fence_kind kind, CpuId cpu) = 0;

  protected:
    ~Memory() = default;
};

struct MemoryEntry {
    const char* name;
    const char* summary;
    Memory* (*get)();
};
const std::vector<MemoryEntry>& memory_registry();

}  // namespace lockstep
