// Chooses the way to hash once.
#include "sim/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lockstep {

namespace {

// Shorter inputs are hashed without vectors.
constexpr std::size_t kLong = 240;

bool has_avx2() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") != 0;
#else
    return false;
#endif
}

const bool wide = has_avx2();

}  // namespace

std::uint64_t hash_bytes(const void* begin, std::size_t size) {
    return size > kLong && wide ? hash_bytes_avx2(begin, size) : XXH3_64bits(begin, size);
}

}  // namespace lockstep
