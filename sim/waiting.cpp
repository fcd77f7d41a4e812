// Waiting and time. A context that only looks is parked on what it read; time moves only when
// nobody can run, to the earliest moment at which somebody can.
#include <algorithm>

#include "sim/check.h"
#include "sim/internal.h"
#include "sim/memories/sc.h"
#include "sim/timed.h"

namespace lockstep {

namespace {

bool overlaps(const Spot& spot, std::uint64_t address, unsigned size) {
    return address < spot.address() + spot.size() && spot.address() < address + size;
}

bool unchanged(const Footprint& seen) {
    for (unsigned i = 0; i < seen.count; ++i)
        if (sc::read(seen.spots[i].address(), seen.spots[i].size()) != seen.spots[i].value())
            return false;
    return true;
}

bool same_spots(const Wait& wait, const Footprint& seen) {
    if (wait.count != seen.count) return false;
    for (unsigned i = 0; i < seen.count; ++i)
        if (!wait.spots[i].at_the_place_of(seen.spots[i])) return false;
    return true;
}

bool on_memory(WaitKind kind) {
    return kind == WaitKind::spin || kind == WaitKind::wfe;
}

[[gnu::noinline]] void emit_park(const Wait& wait) {
    Event event = make_event(EventKind::park);
    event.aux = static_cast<std::uint32_t>(wait.kind);
    if (on_memory(wait.kind) && wait.count > 0) {
        const Object* const object = Machine::instance().object_at(wait.spots[0].address());
        if (object != nullptr) {
            event.object = static_cast<std::uint16_t>(object - host().objects.data());
            event.object_kind = object->kind;
            event.object_cpu = object->cpu;
            event.lock = object->lock;
            event.offset = static_cast<std::uint32_t>(wait.spots[0].address() - object->address);
        }
    }
    emit(event);
}

// One turn of a spin loop was made and changed nothing.
void park_spin(CpuState& cpu) {
    const Footprint seen = cpu.footprint;
    if (!same_spots(cpu.wait, seen) || seen.read_clock) cpu.idle_spins = 0;
    Wait wait{};
    wait.kind = WaitKind::spin;
    wait.bounded = cpu.bounded_hint;
    wait.counted = cpu.counted_hint;
    wait.count = seen.count;
    for (unsigned i = 0; i < seen.count; ++i) wait.spots[i] = seen.spots[i];
    wait.deadline = kNever;
    if (cpu.idle_spins == 0 && state().timed != nullptr) timed_begin_spin(state().cpu);
    cpu.idle_spins += 1;
    if (cpu.idle_spins > kPureSpins) {
        wait.pure = true;
    } else if (seen.read_clock && cpu.clock_last_turn) {
        wait.deadline = state().now + kClockPollNs;
    } else if (seen.count == 1 && !seen.read_clock &&
               (state().timed == nullptr || host().memory == nullptr)) {
        wait.batchable = true;
    } else {
        wait.deadline = state().now + kSpinNs;
    }
    cpu.clock_last_turn = seen.read_clock;
    if (state().timed == nullptr && cpu.local_time <= state().now) cpu.local_time = 0;
    cpu.footprint = {};
    cpu.wait = wait;
    park_current();
}

// The earliest deadline of anything that is not a native spinner.
TimeNs earliest_deadline() {
    const State& m = state();
    TimeNs earliest = kNever;
    for (unsigned c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        if (cpu.stalled_until != 0) {
            earliest = std::min(earliest, cpu.stalled_until);
        } else if (cpu.wait.parked && !cpu.wait.batchable) {
            earliest = std::min(earliest, cpu.wait.deadline);
        }
    }
    for (unsigned t = 0; t < m.tasks; ++t)
        if (task_slot(t).state == TaskState::sleeping)
            earliest = std::min(earliest, task_slot(t).wake_at);
    return earliest;
}

struct Spinners {
    std::uint16_t first = kNobody;  // the one least far in time
    TimeNs first_time = kNever;
    TimeNs second_time = kNever;
};

Spinners find_spinners() {
    const State& m = state();
    Spinners found;
    for (std::uint16_t c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        if (!cpu.wait.parked || !cpu.wait.batchable || cpu.stalled_until != 0) continue;
        const TimeNs local = std::max(cpu.local_time, m.now);
        if (local < found.first_time) {
            found.second_time = found.first_time;
            found.first_time = local;
            found.first = c;
        } else {
            found.second_time = std::min(found.second_time, local);
        }
    }
    return found;
}

void leap_to(TimeNs time) {
    State& m = state();
    if (time <= m.now) return;
    const TimeNs before = m.now;
    m.now = time;
    forget_local_times();
    emit_simple(EventKind::time_leap, time, before);
}

}  // namespace

// A CPU's own time means something only while the machine has not come there.
void forget_local_times() {
    const State& m = state();
    if (m.timed != nullptr) return;  // those are the clocks
    for (unsigned c = 0; c < m.cpus; ++c) {
        if (cpu_state(c).local_time == 0 || cpu_state(c).local_time > m.now) continue;
        cpu_state(c).local_time = 0;
        mark_cpu(c);
    }
}

void unpark(CpuState& cpu) {
    State& m = state();
    if (on_memory(cpu.wait.kind)) --m.watchers;
    if (cpu.wait.kind == WaitKind::predicate) --m.predicates;
    cpu.wait.parked = false;
    forget_options();
}

void wake(CpuId target, WakeReason reason) {
    CpuState& cpu = cpu_state(target);
    SIM_CHECK(cpu.wait.parked);
    unpark(cpu);
    if (!on_memory(cpu.wait.kind)) end_quiet();
    // It does not wait for the same thing any more.
    if (reason == WakeReason::store) {
        cpu.wait = Wait{};
        cpu.idle_spins = 0;
    }
    mark_cpu(target);
    Event event = make_event(EventKind::wake);
    event.cpu = target;
    event.depth = cpu.depth;
    event.context = cpu.contexts[cpu.depth];
    event.aux = static_cast<std::uint32_t>(reason);
    emit(event);
    drop_fuel();
}

void park_current() {
    State& m = state();
    CpuState& cpu = this_cpu_state();
    cpu.wait.parked = true;
    // When it is woken it looks again.
    const Spot looks_at = on_memory(cpu.wait.kind) ? cpu.wait.spots[0] : Spot{};
    cpu.next_address = looks_at.address();
    cpu.next_size = static_cast<std::uint8_t>(looks_at.size());
    cpu.next_write = cpu.next_is_asked = false;
    forget_options();
    if (on_memory(cpu.wait.kind)) ++m.watchers;
    if (cpu.wait.kind == WaitKind::predicate) ++m.predicates;
    emit_park(cpu.wait);
    m.go = false;
    if (m.hub)
        pause_in_hub();
    else
        schedule();
    // Being picked was the pick for the step that now follows.
    if (m.timed == nullptr) ++m.fuel;
}

void note_store(std::uint64_t address, unsigned size) {
    const State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        if (!cpu.wait.parked || !on_memory(cpu.wait.kind)) continue;
        for (unsigned i = 0; i < cpu.wait.count; ++i) {
            const Spot& spot = cpu.wait.spots[i];
            if (!overlaps(spot, address, size)) continue;
            const bool line = cpu.wait.kind == WaitKind::wfe;
            if (!line && sc::read(spot.address(), spot.size()) == spot.value()) continue;
            wake(static_cast<CpuId>(c), WakeReason::store);
            break;
        }
    }
}

