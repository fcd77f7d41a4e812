// When the things strike that are options at nearly every point: injections, give-ups, leaps,
// preemptions. A scheduler that took them as likely as a step would see all of them at the very
// beginning. Here each is given its places in advance, uniformly among its occasions:
//
//   occasion of injection 0   0 1 2 3 4 5 6 7 8 9 | a little behind what was measured: then not
//   drawn                               ^            at all, which must be sampled too
//
// Trivially copyable: part of a scheduler's state in the arena.
#pragma once

#include <cstdint>

#include "sim/rng.h"
#include "sim/scheduler.h"

namespace lockstep {

class RareEvents {
  public:
    void begin(Rng& rng);
    // The option that strikes now, or choices.count: then some CPU goes on. REQUIRES: no families.
    std::uint32_t due(const Choices& choices, Rng& rng);

  private:
    static constexpr std::uint32_t kNotAgain = ~std::uint32_t{0};

    struct Places {
        std::uint32_t seen = 0;  // occasions until now
        std::uint32_t next = kNotAgain;
        std::uint32_t more = 0;  // how often after the next
        std::uint32_t horizon = 0;

        void begin(std::uint64_t occasions, std::uint32_t times, Rng& rng);
        void draw(std::uint32_t times, Rng& rng);
        bool strikes(Rng& rng);
    };

    Places& places_of(const Option& option);
    std::uint32_t without_cpus(const Choices& choices, Rng& rng);

    Places injections_[kInjectionsMax];
    Places give_ups_, leaps_, preempts_;
};

// Index of the run option of `cpu`, or choices.count.
std::uint32_t run_of(const Choices& choices, CpuId cpu);
std::uint32_t count_runs(const Choices& choices);
// Index of run option number `n`. REQUIRES: n < count_runs(choices).
std::uint32_t nth_run(const Choices& choices, std::uint32_t n);
// Which point an injection uses is the first decision of an execution.
inline bool is_family(const Choices& choices) {
    return choices.options[0].kind == Option::Kind::family;
}

}  // namespace lockstep
