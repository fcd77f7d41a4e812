// replay: follows a recorded list of picks. A pick whose bound differs from the number of options
// means that the program under test is not the one recorded: the machine is told by an index
// out of range and stops there. After the last pick the first option is taken each time.
#include "sim/schedulers/replay.h"

#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

std::vector<PickRun>& followed_picks() {
    static std::vector<PickRun> picks;
    return picks;
}

class Replay final : public Scheduler {
  public:
    const char* name() const override { return "replay"; }

    void begin(std::uint64_t) override {
        run_ = 0;
        used_ = 0;
    }

    Pick pick(const Choices& choices) override {
        const std::vector<PickRun>& picks = followed_picks();
        if (run_ >= picks.size()) return {0, 0};
        const PickRun& now = picks[run_];
        if (now.bound != choices.count) return {choices.count, 0};
        if (++used_ == now.times) {
            ++run_;
            used_ = 0;
        }
        return {now.index, 0};
    }

  private:
    std::uint32_t run_ = 0;
    std::uint32_t used_ = 0;
};

}  // namespace

void replay_follow(const std::vector<PickRun>& picks) {
    followed_picks() = picks;
}

Scheduler* make_replay(void* memory) {
    return new (memory) Replay;
}
const std::size_t kReplaySize = sizeof(Replay);

}  // namespace lockstep
