// A 64-bit random generator small enough to live in the arena. The next number is made when the
// previous one is taken: whoever draws waits for no multiplication.
// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#pragma once

#include <cstdint>

namespace lockstep {

class Rng {
  public:
    explicit Rng(std::uint64_t seed = 0) : state_(seed) { next(); }

    std::uint64_t next() {
        const std::uint64_t drawn = ready_;
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        ready_ = z ^ (z >> 31);
        return drawn;
    }

    // Uniform in [0, bound) by multiply-high; the bias is below bound / 2^32.
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }

  private:
    std::uint64_t state_;
    std::uint64_t ready_ = 0;
};

}  // namespace lockstep
