// All memory models, one line each.
#include "sim/memory.h"

namespace lockstep {

Memory* sc_memory();

const std::vector<MemoryEntry>& memory_registry() {
    static const std::vector<MemoryEntry> entries = {
        {"sc", "sequential consistency: every access acts at once, in one order", sc_memory},
    };
    return entries;
}

}  // namespace lockstep
