// follow: goes the way a search went. Where the search took a step without asking (it said so
// with Choices::chained) the running CPU goes on; everywhere else the next option of the path is
// taken. An option that is not there means that the path is of another program: the machine is
// told by an index out of range and stops. After the path, the running CPU goes on while it can.
#include "sim/schedulers/follow.h"

#include "sim/schedulers/schedulers.h"

namespace lockstep {

namespace {

std::vector<Option>& followed_path() {
    static std::vector<Option> path;
    return path;
}

class Follow final : public Scheduler {
  public:
    const char* name() const override { return "follow"; }
    void begin(std::uint64_t) override { next_ = 0; }

    Pick pick(const Choices& choices) override {
        const std::vector<Option>& path = followed_path();
        const bool can_go_on = choices.current < choices.count;
        if (choices.chained && can_go_on) return {choices.current, 0};
        if (choices.unasked < choices.count) return {choices.unasked, 0};
        if (next_ >= path.size()) return {can_go_on ? choices.current : 0, 0};
        const Option& wanted = path[next_++];
        for (std::uint32_t i = 0; i < choices.count; ++i)
            if (choices.options[i] == wanted) return {i, 0};
        return {choices.count, 0};
    }

  private:
    std::uint64_t next_ = 0;
};

}  // namespace

void follow_path(const std::vector<Option>& path) {
    followed_path() = path;
}

Scheduler* make_follow(void* memory) {
    return new (memory) Follow;
}
const std::size_t kFollowSize = sizeof(Follow);

}  // namespace lockstep
