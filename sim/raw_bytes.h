// Bytes as they are. A state is also what lies between the variables of a frame, to which
// sanitizers object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lockstep {

#ifdef LOCKSTEP_SANITIZE
struct [[gnu::packed, gnu::may_alias]] RawWord {
    std::uint64_t bits;
};

// By hand, as sanitizers watch memcpy too; and so that no compiler makes one of it.
__attribute__((no_sanitize("address", "undefined"), noinline)) inline void copy_raw(
    std::byte* to, const std::byte* from, std::size_t size) {
    std::size_t done = 0;
    for (; done + sizeof(RawWord) <= size; done += sizeof(RawWord)) {
        reinterpret_cast<RawWord*>(to + done)->bits =
            reinterpret_cast<const RawWord*>(from + done)->bits;
        __asm__ volatile("" ::: "memory");
    }
    for (; done < size; ++done) {
        to[done] = from[done];
        __asm__ volatile("" ::: "memory");
    }
}
#else
inline void copy_raw(std::byte* to, const std::byte* from, std::size_t size) {
    std::memcpy(to, from, size);
}
#endif

}  // namespace lockstep
