// The hash of a state must not depend on the vectors of the machine it was made on.
#include "sim/hash.h"

#include <gtest/gtest.h>

#include <string>

#define XXH_INLINE_ALL
#define XXH_VECTOR 0  // none
#include <xxhash.h>

namespace lockstep {
namespace {

TEST(Hash, IsTheSameWithAllVectorsAndAtAllLengths) {
    std::string bytes;
    for (int i = 0; i < 3000; ++i) bytes.push_back(static_cast<char>(i * 37 + i / 256));
    for (std::size_t size = 0; size <= bytes.size(); size += size < 300 ? 1 : 61)
        ASSERT_EQ(hash_bytes(bytes.data(), size), XXH3_64bits(bytes.data(), size)) << size;
}

}  // namespace
}  // namespace lockstep
