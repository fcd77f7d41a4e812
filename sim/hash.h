// The hash of a state's parts: XXH3, with the widest vectors this machine has. The result is the
// same with all of them. Source: xxHash 0.8 (Collet).
#pragma once

#include <cstddef>
#include <cstdint>

namespace lockstep {

std::uint64_t hash_bytes(const void* begin, std::size_t size);
// The same in a file compiled for AVX2. REQUIRES: the CPU has it.
std::uint64_t hash_bytes_avx2(const void* begin, std::size_t size);

}  // namespace lockstep