void forget_given_up() {
    State& m = state();
    m.gave_up_any = false;
    for (unsigned c = 0; c < m.cpus; ++c) {
        CpuState& cpu = cpu_state(c);
        if (!cpu.gave_up) continue;
        if (c == m.cpu) {
            m.gave_up_any = true;
            continue;
        }
        cpu.gave_up = false;
        mark_cpu(c);
        forget_options();
    }
}

void check_predicates() {
    const State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        if (!cpu.wait.parked || cpu.wait.kind != WaitKind::predicate) continue;
        if (cpu.wait.condition.holds(cpu.wait.condition.argument))
            wake(static_cast<CpuId>(c), WakeReason::store);
    }
}

void wake_expired() {
    State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c) {
        CpuState& cpu = cpu_state(c);
        if (cpu.stalled_until != 0 && cpu.stalled_until <= m.now) {
            cpu.stalled_until = 0;
            end_quiet();
            mark_cpu(c);
            Event event = make_event(EventKind::stall_end);
            event.cpu = static_cast<CpuId>(c);
            emit(event);
            drop_fuel();
        }
        if (!cpu.wait.parked || cpu.wait.batchable || cpu.wait.deadline > m.now) continue;
        const bool tick = cpu.wait.kind == WaitKind::wfe;
        wake(static_cast<CpuId>(c), tick ? WakeReason::event_stream : WakeReason::time);
    }
    for (unsigned t = 0; t < m.tasks; ++t) {
        const TaskSlot& task = task_slot(t);
        if (task.state == TaskState::sleeping && task.wake_at <= m.now)
            make_task_ready(static_cast<TaskId>(t));
    }
}

