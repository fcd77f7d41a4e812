// pct: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A
// randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010).
//
// Each CPU has a random priority and the highest that can run does. At d - 1 steps drawn in
// advance from the k steps of an execution the running CPU falls below all others. A failure that
// needs d ordering constraints among n CPUs is met with a probability of at least 1/(n k^(d-1)).
//
// We differ in that the threads are CPUs (a handler has the priority of the CPU it strikes) and
// in what is no step of a CPU: injections, give-ups and leaps have places of their own.
#include <algorithm>

#include "sim/rng.h"
#include "sim/schedulers/estimates.h"
#include "sim/schedulers/rare_events.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

// Priorities above are those of the start; the change point number i gives priority i.
constexpr std::uint64_t kInitial = std::uint64_t{1} << 32;
constexpr std::uint64_t kDone = ~std::uint64_t{0};

class Pct final : public Scheduler {
  public:
    const char* name() const override { return "pct"; }
    void begin(std::uint64_t seed) override {
        *this = {};
        rng_ = Rng(seed);
        rare_.begin(rng_);
        const Estimates& known = estimates();
        changes_ = known.depth - 1;
        const std::uint64_t steps = std::clamp<std::uint64_t>(known.steps, 1, 0x7fffffff);
        for (unsigned i = 0; i < changes_; ++i)
            change_[i] = 1 + rng_.below(static_cast<std::uint32_t>(steps));
        find_next_change();
    }

    Pick pick(const Choices& choices) override {
        if (is_family(choices)) return {rng_.below(choices.count), 0};
        if (choices.step >= next_change_) change_priorities(choices);
        const std::uint32_t rare = rare_.due(choices, rng_);
        if (rare < choices.count) return {rare, 0};
        std::uint32_t best = choices.count;
        std::uint64_t highest = 0;
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            if (choices.options[i].kind != Option::Kind::run) continue;
            const std::uint64_t priority = priority_of(choices.options[i].cpu);
            if (best < choices.count && priority <= highest) continue;
            best = i;
            highest = priority;
        }
        running_ = choices.options[best].cpu;
        return {best, 0};
    }

  private:
    std::uint64_t priority_of(CpuId cpu) {
        if (priority_[cpu] == 0) priority_[cpu] = kInitial + (rng_.next() >> 32);
        return priority_[cpu];
    }

    void find_next_change() {
        next_change_ = kDone;
        for (unsigned i = 0; i < changes_; ++i) next_change_ = std::min(next_change_, change_[i]);
    }

    // Steps that left no choice may have passed several of them.
    void change_priorities(const Choices& choices) {
        const bool goes_on = choices.current < choices.count;
        const CpuId cpu = goes_on ? choices.options[choices.current].cpu : running_;
        for (unsigned i = 0; i < changes_; ++i) {
            if (change_[i] > choices.step) continue;
            priority_[cpu] = i + 1;
            change_[i] = kDone;
        }
        find_next_change();
    }

    Rng rng_;
    RareEvents rare_;
    CpuId running_ = 0;
    unsigned changes_ = 0;
    std::uint64_t next_change_ = kDone;
    std::uint64_t change_[Estimates::kDepthMax] = {};
    std::uint64_t priority_[kCpusMax] = {};  // 0: not yet drawn
};

}  // namespace

Scheduler* make_pct(void* memory) {
    return new (memory) Pct;
}
const std::size_t kPctSize = sizeof(Pct);

}  // namespace lockstep
