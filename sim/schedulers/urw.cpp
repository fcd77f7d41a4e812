// urw: a random walk that is uniform over the orders of selected events instead of over steps, as
// in "Selectively uniform concurrency testing" (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025).
//
// Selected are accesses to lock words (with their tails), queue nodes (with their links) and held
// tables. Which CPU makes the next selected access is drawn with the number of those it still has
// to make as weight; until it has, the others may only make accesses that are not selected.
// Example, CPU 0 with 3 and CPU 1 with 1 left: the four orders are equally likely if CPU 0 is
// drawn with 3/4. Injections, the other selected events, have places of their own.
//
// The numbers are estimates from earlier executions; a wrong one costs uniformity, nothing else.
#include "sim/rng.h"
#include "sim/schedulers/estimates.h"
#include "sim/schedulers/rare_events.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

constexpr CpuId kNoCpu = 0xff;

class Urw final : public Scheduler {
  public:
    const char* name() const override { return "urw"; }
    void begin(std::uint64_t seed) override {
        *this = {};
        rng_ = Rng(seed);
        rare_.begin(rng_);
    }

    Pick pick(const Choices& choices) override {
        if (is_family(choices)) return {rng_.below(choices.count), 0};
        const std::uint32_t rare = rare_.due(choices, rng_);
        if (rare < choices.count) return {rare, 0};
        if (intended_ == kNoCpu || run_of(choices, intended_) == choices.count) intend(choices);
        std::uint32_t candidates = 0;
        for (std::uint32_t i = 0; i < choices.count; ++i)
            if (may_run(choices, i)) ++candidates;
        std::uint32_t n = rng_.below(candidates);
        std::uint32_t chosen = 0;
        while (!may_run(choices, chosen) || n-- != 0) ++chosen;
        const CpuId cpu = choices.options[chosen].cpu;
        if (selected(choices, cpu)) {
            ++made_[cpu];
            intended_ = kNoCpu;
        }
        return {chosen, 0};
    }

  private:
    static bool selected(const Choices& choices, CpuId cpu) {
        if (choices.pending == nullptr) return true;
        const ObjectKind object = choices.pending(cpu).object;
        return object == ObjectKind::lock_word || object == ObjectKind::queue_node ||
               object == ObjectKind::held_table;
    }

    bool may_run(const Choices& choices, std::uint32_t i) const {
        const Option& option = choices.options[i];
        if (option.kind != Option::Kind::run) return false;
        return option.cpu == intended_ || !selected(choices, option.cpu);
    }

    // A CPU that outlived its estimate still has something to do.
    std::uint32_t remaining(CpuId cpu) const {
        const std::uint64_t expected = estimates().selected[cpu];
        if (expected <= made_[cpu]) return 1;
        return static_cast<std::uint32_t>((expected - made_[cpu]) & 0xffffff);
    }

    void intend(const Choices& choices) {
        std::uint32_t total = 0;
        for (std::uint32_t i = 0; i < choices.count; ++i)
            if (choices.options[i].kind == Option::Kind::run)
                total += remaining(choices.options[i].cpu);
        std::uint32_t left = rng_.below(total);
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            if (choices.options[i].kind != Option::Kind::run) continue;
            intended_ = choices.options[i].cpu;
            const std::uint32_t weight = remaining(intended_);
            if (left < weight) return;
            left -= weight;
        }
    }

    Rng rng_;
    RareEvents rare_;
    CpuId intended_ = kNoCpu;
    std::uint32_t made_[kCpusMax] = {};
};

}  // namespace

Scheduler* make_urw(void* memory) {
    return new (memory) Urw;
}
const std::size_t kUrwSize = sizeof(Urw);

}  // namespace lockstep