// Lets a parked spinner turn natively: nothing it reads can change meanwhile.
void grant_batch(CpuId target, std::uint64_t spins, bool timeless) {
    State& m = state();
    CpuState& cpu = cpu_state(target);
    cpu.alike = 0;
    const bool native = cpu.wait.kind == WaitKind::spin && cpu.wait.count == 1 &&
                        host().memory == nullptr && spins > 0;
    if (native) {
        m.batch_granted = spins;
        m.batch_timeless = timeless;
        hot().spin_address = reinterpret_cast<const volatile void*>(cpu.wait.spots[0].address());
        give_turns(spins);
    }
    unpark(cpu);
    m.go = true;
    m.fuel = m.fuel_granted = 0;
    m.fuel_recorded = false;
    enter_cpu(target);
}

bool time_may_pass() {
    return find_spinners().first != kNobody || earliest_deadline() != kNever;
}

bool advance_time(bool forced) {
    const TimeNs deadline = earliest_deadline();
    const Spinners spinners = find_spinners();
    if (spinners.first == kNobody || deadline <= spinners.first_time) {
        if (deadline == kNever) return false;
        leap_to(deadline);
        wake_expired();
        return true;
    }
    leap_to(spinners.first_time);
    std::uint64_t spins = kBatchSpinsAlone;
    if (!forced && spinners.second_time != kNever)
        spins = (spinners.second_time - spinners.first_time) / kSpinNs + kBatchSpins;
    if (!forced && deadline != kNever)
        spins = std::min(spins, (deadline - spinners.first_time) / kSpinNs + 1);
    grant_batch(static_cast<CpuId>(spinners.first), std::min(spins, kBatchSpinsAlone));
    return true;
}

namespace {

// Adds what a native spin turned to the spinner's own time; `more` turns ended outside it.
void account_batch(CpuState& cpu, std::uint64_t more) {
    State& m = state();
    const std::int64_t left = std::max<std::int64_t>(hot().spin_left, 0);
    const std::uint64_t turned =
        m.batch_granted - (static_cast<std::uint64_t>(left) + m.batch_held) + more;
    m.batch_granted = 0;
    m.batch_held = 0;
    hot().spin_address = nullptr;
    hot().spin_left = 0;
    cpu.idle_spins += turned;
    // In clock mode timed a spinner may be behind the machine.
    if (m.timed != nullptr)
        cpu.local_time += timed_turns(m.cpu, turned);
    else if (!m.batch_timeless)
        cpu.local_time = std::max(cpu.local_time, m.now) + turned * kSpinNs;
    m.batch_timeless = false;
    cpu.footprint = {};
    cpu.footprint.count = 1;
    cpu.footprint.spots[0] = cpu.wait.spots[0];
}

}  // namespace

// A spinner left its native batch for a step: it waits until the rest of the machine has reached
// its time.
void end_batch() {
    CpuState& cpu = this_cpu_state();
    account_batch(cpu, 0);
    if (state().timed != nullptr) cpu.wait = Wait{};
    if (state().timed != nullptr || cpu.local_time <= state().now) return;
    const Footprint seen = cpu.footprint;
    cpu.wait = Wait{};
    cpu.wait.kind = WaitKind::spin;
    cpu.wait.deadline = cpu.local_time;
    park_current();
    cpu.footprint = seen;
}

}  // namespace lockstep

using namespace lockstep;

