// What a step costs, who is next, and the counters that interrupt.
#include "sim/timed.h"

#include <algorithm>

#include "sim/check.h"
#include "sim/fiber.h"

namespace lockstep {

namespace {

// The same in every process, wherever a port's static data was loaded; 0: nobody else's.
std::uint64_t line_number(std::uint64_t address) {
    if (address >= arena::kBase && address < arena::kStacks) return (address - arena::kBase) >> 6;
    std::uint64_t room = std::uint64_t{1} << 40;
    for (const Host::Range& range : host().static_data) {
        const std::uint64_t begin = reinterpret_cast<std::uint64_t>(range.begin) & ~63ULL;
        const std::uint64_t end = reinterpret_cast<std::uint64_t>(range.begin) + range.size;
        if (address >= begin && address < end) return room + ((address - begin) >> 6);
        room <<= 1;
    }
    return 0;
}

TimeNs transfer_cost(Cost what) {
    TimedClock& timed = *state().timed;
    return cost_of(what) + (timed.spread ? timed.random.below(kTransferSpreadNs) : 0);
}

TimeNs line_cost(std::uint64_t address, bool write, CpuId cpu) {
    const std::uint64_t number = line_number(address);
    if (number == 0) return cost_of(Cost::hit);
    CacheLine& line = state().timed->lines[(number ^ number >> 10) % kLinesKept];
    const std::uint64_t me = std::uint64_t{1} << cpu;
    if (line.number != number) {
        line = {number, me, write ? cpu : std::uint64_t{kNobody}};
        return transfer_cost(Cost::memory);
    }
    if (write) {
        const bool alone = line.sharers == me;
        line.sharers = me;
        line.owner = cpu;
        return alone ? cost_of(Cost::hit) : transfer_cost(Cost::transfer);
    }
    if ((line.sharers & me) != 0) return cost_of(Cost::hit);
    const bool changed = line.owner != kNobody;
    line.sharers |= me;
    line.owner = kNobody;
    return transfer_cost(changed ? Cost::transfer : Cost::shared);
}

TimeNs step_cost(const Touch& touch, CpuId cpu) {
    switch (touch.kind) {
        case StepKind::access:
            if (touch.address == 0) return cost_of(Cost::mark);
            return line_cost(touch.address, touch.write, cpu) +
                   (touch.locked ? cost_of(Cost::locked) : 0);
        case StepKind::fence:
            return cost_of(touch.locked ? Cost::fence : Cost::hit);
        case StepKind::clock:
            return cost_of(Cost::clock);
        case StepKind::delay:
        case StepKind::look:
        case StepKind::mark:
            return cost_of(Cost::mark);
        case StepKind::context:
            return cost_of(Cost::flags);
    }
    return 0;
}

bool can_run(const CpuState& cpu) {
    return cpu.running != kNobody && !cpu.wait.parked && cpu.stalled_until == 0;
}

// When a task that others wait for has to leave the CPU.
TimeNs slice_end(unsigned c) {
    const CpuState& cpu = cpu_state(c);
    if (cpu.ready_tasks < 2 || cpu.running == kNobody || !preemptible(cpu)) return kNever;
    if (next_ready_task(static_cast<CpuId>(c)) == kNobody) return kNever;
    return state().timed->on_cpu_since[c] + kSliceNs;
}

bool may_interrupt(const CycleCounter& counter) {
    const CpuState& cpu = cpu_state(counter.cpu);
    return counter.due != kNever && counter.taken == 0 && cpu.stalled_until == 0 &&
           cpu.contexts[cpu.depth] != Context::nmi;
}

// What comes next, seen from now.
struct Ahead {
    TimeNs runs = kNever;         // the clock of the CPU that is behind all others
    TimeNs runs_second = kNever;  // and of the one after it
    TimeNs event = kNever;        // a deadline, an alarm, a counter, the end of a slice
    unsigned spinner = kNobody;   // the one least far
    TimeNs spins = kNever;
    TimeNs spins_second = kNever;
};

void look_at_cpu(unsigned c, Ahead& ahead) {
    const State& m = state();
    CpuState& cpu = cpu_state(c);
    ahead.event = std::min(ahead.event, slice_end(c));
    if (can_run(cpu)) {
        cpu.local_time = std::max(cpu.local_time, m.now);
        ahead.runs_second = std::min(ahead.runs_second, std::max(ahead.runs, cpu.local_time));
        ahead.runs = std::min(ahead.runs, cpu.local_time);
    } else if (cpu.stalled_until != 0) {
        ahead.event = std::min(ahead.event, cpu.stalled_until);
    } else if (cpu.wait.parked && cpu.wait.batchable) {
        if (cpu.local_time < ahead.spins) {
            ahead.spins_second = ahead.spins;
            ahead.spins = cpu.local_time;
            ahead.spinner = c;
        } else {
            ahead.spins_second = std::min(ahead.spins_second, cpu.local_time);
        }
    } else if (cpu.wait.parked) {
        ahead.event = std::min(ahead.event, cpu.wait.deadline);
    }
}

Ahead look_ahead() {
    const State& m = state();
    Ahead ahead;
    for (unsigned c = 0; c < m.cpus; ++c) look_at_cpu(c, ahead);
    for (unsigned t = 0; t < m.tasks; ++t)
        if (task_slot(t).state == TaskState::sleeping)
            ahead.event = std::min(ahead.event, task_slot(t).wake_at);
    for (unsigned i = 0; i < m.timed->counter_count; ++i)
        if (may_interrupt(m.timed->counters[i]))
            ahead.event = std::min(ahead.event, m.timed->counters[i].due);
    return ahead;
}

void preempt_due() {
    const State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c)
        if (slice_end(c) <= m.now)
            switch_task(static_cast<CpuId>(c), next_ready_task(static_cast<CpuId>(c)));
}

// An idle CPU counts no cycles. True: a handler ran.
bool interrupt_due() {
    const State& m = state();
    for (unsigned i = 0; i < m.timed->counter_count; ++i) {
        CycleCounter& counter = m.timed->counters[i];
        if (!may_interrupt(counter) || counter.due > m.now) continue;
        if (cpu_state(counter.cpu).running == kNobody) {
            counter.due = m.now + counter.period;
            continue;
        }
        cpu_state(counter.cpu).deliver = static_cast<std::uint16_t>(kFirstCounter + i);
        enter_cpu(static_cast<CpuId>(counter.cpu));
        return true;
    }
    return false;
}

// The spinner turns until the others may do something it could notice.
void let_spin(const Ahead& ahead, TimeNs until) {
    State& m = state();
    std::uint64_t turns = kBatchSpinsAlone;
    const unsigned who = ahead.spinner;
    if (until != kNever) turns = std::min(turns, timed_turns_in(who, until - ahead.spins) + 1);
    if (ahead.spins_second != kNever)
        turns =
            std::min(turns, timed_turns_in(who, ahead.spins_second - ahead.spins) + kBatchSpins);
    m.now = std::max(m.now, std::min(ahead.spins, until));
    grant_batch(static_cast<CpuId>(ahead.spinner), turns);
}

// Until when the CPU that runs now may go on without anybody else being looked at.
void set_horizon(const Ahead& ahead) {
    Host& h = host();
    const bool steered = !h.injections.empty() || script_active();
    const TimeNs spins = ahead.spins == kNever ? kNever : ahead.spins + kLagTurns * kSpinNs;
    h.horizon =
        steered ? 0 : std::min({ahead.runs_second, ahead.event, spins, h.config.time_max + 1});
}

}  // namespace

