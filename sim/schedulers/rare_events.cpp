// Drawing the places of rare events and noticing that one has come.
#include "sim/schedulers/rare_events.h"

#include <algorithm>

#include "sim/check.h"
#include "sim/schedulers/estimates.h"

namespace lockstep {

namespace {

// Nothing is known about occasions: rare events share one chance in this many.
constexpr std::uint32_t kRareOneIn = 16;
constexpr std::uint32_t kGiveUpsMax = 2;
constexpr std::uint32_t kPreemptsMax = 3;
constexpr std::uint64_t kOccasionsMax = 1U << 30;

}  // namespace

// The first of `times` places drawn uniformly between here and the horizon; the others follow
// when it has come, which gives the same distribution as drawing all of them now.
void RareEvents::Places::draw(std::uint32_t times, Rng& rng) {
    next = kNotAgain;
    more = 0;
    if (times == 0 || seen >= horizon) return;
    for (std::uint32_t i = 0; i < times; ++i)
        next = std::min(next, seen + rng.below(horizon - seen));
    more = times - 1;
}

void RareEvents::Places::begin(std::uint64_t occasions, std::uint32_t times, Rng& rng) {
    seen = 0;
    const std::uint64_t known = std::min(occasions, kOccasionsMax);
    horizon = static_cast<std::uint32_t>(known + known / 8 + 1);
    draw(times, rng);
}

bool RareEvents::Places::strikes(Rng& rng) {
    const bool now = seen++ >= next;
    if (now) draw(more, rng);
    return now;
}

void RareEvents::begin(Rng& rng) {
    const Estimates& known = estimates();
    if (!known.measured) return;
    for (unsigned i = 0; i < kInjectionsMax; ++i)
        if (known.injection_times[i] > 0)
            injections_[i].begin(known.injections[i], known.injection_times[i], rng);
    give_ups_.begin(known.give_ups, rng.below(kGiveUpsMax + 1), rng);
    leaps_.begin(known.leaps, rng.below(known.leaps_max + 1), rng);
    preempts_.begin(known.preempts, rng.below(kPreemptsMax + 1), rng);
}

RareEvents::Places& RareEvents::places_of(const Option& option) {
    if (option.kind == Option::Kind::give_up) return give_ups_;
    if (option.kind == Option::Kind::leap) return leaps_;
    if (option.kind == Option::Kind::preempt) return preempts_;
    SIM_CHECK(option.kind == Option::Kind::inject);
    SIM_CHECK(option.argument < kInjectionsMax);
    return injections_[option.argument];
}

// No CPU can run: one of the rare things happens, whatever was drawn.
std::uint32_t RareEvents::without_cpus(const Choices& choices, Rng& rng) {
    for (std::uint32_t i = 0; i < choices.count; ++i)
        if (places_of(choices.options[i]).strikes(rng)) return i;
    return rng.below(choices.count);
}

std::uint32_t RareEvents::due(const Choices& choices, Rng& rng) {
    const std::uint32_t runs = count_runs(choices);
    if (runs == choices.count) return choices.count;
    if (runs == 0) return without_cpus(choices, rng);
    if (estimates().measured) {
        for (std::uint32_t i = 0; i < choices.count; ++i)
            if (choices.options[i].kind != Option::Kind::run &&
                places_of(choices.options[i]).strikes(rng))
                return i;
        return choices.count;
    }
    if (rng.below(kRareOneIn) != 0) return choices.count;
    std::uint32_t n = rng.below(choices.count - runs);
    for (std::uint32_t i = 0; i < choices.count; ++i)
        if (choices.options[i].kind != Option::Kind::run && n-- == 0) return i;
    return choices.count;
}

std::uint32_t count_runs(const Choices& choices) {
    std::uint32_t runs = 0;
    for (std::uint32_t i = 0; i < choices.count; ++i)
        if (choices.options[i].kind == Option::Kind::run) ++runs;
    return runs;
}

std::uint32_t nth_run(const Choices& choices, std::uint32_t n) {
    for (std::uint32_t i = 0; i < choices.count; ++i)
        if (choices.options[i].kind == Option::Kind::run && n-- == 0) return i;
    SIM_CHECK_MSG(false, "fewer CPUs can run than were counted");
    return 0;
}

std::uint32_t run_of(const Choices& choices, CpuId cpu) {
    for (std::uint32_t i = 0; i < choices.count; ++i)
        if (choices.options[i].kind == Option::Kind::run && choices.options[i].cpu == cpu) return i;
    return choices.count;
}

}  // namespace lockstep
