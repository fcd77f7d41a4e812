// Configuring, sealing and running the machine.
#include "sim/machine.h"

#include <algorithm>
#include <cstring>

#include "sim/check.h"
#include "sim/fiber.h"
#include "sim/internal.h"
#include "sim/schedulers/follow.h"
#include "sim/schedulers/replay.h"
#include "sim/timed.h"

namespace lockstep {

Host the_host;

Machine& Machine::instance() {
    static Machine machine;
    return machine;
}

namespace {

std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
    return (value + to - 1) / to * to;
}

void* allocate_inner(std::size_t size, std::size_t alignment) {
    State& m = state();
    const std::uint64_t at = round_up(m.inner_top, alignment);
    SIM_CHECK_MSG(at + size <= kFindingsAt, "the inner arena is full");
    m.inner_top = at + size;
    return reinterpret_cast<void*>(at);
}

Memory* memory_by_name(const std::string& name) {
    if (name == "sc") return nullptr;  // inlined
    for (const MemoryEntry& entry : memory_registry())
        if (entry.name == name) return entry.get();
    SIM_CHECK_MSG(false, "an unknown memory model");
    return nullptr;
}

// More picks than this in one execution are kept too, but make room while it runs.
constexpr std::uint64_t kPickLogMax = 4'000'000;

void reset_cpus() {
    State& m = state();
    for (unsigned c = 0; c < m.cpus; ++c) {
        CpuState& cpu = cpu_state(c);
        cpu = CpuState{};
        cpu.running = kNobody;
        cpu.irqs_on = true;
    }
}

void make_timed_clock() {
    TimedClock* const timed =
        static_cast<TimedClock*>(allocate_inner(sizeof(TimedClock), alignof(TimedClock)));
    timed->spread = host().config.spread_seed != 0;
    timed->random = Rng(host().config.spread_seed);
    state().timed = timed;
}

// Until the end, or until that many steps have been made.
void go_on(std::uint64_t until_step, ExecutionResult& result) {
    State& m = state();
    if (!m.ended) {
        m.pause_at = until_step;
        m.look_at = std::min(host().config.steps_max, until_step);
        forget_options();
        m.pausing = false;
        fiber::jump(fiber::kMain, m.fiber);
    }
    collect_result(result);
    if (m.ended && host().hash_ends) result.state_hash = Machine::instance().state_hash();
}

}  // namespace

void choose_first_fiber() {
    State& m = state();
    for (TaskId t = 0; t < m.tasks; ++t)
        if (cpu_state(task_slot(t).cpu).running == t) {
            m.fiber = t;
            m.cpu = task_slot(t).cpu;
            return;
        }
}

void collect_result(ExecutionResult& result) {
    const State& m = state();
    const Host& h = host();
    result.reason = m.end_reason;
    result.steps = m.steps_before + m.steps;
    result.time = m.now;
    result.step_hash = m.step_hash;
    result.state_hash = 0;
    result.paused = !m.ended;
    result.findings.assign(&finding_slot(0), &finding_slot(m.findings));
    result.findings_total = m.findings_total;
    result.not_judged.clear();
    for (const Oracle* oracle : h.optional_oracles)
        if (const char* const why = oracle->not_judged())
            result.not_judged.push_back({oracle->name(), why});
    result.diverged_at = m.diverged_at;
    result.script_done = m.script_next;
    result.picks.assign(h.pick_log.begin(), h.pick_log.begin() + m.runs);
    result.injections_fired.resize(h.injections.size());
    for (std::size_t i = 0; i < h.injections.size(); ++i)
        result.injections_fired[i] = m.injections[i].fired;
}

ExecutionResult collect_result() {
    ExecutionResult result;
    collect_result(result);
    return result;
}

