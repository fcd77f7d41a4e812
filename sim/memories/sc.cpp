// The `sc` memory behind the interface, for callers that do not know which model they have.
#include "sim/memories/sc.h"

#include "sim/memory.h"

namespace lockstep {

namespace {

class ScMemory final : public Memory {
  public:
    const char* name() const override { return "sc"; }

    std::uint64_t load(const MemoryAccess& access) override {
        return sc::read(access.address, access.size);
    }

    void store(const MemoryAccess& access, std::uint64_t value) override {
        sc::write(access.address, access.size, value);
    }

    std::uint64_t rmw(const MemoryAccess& access, sim_rmw_op op, std::uint64_t operand) override {
        const std::uint64_t old = load(access);
        store(access, sc::apply(op, old, operand));
        return old;
    }

    std::uint64_t cmpxchg(const MemoryAccess& access, std::uint64_t expected,
                          std::uint64_t desired) override {
        const std::uint64_t old = load(access);
        if (old == sc::truncate(expected, access.size)) store(access, desired);
        return old;
    }

    void fence(sim_fence_kind, CpuId) override {}
};

}  // namespace

Memory* sc_memory() {
    static ScMemory memory;
    return &memory;
}

}  // namespace lockstep
