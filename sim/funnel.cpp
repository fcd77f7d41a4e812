// The funnel: whatever could go more than one way becomes a list of options, and the scheduler
// picks one. The only place where an execution forks.
#include <algorithm>
#include <bit>

#include "sim/check.h"
#include "sim/fiber.h"
#include "sim/internal.h"
#include "sim/timed.h"

namespace lockstep {

namespace {

bool runnable(const CpuState& cpu) {
    return cpu.running != kNobody && !cpu.wait.parked && cpu.stalled_until == 0;
}

void add(Option::Kind kind, unsigned cpu, unsigned argument = 0) {
    host().options.add(kind, cpu, argument);
}

void add_cpu_options() {
    const State& m = state();
    OptionList& options = host().options;
    for (unsigned c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        if (runnable(cpu))
            options.add_run_of(c);
        else
            options.leave_out(c);
        if (cpu.ready_tasks < 2 || !preemptible(cpu)) continue;
        const TaskId next = next_ready_task(static_cast<CpuId>(c));
        if (next != kNobody) add(Option::Kind::preempt, c, next);
    }
}

void add_injection_options() {
    const Host& h = host();
    for (std::uint16_t i = 0; i < h.injections.size(); ++i) {
        CpuId target = 0;
        if (h.injections[i].at.kind != Trigger::Kind::any) continue;
        if (deliverable(h.injections[i], i, target)) add(Option::Kind::inject, target, i);
    }
}

bool write_ahead() {
    const State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c)
        if (runnable(cpu_state(c)) && cpu_state(c).next_write) return true;
    return false;
}

// While waiters only look again and wait on, an injection would find what it found before time went
// on: there it is an option no more, until something changes or is about to.
bool injections_are_put_off(bool anybody) {
    if (!state().quiet || write_ahead()) return false;
    if (anybody || time_may_pass()) return true;
    end_quiet();
    return false;
}

// A counted wait can end before its time only beside somebody who acts meanwhile, and again only
// when another CPU has written something: else it would go round and round in no time.
void add_waiting_options(bool anybody) {
    const State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c) {
        const CpuState& cpu = cpu_state(c);
        if (!cpu.wait.parked || cpu.stalled_until != 0) continue;
        if (cpu.wait.kind == WaitKind::halt && m.spurious_left > 0) add(Option::Kind::give_up, c);
        if (!cpu.wait.bounded) continue;
        if (cpu.wait.counted && (!anybody || cpu.gave_up)) continue;
        add(Option::Kind::give_up, c);
    }
}

}  // namespace

// A forced injection or the script leaves just what they want.
void collect_options() {
    Host& h = host();
    h.options.clear();
    CpuId target = 0;
    int forced = forced_injection(target);
    // What the script does by itself comes first: a leap may let a CPU run that could not.
    const bool scripted = forced < 0 && script_active() && script_settle();
    if (scripted) forced = forced_injection(target);
    if (forced >= 0) {
        add(Option::Kind::inject, target, static_cast<unsigned>(forced));
        return;
    }
    if (state().timed != nullptr && !scripted) {
        timed_options();
        return add_injection_options();
    }
    add_cpu_options();
    if (scripted) return script_narrow();
    const bool anybody = !h.options.empty();
    if (!injections_are_put_off(anybody)) add_injection_options();
    const bool strikes = !anybody && !h.options.empty();
    add_waiting_options(anybody);
    // One that leads nowhere would only use up a leap.
    if (anybody && state().leaps_left > 0 && time_may_pass()) add(Option::Kind::leap, 0);
    if (strikes && time_may_pass()) add(Option::Kind::leap, 0, Option::kBeforeInjections);
}