void Machine::configure(const MachineConfig& config) {
    SIM_CHECK(config.cpus >= 1);
    SIM_CHECK(config.cpus <= kCpusMax);
    arena::map();
    Host& h = host();
    if (state().inner_top != 0) {
        const std::uint64_t user_used = state().user_top - arena::kUser;
        std::memset(reinterpret_cast<void*>(arena::kBase), 0, state().inner_top - arena::kBase);
        std::memset(reinterpret_cast<void*>(kFindingsAt), 0, arena::kUser - kFindingsAt);
        std::memset(reinterpret_cast<void*>(arena::kUser), 0, user_used);
    }
    h = Host{};
    free_machine_constants();
    h.config = config;
    h.setup.cpus = config.cpus;
    h.memory = memory_by_name(config.memory);
    // Room for a pick at every step, so that no execution allocates: reserved, not touched.
    h.pick_log.reserve(std::min<std::uint64_t>(config.steps_max, kPickLogMax) + 4096);
    State& m = state();
    m.cpus = config.cpus;
    m.user_top = arena::kUser;
    m.inner_top = kCpusAt + sizeof(CpuState) * config.cpus;
    reset_cpus();
    if (config.clock == ClockMode::timed) make_timed_clock();
    m.fuel = std::int64_t{1} << 62;  // inert until run()
}

void* Machine::allocate(std::size_t size, std::size_t alignment) {
    SIM_CHECK(!host().sealed);
    State& m = state();
    const std::uint64_t at = round_up(m.user_top, alignment);
    SIM_CHECK_MSG(at + size <= arena::kUser + arena::kUserSize, "the arena is full");
    m.user_top = at + size;
    return reinterpret_cast<void*>(at);
}

std::uint16_t Machine::add_object(const Object& object) {
    Host& h = host();
    const auto index = static_cast<std::uint16_t>(h.objects.size());
    h.objects.push_back(object);
    if (object.address < arena::kUser || object.address >= arena::kStacks) {
        h.outside.push_back(index);
        return index;
    }
    const std::uint64_t first = (object.address - arena::kUser) >> 3;
    const std::uint64_t last = (object.address + object.size - 1 - arena::kUser) >> 3;
    if (h.object_at_granule.size() <= last) h.object_at_granule.resize(last + 1, kNoObject);
    for (std::uint64_t granule = first; granule <= last; ++granule)
        h.object_at_granule[granule] = index;
    return index;
}

void Machine::map_per_cpu(const void* begin, std::size_t size) {
    Host::Template mapped{};
    mapped.begin = reinterpret_cast<std::uint64_t>(begin);
    mapped.size = size;
    mapped.stride = round_up(size, 64);
    mapped.copies = reinterpret_cast<std::uint64_t>(allocate(mapped.stride * state().cpus, 64));
    for (unsigned c = 0; c < state().cpus; ++c)
        std::memcpy(reinterpret_cast<void*>(mapped.copies + c * mapped.stride), begin, size);
    host().templates.push_back(mapped);
}

void Machine::add_per_cpu_object(const void* symbol, std::uint32_t size, ObjectKind kind,
                                 const char* name) {
    for (unsigned c = 0; c < state().cpus; ++c) {
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(sim_per_cpu(symbol, c));
        object.size = size;
        object.kind = kind;
        object.cpu = static_cast<CpuId>(c);
        object.name = name;
        add_object(object);
    }
}

void Machine::map_static_data(void* begin, std::size_t size) {
    host().static_data.push_back({begin, size});
}

void Machine::watch_static_data(void* begin, std::size_t size) {
    host().watched = {begin, size};
}

void Machine::tolerate(const Tolerated& limit) {
    host().tolerated.push_back(limit);
}

const ConstantVector<Tolerated>& Machine::tolerated() const {
    return host().tolerated;
}

void Machine::set_console(std::function<void(TimeNs, const char*)> console) {
    host().console = std::move(console);
}

TaskId Machine::add_task(CpuId cpu, void (*entry)(void*), void* argument, const char* name) {
    const int id = sim_task_create(entry, argument, name);
    SIM_CHECK_MSG(id >= 0, "too many tasks");
    sim_task_bind(id, cpu);
    make_task_ready(static_cast<TaskId>(id));
    return static_cast<TaskId>(id);
}

