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
    host().unasked = true;
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
const std::vector<const sim_site*>& places_to_ask() {
    return host().places_to_ask;
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

[[gnu::noinline]] void Machine::scrub_stack() {
    if (state().hub) clear_below<kScrubBytes>();
}

namespace {

constexpr unsigned kChainMax = 100;  // a loop may do nothing else

// The number of queue nodes in use is a CPU's own affair, as its port says.
bool in_count(const Object& object, std::uint64_t address, unsigned size) {
    const Host& h = host();
    if (h.count_offset < 0 || object.kind != ObjectKind::queue_node) return false;
    const std::uint64_t count = object.address + static_cast<std::uint64_t>(h.count_offset);
    return address < count + 4 && count < address + size;
}

// Others look at a CPU's table of held locks only in search of a deadlock, when they have waited
// for some time. Until any has passed it is a CPU's own affair as well.
bool is_own(const Object& object, std::uint64_t address, unsigned size) {
    if (object.kind == ObjectKind::held_table) return state().now == 0;
    return in_count(object, address, size);
}

// The step in front of it must not be left out if others look there too, or while time may pass.
bool before_own_access(CpuId id) {
    const CpuState& cpu = cpu_state(id);
    if (!host().chain.own_memory || state().leaps_left > 0 || cpu.next_address == 0) return false;
    const Object* const object = Machine::instance().object_at(cpu.next_address);
    return object != nullptr && object->cpu == id &&
           is_own(*object, cpu.next_address, cpu.next_size);
}

// Whether an interrupt may still strike this CPU. The bound of a search is only about those that it
// strikes itself.
bool interruptible(CpuId id) {
    const State& m = state();
    const Host& h = host();
    bool left = false;
    std::uint32_t fired = 0;
    for (std::size_t i = 0; i < h.injections.size(); ++i) {
        const Injection& injection = h.injections[i];
        fired += m.injections[i].fired;
        if (injection.cpu != id || m.injections[i].fired >= injection.times) continue;
        if (injection.at.kind != Trigger::Kind::any) return true;
        left = true;
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

// A step that commutes with whatever anybody else can do before this CPU's next one. With it goes
// an interrupt that would strike just before it: it strikes before the next step as well.
bool chained(StepKind kind, const sim_site* site) {
    const State& m = state();
    if (!undisturbed(m.cpu) || is_asked(site)) return false;
    switch (kind) {
        case StepKind::access:
            return before_own_access(m.cpu) && !interruptible(m.cpu);
        case StepKind::fence:
            return host().memory == nullptr;
        case StepKind::look:
            return false;
        case StepKind::mark:
            return true;
        case StepKind::delay:
        case StepKind::clock:  // time may pass in a handler
            return m.leaps_left == 0 && !interruptible(m.cpu);
        case StepKind::context:
            return host().chain.own_memory && !interruptible(m.cpu);
    }
    return false;
}

}  // namespace

bool is_asked(const sim_site* site) {
    const std::vector<const sim_site*>& asked = host().chain.asked;
    return std::find(asked.begin(), asked.end(), site) != asked.end();
}

// Calls at the end, so that neither this nor its caller has a frame on a paused stack.
void schedule_step(StepKind kind, const sim_site* site) {
    State& m = state();
    Host& h = host();
    const bool unnoticed = m.chain && chained(kind, site) && ++h.chain_length <= kChainMax;
    if (unnoticed && kind != StepKind::mark) h.own_last = site;
    if (m.hub && unnoticed) return;
    if (m.hub) return pause_in_hub();
    if (!unnoticed) return schedule();
    m.chained = true;
    schedule();
    m.chained = false;
}

// A CPU that stands in front of such an access came there while it could still be interrupted: now
// it makes it before anything else. Not while interrupts are put off, which end with any change.
std::uint32_t unasked_option() {
    const State& m = state();
    const OptionList& options = host().options;
    if (!m.chain || !host().chain.at_once || m.quiet) return options.size();
    for (unsigned c = 0; c < m.cpus; ++c) {
        const auto id = static_cast<CpuId>(c);
        if (cpu_state(c).next_is_asked || options.run_of(id) >= options.size()) continue;
        if (before_own_access(id) && undisturbed(id) && !interruptible(id))
            return options.run_of(id);
    }
    return options.size();
}

void note_own_access(std::uint64_t address, unsigned size, const sim_site* site) {
    Host& h = host();
    const Object* const object = Machine::instance().object_at(address);
    if (object != nullptr && object->cpu != state().cpu && is_own(*object, address, size))
        h.own_memory_is_shared = true;
    if (h.own_step) h.own_last = site;
    h.own_step = false;
}

void note_seen_by_others() {
    Host& h = host();
    if (h.own_last == nullptr) return;
    std::vector<const sim_site*>& places = h.places_to_ask;
    if (std::find(places.begin(), places.end(), h.own_last) == places.end())
        places.push_back(h.own_last);
    h.own_last = nullptr;
}

}  // namespace lockstep
