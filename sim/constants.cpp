// Maps the region once: what is never freed, what is the machine's, what has an owner.
#include "sim/constants.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "sim/arena.h"

namespace lockstep {

namespace {

constexpr std::size_t kLastingSize = std::size_t{2} << 20;
constexpr std::size_t kMachineSize = std::size_t{8} << 20;
constexpr std::size_t kOwnedSize = std::size_t{6} << 20;
constexpr std::size_t kSize = kLastingSize + kMachineSize + kOwnedSize;

// nullptr: the place is taken, and everything comes from the heap.
std::byte* region() {
    static std::byte* const got = [] {
        void* const wanted = reinterpret_cast<void*>(arena::kBase - kSize);
        void* const memory =
            mmap(wanted, kSize, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        return memory == wanted ? static_cast<std::byte*>(memory) : nullptr;
    }();
    return got;
}

bool owned = false;

bool take() {
    if (owned || region() == nullptr) return false;
    owned = true;
    return true;
}

class Part final : public std::pmr::monotonic_buffer_resource {
  public:
    Part(std::size_t begin, std::size_t size)
        : monotonic_buffer_resource(region() == nullptr ? nullptr : region() + begin,
                                    region() == nullptr ? 0 : size) {}
};

Part& machine_part() {
    static Part part(kLastingSize, kMachineSize);
    return part;
}

}  // namespace

Constants::Constants()
    : owner_(take()),
      memory_(owner_ ? region() + kLastingSize + kMachineSize : nullptr, owner_ ? kOwnedSize : 0) {}

Constants::~Constants() {
    if (owner_) owned = false;
}

std::pmr::memory_resource* machine_constants() {
    return &machine_part();
}

void free_machine_constants() {
    machine_part().release();
}

std::pmr::memory_resource* lasting_constants() {
    static Part part(0, kLastingSize);
    return &part;
}

}  // namespace lockstep
