// random: a uniform random walk over the CPUs; now and then something else happens instead.
#include "sim/rng.h"
#include "sim/schedulers/rare_events.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

class Random final : public Scheduler {
  public:
    const char* name() const override { return "random"; }
    void begin(std::uint64_t seed) override {
        rng_ = Rng(seed);
        rare_ = {};
        rare_.begin(rng_);
    }

    Pick pick(const Choices& choices) override {
        if (choices.runs == choices.count) return {rng_.below(choices.count), 0};
        if (is_family(choices)) return {rng_.below(choices.count), 0};
        const std::uint32_t rare = rare_.due(choices, rng_);
        if (rare < choices.count) return {rare, 0};
        return {nth_run(choices, rng_.below(count_runs(choices))), 0};
    }

  private:
    Rng rng_;
    RareEvents rare_;
};

}  // namespace

Scheduler* make_random(void* memory) {
    return new (memory) Random;
}
const std::size_t kRandomSize = sizeof(Random);

}  // namespace lockstep
