// Hub mode, on the main context.
#include "sim/hub.h"

#include <algorithm>
#include <cstring>

#include "sim/check.h"
#include "sim/fiber.h"
#include "sim/internal.h"

namespace lockstep::hub {

namespace {

// The points of the next injection that has several are the first options of an execution.
bool family_options() {
    State& m = state();
    Host& h = host();
    while (m.families_chosen < h.injections.size()) {
        const std::uint8_t points = h.injections[m.families_chosen].at.point_count;
        if (points >= 2) {
            h.options.clear();
            for (unsigned p = 0; p < points; ++p)
                h.options.add(Option::Kind::family, m.families_chosen, p);
            return true;
        }
        ++m.families_chosen;
    }
    return false;
}

void apply_single(const Option& only) {
    apply_option(only);
}

void take_unasked(const Option& option) {
    if (state().alike_any) note_alike_option(option);
    apply_option(option);
}

// Nobody can run: the end, or time goes on.
void nothing_to_choose() {
    State& m = state();
    if (all_tasks_ended()) return close_execution(EndReason::finished);
    if (advance_time(false)) return;
    if (!script_active()) return close_execution(EndReason::stuck);
    m.script_failed = true;
}

}  // namespace

void start(const ChainRules& rules, bool symmetry) {
    Host& h = host();
    h.chain = rules;
    State& m = state();
    SIM_CHECK(h.sealed);
    SIM_CHECK_MSG(m.timed == nullptr, "clock mode timed leaves nothing to search");
    fiber::forget_all(m.tasks, true);
    Machine::instance().restore(h.boot_image);
    m.interest = h.interest;
    m.observe_loads = (h.interest & event_bit(EventKind::load)) != 0;
    m.observe_all = false;
    m.pause_at = ~std::uint64_t{0};
    m.fuel = 0;
    m.hub = true;
    m.chain = rules.any;
    m.alike_any = m.alike_any && symmetry;
    for (unsigned c = 0; c < m.cpus && !m.alike_any; ++c) cpu_state(c).alike = 0;
    choose_first_fiber();
    m.running = true;
}

bool settle() {
    State& m = state();
    const Host& h = host();
    if (family_options()) return true;
    while (!m.ended) {
        if (m.steps_before + m.steps >= h.config.steps_max) {
            close_execution(EndReason::step_limit);
        } else if (m.now > h.config.time_max) {
            close_execution(EndReason::time_limit);
        } else {
            if (m.predicates != 0) check_predicates();
            collect_options();
            if (h.options.empty())
                nothing_to_choose();
            else if (h.options.size() == 1)
                apply_single(h.options[0]);
            else if (const std::uint32_t own = unasked_option(); own < h.options.size())
                take_unasked(h.options[own]);
            else
                return true;
        }
    }
    return false;
}

const Option* options() {
    return host().options.data();
}
std::uint32_t option_count() {
    return host().options.size();
}

void take(const Option& option) {
    State& m = state();
    SIM_CHECK(!m.ended);
    // How the machine came here must not show in what it does, not even on a stack.
    m.steps_before += m.steps;
    m.steps = 0;
    m.step_hash = 0;
    m.picks = 0;
    if (option.kind == Option::Kind::family) {
        SIM_CHECK(option.cpu == m.families_chosen);
        m.injections[option.cpu].family = static_cast<std::uint8_t>(option.argument);
        ++m.families_chosen;
        return;
    }
    if (m.alike_any) note_alike_option(option);
    apply_option(option);
}

bool ended() {
    return state().ended;
}
bool own_memory_is_shared() {
    return host().own_memory_is_shared;
}
ExecutionResult result() {
    return collect_result();
}
CpuId running_cpu() {
    return state().cpu;
}

}  // namespace lockstep::hub