namespace {

// What stopped the fuel has been used up to here; make it part of the picks.
[[gnu::always_inline]] inline void account_fuel() {
    State& m = state();
    if (m.fuel_granted == 0) {
        m.fuel = 0;
        return;
    }
    const std::int64_t left = std::max<std::int64_t>(m.fuel, 0);
    const std::int64_t used = m.fuel_granted - left;
    if (m.fuel_recorded && used > 0) {
        m.run.times += static_cast<std::uint32_t>(used);
        m.picks += static_cast<std::uint64_t>(used);
    }
    m.fuel = 0;
    m.fuel_granted = 0;
}

// Makes room for one more run of picks. No allocation while what was reserved lasts.
[[gnu::noinline]] void extend_pick_log() {
    PickLog& log = host().pick_log;
    const std::size_t twice = 2 * log.size() + 1024;
    log.resize(log.size() < log.capacity() ? std::min(twice, log.capacity()) : twice);
}

// Without a branch on whether this pick equals the last one, which nobody can foresee.
[[gnu::always_inline]] inline void record(std::uint32_t index, std::uint32_t bound) {
    State& m = state();
    PickLog& log = host().pick_log;
    if (log.size() <= m.runs) extend_pick_log();
    ++m.picks;
    const auto last = std::bit_cast<std::uint64_t>(m.run);  // read and written as one
    const std::uint64_t now = index | bound << 16;
    const std::uint64_t times = last >> 32;
    const std::uint64_t same = (times != 0 ? 1U : 0U) & ((last & 0xffffffff) == now ? 1U : 0U);
    log[m.runs] = std::bit_cast<PickRun>(last);
    m.runs += times != 0 && same == 0 ? 1U : 0U;
    m.run = std::bit_cast<PickRun>(now | (times * same + 1) << 32);
}

// Fuel may not run past the next point at which something else has to be looked at.
std::int64_t fuel_limit() {
    const State& m = state();
    const Host& h = host();
    if (m.predicates != 0 || script_active() || m.timed != nullptr || m.quiet) return 0;
    std::uint64_t limit = std::min(h.config.steps_max, m.pause_at);
    for (std::size_t i = 0; i < h.injections.size(); ++i) {
        if (h.injections[i].role != Role::none) return 0;  // any step may change who has it
        if (h.injections[i].at.kind == Trigger::Kind::step && m.injections[i].fired == 0)
            limit = std::min(limit, std::max(h.injections[i].at.step, m.steps));
    }
    return static_cast<std::int64_t>(limit > m.steps ? limit - m.steps - 1 : 0);
}

PendingAccess pending_access(CpuId id) {
    const CpuState& cpu = cpu_state(id);
    PendingAccess pending;
    pending.address = cpu.next_address;
    pending.size = cpu.next_size;
    pending.write = cpu.next_write;
    const Object* const object = Machine::instance().object_at(pending.address);
    if (object != nullptr) pending.object = object->kind;
    return pending;
}

[[gnu::always_inline]] inline Pick ask_scheduler() {
    State& m = state();
    const OptionList& options = host().options;
    Choices choices;
    choices.options = options.data();
    choices.count = options.size();
    choices.current = options.run_of(m.cpu);
    choices.runs = options.runs();
    choices.step = m.steps;
    choices.chained = m.chained;
    choices.unasked = m.chain ? unasked_option() : choices.count;
    choices.pending = pending_access;
    Pick pick = m.scheduler->pick(choices);
    if (pick.index >= choices.count) {  // only a replay that no longer fits does this
        if (m.diverged_at == 0) m.diverged_at = m.picks + 1;
        end_execution(EndReason::finished);
    }
    record(pick.index, choices.count);
    if (pick.repeat != 0 && pick.index != choices.current) pick.repeat = 0;
    return pick;
}

inline void continue_on(CpuId target) {
    State& m = state();
    const TaskId to = cpu_state(target).running;
    m.cpu = target;
    if (m.hub) {
        host().own_last = nullptr;  // also before an interrupt that is to be taken
        mark_cpu(target);
        mark_task(to);
        m.fiber = to;
        fiber::clear_below(to);
        return fiber::jump(fiber::kMain, to);
    }
    if (to == m.fiber) return;
    const TaskId from = m.fiber;
    m.fiber = to;
    fiber::jump(from, to);
}

// Lets `cpu` make its next step, or several if the scheduler does not want to be asked.
[[gnu::always_inline]] inline void let_run(CpuId cpu, std::int64_t repeat, bool recorded) {
    State& m = state();
    m.fuel = m.fuel_granted = repeat == 0 ? 0 : std::min(repeat, fuel_limit());
    m.fuel_recorded = recorded;
    m.go = true;
    if (m.timed != nullptr) m.now = std::max(m.now, cpu_state(cpu).local_time);
    continue_on(cpu);
}

void jump_to_interrupt(CpuId target, std::uint16_t injection) {
    cpu_state(target).deliver = static_cast<std::uint16_t>(injection + 1);
    enter_cpu(target);
}

[[gnu::noinline]] void apply_rare(Option option) {
    State& m = state();
    forget_options();
    switch (option.kind) {
        case Option::Kind::preempt:
            switch_task(option.cpu, option.argument);
            break;
        case Option::Kind::inject:
            if (host().injections[option.argument].kind == Injection::Kind::stall)
                start_stall(option.argument, option.cpu);
            else
                jump_to_interrupt(option.cpu, option.argument);
            break;
        case Option::Kind::give_up:
            if (cpu_state(option.cpu).wait.kind == WaitKind::halt) {
                --m.spurious_left;
                wake(option.cpu, WakeReason::gave_up);
                break;
            }
            cpu_state(option.cpu).wait.bounded = false;
            if (cpu_state(option.cpu).wait.counted) {
                cpu_state(option.cpu).gave_up = true;
                m.gave_up_any = true;
            }
            grant_batch(option.cpu, kBatchSpinsAlone, cpu_state(option.cpu).wait.counted);
            break;
        case Option::Kind::leap:
            if (option.argument == Option::kBeforeInjections)
                m.quiet = true;
            else if (m.leaps_left != kLeapsUnbounded)
                --m.leaps_left;
            advance_time(option.argument != Option::kBeforeInjections);
            break;
        case Option::Kind::run:
        case Option::Kind::family:
            SIM_CHECK_MSG(false, "families are chosen at boot");
            break;
    }
}

inline void apply(Option option, std::int64_t repeat, bool recorded) {
    if (option.kind == Option::Kind::run)
        let_run(option.cpu, repeat, recorded);
    else
        apply_rare(option);
}

}  // namespace

