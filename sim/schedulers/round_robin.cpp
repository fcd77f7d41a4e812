// round-robin: every option in turn. With plain CPUs this is one step each, CPU by CPU.
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

class RoundRobin final : public Scheduler {
  public:
    const char* name() const override { return "round-robin"; }
    void begin(std::uint64_t) override { last_ = 0; }

    // The option after the one taken last, in the machine's own order: CPUs first, so that a CPU
    // that comes and goes does not push the others out of their turn.
    Pick pick(const Choices& choices) override {
        for (std::uint32_t i = 0; i < choices.count; ++i)
            if (rank(choices.options[i]) > last_) return take(choices, i);
        return take(choices, 0);
    }

  private:
    static std::uint32_t rank(const Option& option) {
        const auto kind = static_cast<std::uint32_t>(option.kind);
        const bool of_cpu =
            option.kind == Option::Kind::run || option.kind == Option::Kind::preempt;
        const std::uint32_t major = of_cpu ? option.cpu : 64 + kind;
        return 1 + (major << 24 | kind << 20 | (option.argument & 0xfffffU));
    }

    Pick take(const Choices& choices, std::uint32_t index) {
        last_ = rank(choices.options[index]);
        return {index, 0};
    }

    std::uint32_t last_ = 0;
};

}  // namespace

Scheduler* make_round_robin(void* memory) {
    return new (memory) RoundRobin;
}
const std::size_t kRoundRobinSize = sizeof(RoundRobin);

}  // namespace lockstep