namespace {

[[gnu::noinline]] void end_turn(struct sim_site* site) {
    const CleanExit clean;
    hot().spin_left = std::max<std::int64_t>(hot().spin_left, 0);
    State& m = state();
    if (!m.running) return;
    if (m.unsettled_any) settle();
    ++site->hits;
    CpuState& cpu = this_cpu_state();
    // After a whole batch of nothing but looking, park again on the same word.
    // The turn that found the batch used up counts too.
    if (m.batch_granted != 0) account_batch(cpu, 1);
    const Footprint& seen = cpu.footprint;
    if (!seen.wrote && seen.count > 0 && seen.count <= kSpotsMax && unchanged(seen)) {
        park_spin(cpu);
    } else {
        cpu.idle_spins = 0;
        cpu.clock_last_turn = seen.read_clock && !seen.wrote;
        if (m.timed != nullptr) timed_charge(m.cpu, Cost::turn);
    }
    cpu.footprint = {};
    cpu.bounded_hint = cpu.counted_hint = false;  // they were about this wait only
}

}  // namespace

// Without a frame: made_turn() looks at what its caller's caller keeps.
void sim_relax_step(struct sim_site* site) {
    if (state().batch_held != 0) return made_turn();
    end_turn(site);
}

void sim_wait_change(const volatile void* address, uint64_t seen, unsigned size,
                     struct sim_site* site) {
    const CleanExit clean;
    step(site);
    ++site->hits;
    const auto where = reinterpret_cast<std::uint64_t>(address);
    if (!state().running) return;
    CpuState& cpu = this_cpu_state();
    const bool idle = !cpu.footprint.read_clock && !cpu.footprint.wrote;
    cpu.footprint = {};
    const bool bounded = cpu.bounded_hint;
    cpu.bounded_hint = cpu.counted_hint = false;
    cpu.idle_spins = idle ? cpu.idle_spins + 1 : 0;
    if (sc::read(where, size) != sc::truncate(seen, size)) return;
    Wait wait{};
    wait.kind = WaitKind::wfe;
    wait.bounded = bounded;
    wait.count = 1;
    wait.spots[0] = Spot(where & ~std::uint64_t{63}, 64, 0);
    // As with a spin: what was looked at this often without the clock waits for a store only.
    wait.pure = cpu.idle_spins > kPureSpins;
    wait.deadline =
        host().config.event_stream && !wait.pure ? state().now + kEventStreamNs : kNever;
    if (state().timed != nullptr && wait.deadline != kNever) wait.deadline += timed_tick_spread();
    cpu.wait = wait;
    park_current();
}

void sim_wait_bounded(void) {
    this_cpu_state().bounded_hint = true;
}

void sim_wait_begin(void) {
    if (state().unsettled_any) settle();
    this_cpu_state().footprint = {};
}

void sim_wait_end(void) {
    if (state().batch_granted != 0) end_batch();
    forget_waiting(this_cpu_state());
}

void sim_wait_counted(void) {
    this_cpu_state().bounded_hint = this_cpu_state().counted_hint = true;
}

int sim_event_stream(void) {
    return host().config.event_stream ? 1 : 0;
}

uint64_t sim_clock(struct sim_site* site) {
    const CleanExit clean;
    State& m = state();
    step(site, Touch::nothing(StepKind::clock));
    ++site->hits;
    if (!m.running) return m.now;
    CpuState& cpu = this_cpu_state();
    if (!cpu.footprint.wrote) cpu.footprint.read_clock = true;
    emit_simple(EventKind::clock_read, m.now);
    return m.now;
}

void sim_delay(uint64_t ns) {
    const CleanExit clean;
    static sim_site site = {"", "", "delay", 0, 0, 0, 0};
    step(&site, Touch::nothing(StepKind::delay));
    State& m = state();
    if (!m.running) return;
    const TimeNs until = m.now + ns;
    while (m.now < until) {
        CpuState& cpu = this_cpu_state();
        cpu.wait = Wait{};
        cpu.wait.kind = WaitKind::delay;
        cpu.wait.deadline = until;
        park_current();
        cpu.wait = Wait{};
    }
}

void Machine::wait_until(bool (*holds)(void*), void* argument) {
    static sim_site site = {"", "", "wait_until", 0, 0, 0, 0};
    step(&site, Touch::nothing(StepKind::look));
    while (!holds(argument)) {
        CpuState& cpu = this_cpu_state();
        cpu.wait = Wait{};
        cpu.wait.kind = WaitKind::predicate;
        cpu.wait.condition = {holds, argument};
        cpu.wait.deadline = kNever;
        park_current();
        cpu.wait = Wait{};
    }
}