void Machine::add_injection(const Injection& injection) {
    SIM_CHECK_MSG(host().injections.size() < kInjectionsMax, "too many injections");
    host().injections.push_back(injection);
}

void Machine::set_script(const std::vector<ScriptCommand>& script) {
    host().script.assign(script.begin(), script.end());
}

void Machine::set_oracle_setup(const OracleSetup& setup) {
    SIM_CHECK_MSG(host().oracles.empty(), "how large an oracle is depends on its setup");
    OracleSetup& ours = host().setup;
    ours = setup;
    ours.cpus = state().cpus;
    std::vector<std::uint64_t> nodes;
    for (const Object& object : host().objects) {
        if (object.kind != ObjectKind::queue_node) continue;
        if (object.cpu == nodes.size())
            nodes.push_back(object.address);
        else
            ours.nodes_of_several_ports = true;
    }
    if (!nodes.empty()) ours.nodes_base = nodes[0];
    if (nodes.size() > 1) ours.nodes_cpu_stride = nodes[1] - nodes[0];
}

namespace {

std::int64_t count_offset_of(const OracleSetup& setup) {
    if (setup.nodes_of_several_ports) return -1;
    for (const LockFacts& facts : setup.locks)
        if (facts.nodes.nodes != 0) return facts.nodes.count_offset;
    return -1;
}

// Of how many locks somebody wants to know who has them.
unsigned locks_with_owners() {
    const Host& h = host();
    unsigned locks = 0;
    for (const Injection& injection : h.injections)
        if (injection.role != Role::none) locks = std::max(locks, injection.role_lock + 1U);
    return locks;
}

template <class Element>
Element* allocate_array(std::size_t count) {
    void* const memory = allocate_inner(count * sizeof(Element), alignof(Element));
    return static_cast<Element*>(std::memset(memory, 0, count * sizeof(Element)));
}

}  // namespace

void Machine::seal() {
    Host& h = host();
    State& m = state();
    SIM_CHECK(!h.sealed);
    h.owner_locks = locks_with_owners();
    m.injections = allocate_array<InjectionState>(h.injections.size());
    m.owner_cpu = allocate_array<std::uint16_t>(h.owner_locks);
    steering_begin();
    h.may_chain = std::none_of(h.injections.begin(), h.injections.end(), [](const Injection& each) {
        return each.role != Role::none || each.at.kind == Trigger::Kind::step;
    });
    h.count_offset = count_offset_of(h.setup);
    for (Oracle* oracle : h.oracles) oracle->begin(h.setup);
    compute_interest();
    h.steered_by_step = steering_by_step();
    m.leaps_left = h.config.clock == ClockMode::stalls ? h.config.leaps_max : 0;
    m.spurious_left = h.config.spurious_wakeups_max;
    h.sealed = true;
    m.steps = 0;
    h.machine_top = m.inner_top;
    save(h.boot_image);
}

namespace {

Oracle* place_oracle(const OracleEntry& entry) {
    Host& h = host();
    SIM_CHECK_MSG(h.oracles.size() < kOraclesMax, "too many oracles");
    SIM_CHECK(entry.alignment % kRowAlignment == 0);
    SIM_CHECK(entry.size % kRowAlignment == 0);
    const std::size_t size = oracle_size(entry, h.setup);
    h.oracles.push_back(entry.construct(allocate_inner(size, entry.alignment)));
    h.oracle_rooms.push_back({size, entry.stateless, nullptr});
    return h.oracles.back();
}

// The first who names it makes it.
const Oracle& shared_fold(const OracleEntry& entry) {
    Host& h = host();
    for (std::size_t i = 0; i < h.oracles.size(); ++i)
        if (h.oracle_rooms[i].fold == &entry) return *h.oracles[i];
    const Oracle& made = *place_oracle(entry);
    h.oracle_rooms.back().fold = &entry;
    return made;
}

}  // namespace

