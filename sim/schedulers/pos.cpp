// pos: partial order sampling (Yuan, Yang, Gu: "Partial order aware concurrency sampling", CAV
// 2018). Every pending access has a random priority and the highest is made. Those that conflict
// with it (same bytes, one of the two writes) get a new one, so that the order of each pair of
// conflicting accesses is decided anew and independent accesses do not dilute the choice.
#include "sim/rng.h"
#include "sim/schedulers/rare_events.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

bool conflict(const PendingAccess& a, const PendingAccess& b) {
    if (a.address == 0 || b.address == 0) return false;
    if (!a.write && !b.write) return false;
    return a.address < b.address + b.size && b.address < a.address + a.size;
}

class Pos final : public Scheduler {
  public:
    const char* name() const override { return "pos"; }
    void begin(std::uint64_t seed) override {
        *this = {};
        rng_ = Rng(seed);
        rare_.begin(rng_);
    }

    Pick pick(const Choices& choices) override {
        if (is_family(choices)) return {rng_.below(choices.count), 0};
        // A CPU that went on without our being asked stands in front of another access by now.
        const bool passed = choices.step > step_ + 1 && choices.current < choices.count;
        if (passed) priority_[choices.options[choices.current].cpu] = 0;
        step_ = choices.step;
        const std::uint32_t rare = rare_.due(choices, rng_);
        if (rare < choices.count) return {rare, 0};
        const std::uint32_t best = highest(choices);
        redraw(choices, best);
        return {best, 0};
    }

  private:
    std::uint32_t highest(const Choices& choices) {
        std::uint32_t best = choices.count;
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            if (choices.options[i].kind != Option::Kind::run) continue;
            std::uint64_t& priority = priority_[choices.options[i].cpu];
            if (priority == 0) priority = rng_.next() | 1;
            if (best == choices.count || priority > priority_[choices.options[best].cpu]) best = i;
        }
        return best;
    }

    // The access of `chosen` is about to be made.
    void redraw(const Choices& choices, std::uint32_t chosen) {
        const CpuId cpu = choices.options[chosen].cpu;
        priority_[cpu] = 0;
        if (choices.pending == nullptr) return;
        const PendingAccess made = choices.pending(cpu);
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            const Option& other = choices.options[i];
            if (other.kind == Option::Kind::run && conflict(made, choices.pending(other.cpu)))
                priority_[other.cpu] = 0;
        }
    }

    Rng rng_;
    RareEvents rare_;
    std::uint64_t step_ = 0;
    std::uint64_t priority_[kCpusMax] = {};  // 0: to be drawn
};

}  // namespace

Scheduler* make_pos(void* memory) {
    return new (memory) Pos;
}
const std::size_t kPosSize = sizeof(Pos);

}  // namespace lockstep
