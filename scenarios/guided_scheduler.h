// A scheduler that is told what to do: first recorded picks, then wished-for choices, then either
// another scheduler or, as a replay does behind its last pick, the first option each time.
//
// Recorded picks are indices and must fit exactly. Wishes are meanings ("CPU1 runs, five times"),
// so they still say something when the execution before them has changed: a wish that cannot be
// granted is dropped. Shrinking and the inflection point are made of these three parts.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/scheduler.h"

namespace lockstep {

struct ChoiceRun {
    Option option;
    std::uint32_t times = 1;
    friend bool operator==(const ChoiceRun&, const ChoiceRun&) = default;
};

struct Guide {
    std::vector<PickRun> recorded;
    std::vector<ChoiceRun> wanted;
    bool inner_after = false;  // what is left is the inner scheduler's
};

// One pick as it was made.
struct Taken {
    static constexpr CpuId kNobodyRan = 0xff;
    Option option;
    std::uint16_t index = 0;
    std::uint16_t bound = 0;
    CpuId before = kNobodyRan;  // the CPU that could have gone on
    std::uint64_t step = 0;
};

// The entry to give to Machine::set_scheduler(). Valid until the next call, as is the inner one.
const SchedulerEntry& guided_scheduler(const SchedulerEntry& inner);
// What the executions to come are to follow. Constant while one runs.
void set_guide(const Guide& guide);
// The picks of the execution made last.
const std::vector<Taken>& guided_picks();

}  // namespace lockstep
