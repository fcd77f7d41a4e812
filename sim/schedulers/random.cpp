// random: a uniform random walk over the CPUs; now and then something else happens instead.
#include "sim/rng.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

// Interrupts, stalls and the like are options at nearly every step. If they were as likely as a
// step they would all strike at the very beginning, so they share one chance in this many.
constexpr std::uint32_t kRareOneIn = 16;

class Random final : public Scheduler {
  public:
    const char* name() const override { return "random"; }
    void begin(std::uint64_t seed) override { rng_ = Rng(seed); }

    Pick pick(const Choices& choices) override {
        const std::uint32_t runs = choices.runs;
        const std::uint32_t others = choices.count - runs;
        if (runs == 0) return {rng_.below(others), 0};
        if (others == 0) return {rng_.below(runs), 0};
        const bool rare = rng_.below(kRareOneIn) == 0;
        return {nth(choices, rare, rng_.below(rare ? others : runs)), 0};
    }

  private:
    static std::uint32_t nth(const Choices& choices, bool rare, std::uint32_t n) {
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            if ((choices.options[i].kind != Option::Kind::run) != rare) continue;
            if (n-- == 0) return i;
        }
        return 0;
    }

    Rng rng_;
};

}  // namespace

Scheduler* make_random(void* memory) {
    return new (memory) Random;
}
const std::size_t kRandomSize = sizeof(Random);

}  // namespace lockstep