void timed_charge(unsigned cpu, Cost what) {
    CpuState& there = cpu_state(cpu);
    there.local_time = std::max(there.local_time, state().now) + cost_of(what);
}

void timed_begin_spin(unsigned cpu) {
    TimedClock& timed = *state().timed;
    if (timed.spread) timed.slowness[cpu] = timed.random.below(kTurnSpread64);
}

TimeNs timed_tick_spread() {
    TimedClock& timed = *state().timed;
    return timed.spread ? timed.random.below(kTickSpreadNs) : 0;
}

TimeNs timed_turns(unsigned cpu, std::uint64_t turns) {
    return turns * kSpinNs + turns * state().timed->slowness[cpu] / 64;
}

std::uint64_t timed_turns_in(unsigned cpu, TimeNs time) {
    return time * 64 / (kSpinNs * 64 + state().timed->slowness[cpu]);
}

bool timed_goes_on(const Touch& touch) {
    State& m = state();
    CpuState& cpu = this_cpu_state();
    cpu.local_time = std::max(cpu.local_time, m.now) + step_cost(touch, m.cpu);
    if (cpu.local_time >= host().horizon || m.predicates != 0 || m.steps >= m.look_at) return false;
    m.now = cpu.local_time;
    return true;
}

bool timed_settle() {
    State& m = state();
    for (;;) {
        const Ahead ahead = look_ahead();
        const TimeNs others = std::min(ahead.runs, ahead.event);
        const bool lags = ahead.spinner != kNobody &&
                          (others == kNever || others >= ahead.spins + kLagTurns * kSpinNs);
        if (lags) {
            let_spin(ahead, others);
            return true;
        }
        if (ahead.event > ahead.runs || ahead.event == kNever) {
            if (ahead.runs != kNever) m.now = std::max(m.now, ahead.runs);
            set_horizon(ahead);
            return false;
        }
        m.now = std::max(m.now, ahead.event);
        if (m.now > host().config.time_max) return true;  // the end, when it is looked at again
        wake_expired();
        preempt_due();
        if (interrupt_due()) return true;
    }
}

void timed_options() {
    const State& m = state();
    OptionList& options = host().options;
    for (unsigned c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        // Where a seed makes the difference, equal clocks need not be a choice.
        const bool first = !m.timed->spread || options.empty();
        if (can_run(cpu) && cpu.local_time <= m.now && first)
            options.add_run_of(c);
        else
            options.leave_out(c);
    }
    if (options.size() != 1) host().horizon = 0;
}

void timed_interrupt(std::uint16_t counter, bool taken) {
    State& m = state();
    CycleCounter& here = m.timed->counters[counter];
    here.taken = taken ? 1 : 0;
    if (taken || here.due == kNever) return;
    const TimeNs spread = m.timed->spread ? m.timed->random.below(kTransferSpreadNs) : 0;
    here.due = std::max(m.now, cpu_state(here.cpu).local_time) + here.period + spread;
}

}  // namespace lockstep

using namespace lockstep;

int sim_counter_create(unsigned cpu, uint64_t period_ns, void (*entry)(void*), void* argument) {
    State& m = state();
    SIM_CHECK(cpu < m.cpus);
    if (m.timed == nullptr || m.timed->counter_count >= kCountersMax) return -1;
    CycleCounter& counter = m.timed->counters[m.timed->counter_count];
    counter = {entry, argument, period_ns, kNever, cpu, 0};
    return static_cast<int>(m.timed->counter_count++);
}

uint64_t sim_cycles_to_ns(uint64_t cycles) {
    return cycles * 1000 / kCyclesPerUs;
}

void sim_counter_enable(int counter, int on) {
    State& m = state();
    SIM_CHECK(m.timed != nullptr);
    SIM_CHECK(static_cast<unsigned>(counter) < m.timed->counter_count);
    CycleCounter& here = m.timed->counters[counter];
    here.due = on != 0 ? m.now + here.period : kNever;
    drop_fuel();
}
