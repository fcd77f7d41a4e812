// portfolio: random, pct, pos and urw in turn, by the seed. Nobody knows in advance which of them
// fits a failure; together they are never much worse than the best of them.
#include "sim/schedulers/portfolio.h"

#include <iterator>

#include "sim/check.h"
#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

struct Member {
    const char* name;
    Scheduler* (*make)(void* memory);
    const std::size_t* size;
};
constexpr Member kMembers[] = {
    {"random", make_random, &kRandomSize},
    {"pct", make_pct, &kPctSize},
    {"pos", make_pos, &kPosSize},
    {"urw", make_urw, &kUrwSize},
};
constexpr std::size_t kRoom = 2560;

// Not simply in turn: a campaign chooses the points of injections by the same seed, and every
// member is to meet every point.
const Member& member_of(std::uint64_t seed) {
    return kMembers[(seed + seed / 64) % std::size(kMembers)];
}

class Portfolio final : public Scheduler {
  public:
    const char* name() const override { return "portfolio"; }
    void begin(std::uint64_t seed) override {
        const Member& member = member_of(seed);
        SIM_CHECK(*member.size <= kRoom);
        inner_ = member.make(room_);
        inner_->begin(seed);
    }
    Pick pick(const Choices& choices) override { return inner_->pick(choices); }

  private:
    Scheduler* inner_ = nullptr;
    alignas(16) std::byte room_[kRoom];
};

}  // namespace

const char* portfolio_member(std::uint64_t seed) {
    return member_of(seed).name;
}

Scheduler* make_portfolio(void* memory) {
    return new (memory) Portfolio;
}
const std::size_t kPortfolioSize = sizeof(Portfolio);

}  // namespace lockstep
