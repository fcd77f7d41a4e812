// Follows the guide. How far it has come is in the arena; the guide and the log of what was
// taken are outside, since guided executions start at boot and are never taken back.
#include "scenarios/guided_scheduler.h"

#include <new>

#include "sim/check.h"

namespace lockstep {

namespace {

constexpr std::size_t kGuidedAlignment = 64;

const SchedulerEntry* guided_inner_entry = nullptr;  // what construct() is to put inside

Guide& followed() {
    static Guide guide;
    return guide;
}

std::vector<Taken>& taken() {
    static std::vector<Taken> picks;
    return picks;
}

bool same_choice(const Option& wanted, const Option& offered) {
    if (wanted.kind != offered.kind) return false;
    switch (wanted.kind) {
        case Option::Kind::run:
        case Option::Kind::give_up:
            return wanted.cpu == offered.cpu;
        case Option::Kind::inject:
            return wanted.argument == offered.argument;  // whoever has the role it is aimed at
        case Option::Kind::leap:
            return true;
        case Option::Kind::preempt:
        case Option::Kind::family:
            return wanted.cpu == offered.cpu && wanted.argument == offered.argument;
    }
    return false;
}

class GuidedScheduler final : public Scheduler {
  public:
    explicit GuidedScheduler(Scheduler* inner) : inner_(inner) {}
    const char* name() const override { return "guided"; }
    void begin(std::uint64_t seed) override {
        run_ = used_ = 0;
        inner_->begin(seed);
        taken().clear();
    }
    Pick pick(const Choices& choices) override {
        SIM_CHECK(choices.count >= 2);
        const std::uint32_t index = choose(choices);
        if (index >= choices.count) return {choices.count, 0};
        Taken made;
        made.option = choices.options[index];
        made.index = static_cast<std::uint16_t>(index);
        made.bound = static_cast<std::uint16_t>(choices.count);
        if (choices.current < choices.count) made.before = choices.options[choices.current].cpu;
        made.step = choices.step;
        taken().push_back(made);
        return {index, 0};
    }

  private:
    std::uint32_t choose(const Choices& choices) {
        const Guide& guide = followed();
        if (run_ < guide.recorded.size()) {
            const PickRun& now = guide.recorded[run_];
            use_one(now.times);
            return now.bound == choices.count ? now.index : choices.count;
        }
        const bool boot = choices.options[0].kind == Option::Kind::family;
        while (run_ < guide.recorded.size() + guide.wanted.size()) {
            const ChoiceRun& wish = guide.wanted[run_ - guide.recorded.size()];
            const bool of_boot = wish.option.kind == Option::Kind::family;
            if (boot && !of_boot) return 0;  // keep the wish for later
            for (std::uint32_t i = 0; i < choices.count; ++i) {
                if (!same_choice(wish.option, choices.options[i])) continue;
                use_one(wish.times);
                return i;
            }
            used_ = 0;
            ++run_;
        }
        return guide.inner_after ? inner_->pick(choices).index : 0;
    }
    void use_one(std::uint32_t times) {
        if (++used_ < times) return;
        used_ = 0;
        ++run_;
    }

    Scheduler* inner_;
    std::uint64_t run_ = 0;  // index into recorded, then wanted
    std::uint32_t used_ = 0;
};

constexpr std::size_t kGuidedInnerAt =
    (sizeof(GuidedScheduler) + kGuidedAlignment - 1) / kGuidedAlignment * kGuidedAlignment;

Scheduler* make_guided(void* memory) {
    SIM_CHECK(guided_inner_entry != nullptr);
    Scheduler* const inner =
        guided_inner_entry->construct(static_cast<std::byte*>(memory) + kGuidedInnerAt);
    return new (memory) GuidedScheduler(inner);
}

}  // namespace

const SchedulerEntry& guided_scheduler(const SchedulerEntry& inner) {
    static SchedulerEntry entry;
    SIM_CHECK(inner.alignment <= kGuidedAlignment);
    guided_inner_entry = &inner;
    entry = {"guided", "follows a guide", kGuidedInnerAt + inner.size, kGuidedAlignment,
             make_guided};
    return entry;
}

void set_guide(const Guide& guide) {
    followed() = guide;
}

const std::vector<Taken>& guided_picks() {
    return taken();
}

}  // namespace lockstep