void apply_option(const Option& option) {
    apply(option, 0, false);
}

bool all_tasks_ended() {
    const State& m = state();
    for (unsigned t = 0; t < m.tasks; ++t)
        if (task_slot(t).state != TaskState::ended) return false;
    return true;
}

namespace {

bool forced() {
    CpuId target = 0;
    return forced_injection(target) >= 0;
}

// Lists what could happen next; false: something else had to happen first.
[[gnu::noinline]] bool list_options() {
    State& m = state();
    forget_options();
    if (m.steps >= host().config.steps_max) end_execution(EndReason::step_limit);
    if (m.now > host().config.time_max) end_execution(EndReason::time_limit);
    if (m.steps >= m.pause_at && !m.pausing) {
        m.pausing = true;
        fiber::jump(m.fiber, fiber::kMain);
        return false;
    }
    if (m.predicates != 0) check_predicates();
    if (m.timed != nullptr && !script_active() && !forced() && timed_settle()) return false;
    const bool lasting = m.predicates == 0 && m.timed == nullptr && !host().steered_by_step &&
                         !script_active() && !m.quiet;
    collect_options();
    if (host().options.empty()) {
        if (all_tasks_ended()) end_execution(EndReason::finished);
        if ((m.timed == nullptr || script_active()) && advance_time(false)) return false;
        if (!script_active()) end_execution(EndReason::stuck);
        m.script_failed = true;
        return false;
    }
    host().options_fresh = lasting;
    return true;
}

// Until something forgets the options they are those of the next step too.
[[gnu::always_inline]] inline void decide() {
    if (state().hub) return fiber::jump(state().fiber, fiber::kMain);
    const OptionList& options = host().options;
    const bool known = host().options_fresh && state().steps < state().look_at;
    if (!known && !list_options()) return;
    if (options.size() == 1) {
        const Option only = options[0];
        apply(only, std::int64_t{1} << 40, false);
        return;
    }
    const Pick pick = ask_scheduler();
    const Option chosen = options[pick.index];
    apply(chosen, pick.repeat, true);
}

inline void begin_chain() {
    Host& h = host();
    h.own_step = h.unasked;
    h.unasked = false;
    h.chain_length = 0;
}

// After a decision: takes the interrupts that are meant for the running context, and says whether
// it was the one that was picked.
[[gnu::always_inline]] inline bool may_go_on(TaskId self) {
    State& m = state();
    for (;;) {
        CpuState& cpu = this_cpu_state();
        if (cpu.running != self) return false;  // this task is ending or asleep
        if (cpu.deliver == 0) break;
        const std::uint16_t what = cpu.deliver;
        cpu.deliver = 0;
        if (what >= kFirstCounter)
            take_counter(static_cast<std::uint16_t>(what - kFirstCounter));
        else
            take_interrupt(static_cast<std::uint16_t>(what - 1));
    }
    if (!m.go) return false;
    m.go = false;
    CpuState& cpu = this_cpu_state();
    cpu.next_address = 0;  // what it was about to touch, it touches now
    cpu.next_size = 0;
    cpu.next_write = cpu.next_is_asked = false;
    if (m.chain && !m.chained) begin_chain();
    return true;
}

}  // namespace

