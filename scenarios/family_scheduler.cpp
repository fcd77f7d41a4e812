// The seed, read as a number with one digit per injection, says which point each one uses.
#include "scenarios/family_scheduler.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "sim/check.h"

namespace lockstep {

namespace {

constexpr std::size_t kAlignment = 64;

// What construct() is to put inside; set by family_scheduler().
const SchedulerEntry* inner_entry = nullptr;

class FamilyScheduler final : public Scheduler {
  public:
    explicit FamilyScheduler(Scheduler* inner) : inner_(inner) {}
    const char* name() const override { return inner_->name(); }
    void begin(std::uint64_t seed) override {
        digits_ = seed;
        inner_->begin(seed);
    }
    Pick pick(const Choices& choices) override {
        SIM_CHECK(choices.count >= 2);
        if (choices.options[0].kind != Option::Kind::family) return inner_->pick(choices);
        const auto index = static_cast<std::uint32_t>(digits_ % choices.count);
        digits_ /= choices.count;
        return {index, 0};
    }

  private:
    Scheduler* inner_;
    std::uint64_t digits_ = 0;
};

constexpr std::size_t kInnerAt =
    (sizeof(FamilyScheduler) + kAlignment - 1) / kAlignment * kAlignment;

Scheduler* make_family_scheduler(void* memory) {
    SIM_CHECK(inner_entry != nullptr);
    Scheduler* const inner = inner_entry->construct(static_cast<std::byte*>(memory) + kInnerAt);
    return new (memory) FamilyScheduler(inner);
}

}  // namespace

const SchedulerEntry& family_scheduler(const SchedulerEntry& inner) {
    static SchedulerEntry entry;
    SIM_CHECK(inner.alignment <= kAlignment);
    inner_entry = &inner;
    entry = {inner.name, inner.summary, kInnerAt + inner.size, kAlignment, make_family_scheduler};
    return entry;
}

const SchedulerEntry* find_scheduler(const char* name) {
    for (const SchedulerEntry& entry : scheduler_registry())
        if (std::strcmp(entry.name, name) == 0) return &entry;
    return nullptr;
}

}  // namespace lockstep