void Machine::add_oracle(const OracleEntry& entry) {
    SIM_CHECK(!host().sealed);
    Oracle* const oracle = place_oracle(entry);
    if (entry.optional) host().optional_oracles.push_back(oracle);
    if (entry.shares != nullptr) oracle->share(shared_fold(*entry.shares));
}

void Machine::set_scheduler(const SchedulerEntry& entry) {
    // Constructed anew for every execution, at the end of the inner part, by run().
    host().scheduler = &entry;
    host().chain = {};
}

void Machine::set_replay(const std::vector<PickRun>& picks) {
    replay_follow(picks);
}

void Machine::set_path(const std::vector<Option>& path, const ChainRules& rules) {
    follow_path(path);
    host().chain = rules;
}

void Machine::set_trace(TraceSink* sink) {
    host().trace = sink;
    if (host().sealed) compute_interest();
}

void Machine::stop_at(std::function<bool(const Finding&)> wanted) {
    host().stops_at = std::move(wanted);
}

void Machine::hash_ends(bool wanted) {
    host().hash_ends = wanted;
}

ExecutionResult Machine::run(std::uint64_t seed) {
    ExecutionResult result;
    run(seed, result);
    return result;
}

void Machine::run(std::uint64_t seed, ExecutionResult& result) {
    fiber::forget_all(state().tasks, false);
    boot(seed);
    go_on(kNoPause, result);
}

ExecutionResult Machine::run_until(std::uint64_t seed, std::uint64_t until) {
    fiber::forget_all(state().tasks, until != kNoPause);  // a paused state is compared
    boot(seed);
    ExecutionResult result;
    go_on(until, result);
    return result;
}

void Machine::boot(std::uint64_t seed) {
    Host& h = host();
    State& m = state();
    SIM_CHECK(h.sealed);
    SIM_CHECK(h.scheduler != nullptr);
    restore(h.boot_image);
    const std::uint64_t room = round_up(m.inner_top, h.scheduler->alignment);
    SIM_CHECK(room + h.scheduler->size <= kFindingsAt);
    m.scheduler = h.scheduler->construct(reinterpret_cast<void*>(room));
    m.inner_top = room + h.scheduler->size;
    m.scheduler->begin(seed);
    h.parts.on = false;
    m.interest = h.interest;
    m.observe_loads = (h.interest & event_bit(EventKind::load)) != 0;
    m.observe_all = h.trace != nullptr;
    m.fuel = 0;
    m.chain = h.chain.any;
    m.alike_any = false;
    forget_options();
    choose_families();
    if (m.diverged_at != 0) {
        m.ended = true;
        return;
    }
    choose_first_fiber();
    m.running = true;
}

ExecutionResult Machine::resume(std::uint64_t until_step) {
    SIM_CHECK(!state().ended);
    ExecutionResult result;
    go_on(until_step, result);
    return result;
}

CpuId Machine::this_cpu() const {
    return state().cpu;
}
Context Machine::this_context() const {
    const CpuState& cpu = this_cpu_state();
    return cpu.contexts[cpu.depth];
}
std::uint8_t Machine::this_depth() const {
    return this_cpu_state().depth;
}
TimeNs Machine::now() const {
    return state().now;
}
bool Machine::searched() const {
    return state().hub;
}
std::uint64_t Machine::steps() const {
    return state().steps;
}
const ConstantVector<Object>& Machine::objects() const {
    return host().objects;
}

void Machine::note_written(const void* begin, std::size_t size) {
    if (!host().parts.on) return;
    const auto first = reinterpret_cast<std::uint64_t>(begin);
    // Every block on the way; they are larger than a cache line.
    for (std::uint64_t at = first; at < first + size; at += 64) mark_user(at);
    if (size > 0) mark_user(first + size - 1);
}

const Object* Machine::object_at(std::uint64_t address) const {
    const std::uint16_t index = object_index(address);
    return index == kNoObject ? nullptr : &host().objects[index];
}

}  // namespace lockstep