namespace lockstep {

namespace {

constexpr std::size_t kScrubBytes = 1536;     // deeper than any lock call of ours goes
constexpr std::size_t kScrubStepBytes = 512;  // deeper than an access goes

template <std::size_t kBytes>
[[gnu::always_inline]] inline void clear_below() {
#ifndef LOCKSTEP_SANITIZE
    alignas(16) std::byte dead[kBytes];
    std::memset(dead, 0, sizeof dead);
    __asm__ volatile("" : : "r"(dead) : "memory");
#endif
}

}  // namespace

[[gnu::noinline]] void clear_dead_stack() {
    clear_below<kScrubStepBytes>();
}

// Calls at the end, so that neither this nor its caller has a frame on a paused stack.
void schedule_step(StepKind kind) {
    State& m = state();
    const bool unnoticed = m.chain && chained(kind);
    if (m.hub && unnoticed) return;
    if (m.hub) return pause_in_hub();
    if (!unnoticed) return schedule();
    m.chained = true;
    schedule();
    m.chained = false;
}

[[gnu::noinline]] void Machine::scrub_stack() {
    if (state().hub) clear_below<kScrubBytes>();
}

namespace {

// The number of queue nodes in use is a CPU's own affair, as its port says.
bool is_count(const CpuState& cpu, const Object& object) {
    const Host& h = host();
    const std::uint64_t count = object.address + static_cast<std::uint64_t>(h.count_offset);
    return h.count_offset >= 0 && object.kind == ObjectKind::queue_node &&
           cpu.next_address == count && cpu.next_size == 4;
}

// Others look at a CPU's table of held locks only in search of a deadlock, when they have waited
// for some time. Until any has passed, and while none can pass, it is a CPU's own affair as well.
bool is_fresh_table(const Object& object) {
    const State& m = state();
    return object.kind == ObjectKind::held_table && m.now == 0 && m.leaps_left == 0;
}

// The step in front of it must not be left out if others look there too.
bool on_own_memory(CpuId id) {
    Host& h = host();
    const CpuState& cpu = cpu_state(id);
    const Object* const object = Machine::instance().object_at(cpu.next_address);
    if (object == nullptr || (!is_count(cpu, *object) && !is_fresh_table(*object))) return false;
    h.own_memory_is_shared |= object->cpu != id;
    return h.chain.own_memory && object->cpu == id;
}

// Whether an interrupt may still strike this CPU.
bool interruptible(CpuId id) {
    const State& m = state();
    const Host& h = host();
    bool left = false;
    std::uint32_t fired = 0;
    for (std::size_t i = 0; i < h.injections.size(); ++i) {
        const InjectionState& injection = m.injections[i];
        fired += injection.fired;
        left |= h.injections[i].cpu == id && injection.fired < h.injections[i].times;
    }
    return left && fired < h.chain.injections_max;
}

bool any_armed() {
    const State& m = state();
    return std::any_of(m.injections, m.injections + host().injections.size(),
                       [](const InjectionState& injection) { return injection.armed; });
}

// Nothing stands in the way of a step of this CPU that others cannot notice.
bool undisturbed(CpuId id) {
    const State& m = state();
    const CpuState& cpu = cpu_state(id);
    return m.predicates == 0 && !script_active() && host().may_chain && cpu.ready_tasks <= 1 &&
           cpu.deliver == 0 && !any_armed();
}

}  // namespace

// A step that commutes with whatever anybody else can do before this CPU's next one. With it goes
// an interrupt that would strike just before it: it strikes before the next step as well.
bool chained(StepKind kind) {
    const State& m = state();
    const bool own = kind == StepKind::access && on_own_memory(m.cpu);  // others' is noted anyway
    if (!undisturbed(m.cpu)) return false;
    switch (kind) {
        case StepKind::access:
            return own && !interruptible(m.cpu);
        case StepKind::fence:
            return host().memory == nullptr;
        case StepKind::mark:
            return true;
        case StepKind::clock:
            return m.leaps_left == 0;
        case StepKind::context:
            return !interruptible(m.cpu);
    }
    return false;
}

// A CPU that stands in front of such an access came there while it could still be interrupted: now
// it makes it before anything else. Not while interrupts are put off, which end with any change.
std::uint32_t unasked_option() {
    const State& m = state();
    const OptionList& options = host().options;
    if (!m.chain || !host().chain.at_once || m.quiet) return options.size();
    for (unsigned c = 0; c < m.cpus; ++c) {
        const auto id = static_cast<CpuId>(c);
        if (cpu_state(c).next_address == 0 || options.run_of(id) >= options.size()) continue;
        if (on_own_memory(id) && undisturbed(id) && !interruptible(id)) return options.run_of(id);
    }
    return options.size();
}

}  // namespace lockstep