void flush_picks() {
    State& m = state();
    if (m.run.times == 0) return;
    PickLog& log = host().pick_log;
    if (log.size() <= m.runs) extend_pick_log();
    log[m.runs++] = m.run;
    m.run = {};
}

void drop_fuel() {
    forget_options();
    account_fuel();
}

void enter_cpu(CpuId target) {
    continue_on(target);
}

// Nobody can have been picked yet when this is called, so the first thing is to decide.
void schedule() {
    const TaskId self = state().fiber;
    account_fuel();
    do decide();
    while (!may_go_on(self));
}

void pause_in_hub() {
    clear_dead_stack();
    const TaskId self = state().fiber;
    state().fuel = 0;  // a step that was granted and not needed is no one else's
    do fiber::jump(self, fiber::kMain);
    while (!may_go_on(self));
}

void begin_task() {
    const TaskId self = state().fiber;
    account_fuel();
    while (!may_go_on(self)) decide();
}

void close_execution(EndReason reason) {
    State& m = state();
    account_fuel();
    flush_picks();
    m.end_reason = reason;
    emit_simple(EventKind::execution_end, static_cast<std::uint64_t>(reason));
    m.ended = true;
    m.running = false;
}

void end_execution(EndReason reason) {
    close_execution(reason);
    fiber::jump(state().fiber, fiber::kMain);
    SIM_CHECK_MSG(false, "an ended execution was continued");
    __builtin_unreachable();
}

// Which of its points each injection uses is the first decision of an execution.
void choose_families() {
    State& m = state();
    Host& h = host();
    for (std::uint16_t i = 0; i < h.injections.size(); ++i) {
        const std::uint8_t points = h.injections[i].at.point_count;
        if (points < 2) continue;
        h.options.clear();
        for (unsigned p = 0; p < points; ++p) add(Option::Kind::family, i, p);
        Choices choices;
        choices.options = h.options.data();
        choices.count = points;
        choices.current = points;
        const Pick pick = m.scheduler->pick(choices);
        if (pick.index >= points) {
            m.diverged_at = 1;
            return;
        }
        record(pick.index, points);
        m.injections[i].family = static_cast<std::uint8_t>(pick.index);
    }
}

}  // namespace lockstep
