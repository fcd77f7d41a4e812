// uniform: every option is equally likely, rare or not. A poor way to find anything, but the
// picks of such an execution say how many executions there are (Knuth: "Estimating the efficiency
// of backtrack programs", 1975): the product of the numbers of options it met is an estimate.
#include "sim/rng.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

class Uniform final : public Scheduler {
  public:
    const char* name() const override { return "uniform"; }
    void begin(std::uint64_t seed) override { rng_ = Rng(seed); }
    Pick pick(const Choices& choices) override { return {rng_.below(choices.count), 0}; }

  private:
    Rng rng_;
};

}  // namespace

Scheduler* make_uniform(void* memory) {
    return new (memory) Uniform;
}
const std::size_t kUniformSize = sizeof(Uniform);

}  // namespace lockstep
