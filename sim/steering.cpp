// What steers an execution besides the scheduler: injection triggers, roles, and the script.
// All three are folds over events; none of them looks at lock memory.
#include <algorithm>

#include "sim/check.h"
#include "sim/internal.h"
#include "sim/points.h"

namespace lockstep {

namespace {

std::uint64_t lock_bit(LockId lock) {
    return std::uint64_t{1} << lock;
}

const ScriptCommand& command() {
    return host().script[state().script_next];
}

void next_command() {
    State& m = state();
    ++m.script_next;
    m.script_steps = 0;
    m.script_met = false;
}

// --- roles -----------------------------------------------------------------------------------

void track_owner(const Event& event) {
    State& m = state();
    CpuState& cpu = cpu_state(event.cpu);
    if (event.lock >= host().owner_locks) return;
    if (event.kind == EventKind::acquire_end) {
        cpu.role_pending &= ~lock_bit(event.lock);
        cpu.role_head &= ~lock_bit(event.lock);
        if (event.value == 0) m.owner_cpu[event.lock] = event.cpu;
    }
    if (event.kind == EventKind::release_begin) m.owner_cpu[event.lock] = kNobody;
}

void track_waiting_role(const Event& event) {
    if (event.lock >= host().owner_locks) return;
    static constexpr PointId kPendingSet = point_by_name("rq.pending.set");
    static constexpr PointId kPendingWait = point_by_name("rq.pending.wait");
    static constexpr PointId kHeadWait = point_by_name("rq.head.wait");
    CpuState& cpu = cpu_state(event.cpu);
    if (event.aux == kPendingSet || event.aux == kPendingWait)
        cpu.role_pending |= lock_bit(event.lock);
    if (event.aux == kHeadWait) cpu.role_head |= lock_bit(event.lock);
}

// The CPU whose bits are in the tail of a queued lock word.
std::uint16_t tail_cpu(LockId lock) {
    const LockFacts& facts = host().setup.locks[lock];
    if (facts.word.tail_mask == 0) return kNobody;
    const auto word = *reinterpret_cast<const std::uint32_t*>(facts.address);
    const std::uint32_t tail = (word & facts.word.tail_mask) >> facts.word.tail_cpu_shift;
    return tail == 0 ? kNobody : static_cast<std::uint16_t>(tail - 1);
}

std::uint16_t cpu_in_role(Role role, LockId lock) {
    const State& m = state();
    if (role == Role::owner) return m.owner_cpu[lock];
    if (role == Role::queue_tail) return tail_cpu(lock);
    for (std::uint16_t c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        const std::uint64_t held = role == Role::pending ? cpu.role_pending : cpu.role_head;
        if ((held & lock_bit(lock)) != 0) return c;
    }
    return kNobody;
}

// --- triggers ----------------------------------------------------------------------------------

bool aimed_at(const Injection& injection, CpuId cpu) {
    if (injection.role == Role::none) return injection.cpu == cpu;
    return cpu_in_role(injection.role, injection.role_lock) == cpu;
}

void trigger_on(const Event& event) {
    State& m = state();
    const Host& h = host();
    for (std::size_t i = 0; i < h.injections.size(); ++i) {
        const Injection& injection = h.injections[i];
        InjectionState& armed = m.injections[i];
        if (armed.armed || armed.fired >= injection.times) continue;
        const Trigger& at = injection.at;
        bool met = false;
        if (event.kind == EventKind::label)
            met = at.kind == Trigger::Kind::label &&
                  event.value == (std::uint64_t{at.program} << 16 | at.label);
        else if (at.kind == Trigger::Kind::point && at.points[armed.family] == event.aux)
            met = aimed_at(injection, event.cpu) && (at.lock == kNoLock || event.lock == at.lock);
        if (!met) continue;
        armed.armed = true;
        drop_fuel();
    }
}

// --- script ------------------------------------------------------------------------------------

void script_on(const Event& event) {
    if (!script_active()) return;
    State& m = state();
    const ScriptCommand& now = command();
    if (now.verb != ScriptCommand::Verb::run || event.cpu != now.cpu) return;
    using Until = ScriptCommand::Until;
    switch (now.until) {
        case Until::holds:
            if (event.kind == EventKind::acquire_end && event.value == 0 && event.lock == now.lock)
                m.script_met = true;
            break;
        case Until::point:
            if (event.kind == EventKind::point && event.aux == now.point &&
                (now.lock == kNoLock || now.lock == event.lock))
                m.script_met = true;
            break;
        case Until::label:
            if (event.kind == EventKind::label &&
                event.value == (std::uint64_t{now.program} << 16 | now.label))
                m.script_met = true;
            break;
        case Until::exited:
            if (event.kind == EventKind::task_end) m.script_met = true;
            break;
        case Until::none:
        case Until::waits:
        case Until::steps:
            break;
    }
    if (m.script_met) drop_fuel();
}

bool command_done() {
    const State& m = state();
    const ScriptCommand& now = command();
    if (m.script_met) return true;
    if (now.verb != ScriptCommand::Verb::run) return false;
    const CpuState& cpu = cpu_state(now.cpu);
    if (now.until == ScriptCommand::Until::waits)
        return cpu.wait.parked && cpu.wait.kind != WaitKind::delay;
    if (now.until == ScriptCommand::Until::none) return m.script_steps > 0;
    if (now.until == ScriptCommand::Until::steps) return m.script_steps >= now.count;
    return false;
}

void leap_by(TimeNs duration) {
    State& m = state();
    const TimeNs before = m.now;
    m.now += duration;
    forget_local_times();
    emit_simple(EventKind::time_leap, m.now, before);
    wake_expired();
}

// Arms the injection of the command; it is struck before anything else, or the script has failed.
bool begin_injection() {
    State& m = state();
    const std::uint32_t index = command().count;
    CpuId target = 0;
    const bool possible =
        deliverable(host().injections[index], static_cast<std::uint16_t>(index), target);
    m.injections[index].armed = possible;
    m.script_met = possible;
    m.script_failed = !possible;
    return possible;
}

}  // namespace

// Only what an injection or the script is about, so that all else is no more than hashed.
std::uint64_t steering_interest() {
    std::uint64_t interest = 0;
    for (const Injection& injection : host().injections) {
        if (injection.role != Role::none)
            interest |= event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
                        event_bit(EventKind::point);
        if (injection.at.kind == Trigger::Kind::point) interest |= event_bit(EventKind::point);
        if (injection.at.kind == Trigger::Kind::label) interest |= event_bit(EventKind::label);
    }
    using Until = ScriptCommand::Until;
    for (const ScriptCommand& given : host().script) {
        if (given.until == Until::holds) interest |= event_bit(EventKind::acquire_end);
        if (given.until == Until::point) interest |= event_bit(EventKind::point);
        if (given.until == Until::label) interest |= event_bit(EventKind::label);
        if (given.until == Until::exited) interest |= event_bit(EventKind::task_end);
    }
    return interest;
}

bool steering_by_step() {
    for (const Injection& injection : host().injections)
        if (injection.role != Role::none || injection.at.kind == Trigger::Kind::step) return true;
    return false;
}

void steering_begin() {
    const State& m = state();
    std::fill_n(m.owner_cpu, host().owner_locks, kNobody);
    for (unsigned c = 0; c < m.cpus; ++c)
        for (LockId& wanted_lock : cpu_state(c).locks_wanted) wanted_lock = kNoLock;
}

void steering_event(const Event& event) {
    mark_cpu(event.cpu);
    if (event.kind == EventKind::point)
        track_waiting_role(event);
    else if (event.lock != kNoLock)
        track_owner(event);
    if (event.kind == EventKind::point || event.kind == EventKind::label) trigger_on(event);
    script_on(event);
}

bool deliverable(const Injection& injection, std::uint16_t index, CpuId& target) {
    const State& m = state();
    if (m.injections[index].fired >= injection.times) return false;
    std::uint16_t c = injection.cpu;
    if (injection.role != Role::none) c = cpu_in_role(injection.role, injection.role_lock);
    if (c >= m.cpus) return false;
    target = static_cast<CpuId>(c);
    const CpuState& cpu = cpu_state(c);
    if (cpu.running == kNobody || cpu.stalled_until != 0) return false;
    const Context now = cpu.contexts[cpu.depth];
    switch (injection.kind) {
        case Injection::Kind::stall:
            return true;
        case Injection::Kind::nmi:
            return now != Context::nmi;
        case Injection::Kind::hardirq:
            return cpu.irqs_on && now < Context::hardirq;
        case Injection::Kind::softirq:
            return cpu.irqs_on && now == Context::task;
    }
    return false;
}

int forced_injection(CpuId& target) {
    const State& m = state();
    const Host& h = host();
    for (std::uint16_t i = 0; i < h.injections.size(); ++i) {
        const Trigger& at = h.injections[i].at;
        const bool due =
            m.injections[i].armed || (at.kind == Trigger::Kind::step && m.steps >= at.step);
        if (due && deliverable(h.injections[i], i, target)) return i;
    }
    return -1;
}

bool script_settle() {
    while (script_active()) {
        const ScriptCommand& now = command();
        if (now.verb == ScriptCommand::Verb::leap) {
            leap_by(now.duration);
            next_command();
        } else if (command_done()) {
            next_command();
        } else {
            return now.verb != ScriptCommand::Verb::inject || begin_injection();
        }
    }
    return false;
}

void script_narrow() {
    OptionList& options = host().options;
    options.keep_run_of(command().cpu);
    if (!options.empty()) ++state().script_steps;
}

// A context reached a named place; the lock meant is the one its attempt or release is about.
[[gnu::noinline]] void reach_point(PointId point) {
    const CpuState& cpu = this_cpu_state();
    const LockId lock = cpu.locks_wanted[cpu.depth];
    if (!wanted(EventKind::point))
        return mix_event(EventKind::point, state().cpu, cpu.depth, lock, point, 0);
    Event event = make_event(EventKind::point);
    event.aux = point;
    event.lock = lock;
    emit(event);
}

}  // namespace lockstep

void sim_point(uint16_t point) {
    const lockstep::CleanExit clean;
    if (lockstep::state().running) lockstep::reach_point(point);
}
