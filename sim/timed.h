// Clock mode `timed`: every CPU has a clock of its own (CpuState::local_time), a step moves it by
// what the cost model says, and the CPU whose clock is behind goes next. The machine's time is
// that of the step being made. Not for any other room.
//
// Only CPUs whose clocks are equal are a choice of the scheduler, so picks replay such an
// execution like any other. A spinner that sees nothing new is taken forward natively, in portions,
// when the others have come as far; it may be behind them by kLagTurns of its loop.
#pragma once

#include "sim/cost_model.h"
#include "sim/internal.h"
#include "sim/rng.h"

namespace lockstep {

constexpr unsigned kLinesKept = 1024;
constexpr unsigned kCountersMax = 128;
constexpr std::uint64_t kLagTurns = 64;

// No padding in either: states are compared as bytes.
// Who has a cache line. Lines share places by their number; one that lost its place is in memory.
struct CacheLine {
    std::uint64_t number;   // 0: none
    std::uint64_t sharers;  // bit = CpuId
    std::uint64_t owner;    // who wrote it last and has it alone; or kNobody
};

// A counter that interrupts its CPU with an NMI every `period` of time the CPU was not idle.
struct CycleCounter {
    void (*entry)(void* argument);
    void* argument;
    TimeNs period;
    TimeNs due;  // kNever: off
    std::uint32_t cpu;
    std::uint32_t taken;  // 1: its handler is running
};

struct TimedClock {
    CacheLine lines[kLinesKept];
    CycleCounter counters[kCountersMax];
    unsigned counter_count;
    bool spread;  // transfers differ a little, as a seed says
    Rng random;
    TimeNs on_cpu_since[kCpusMax];     // of the running task
    std::uint64_t slowness[kCpusMax];  // of its spin loop: 64ths of a ns a turn takes longer
};

// CpuState::deliver of a counter's interrupt is behind those of all injections.
constexpr std::uint16_t kFirstCounter = kInjectionsMax + 1;

// The running CPU is about to make this step: charges it. True: it still is the one to go next.
bool timed_goes_on(const Touch& touch);
// Lets come to pass what is due before any CPU's next step; true: another context ran meanwhile,
// and everything may be different.
bool timed_settle();
// Fills host().options with the CPUs that are behind all others.
void timed_options();
void timed_charge(unsigned cpu, Cost what);
// A wait begins; how long its turns take, which a seed varies by up to kTurnSpread64 / 64 ns.
void timed_begin_spin(unsigned cpu);
TimeNs timed_tick_spread();
TimeNs timed_turns(unsigned cpu, std::uint64_t turns);
std::uint64_t timed_turns_in(unsigned cpu, TimeNs time);
// A counter's interrupt was taken, or its handler has returned.
void timed_interrupt(std::uint16_t counter, bool taken);

}  // namespace lockstep
