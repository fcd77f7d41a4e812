// Compiled for AVX2 where there is such a thing, and called only if the CPU has it.
#include "sim/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lockstep {

std::uint64_t hash_bytes_avx2(const void* begin, std::size_t size) {
    return XXH3_64bits(begin, size);
}

}  // namespace lockstep
