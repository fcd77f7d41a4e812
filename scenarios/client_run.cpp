// The machine a client runs on, and the task that loads and unloads it.
#include "scenarios/client_run.h"

#include <chrono>
#include <cstring>
#include <vector>

#include "scenarios/crash_guard.h"
#include "sim/kernel.h"
#include "sim/scheduler.h"

namespace lockstep {

namespace {

constexpr unsigned kClientWatchdogMs = 5'000;
constexpr std::uint64_t kStepsBetweenLooks = 2'000'000;
// What unloading may take beyond the time asked for: threads sleep for seconds.
constexpr TimeNs kUnloadMax = 120 * kNsPerSec;

// What insmod and rmmod do; outside the arena, for a client is run once.
struct Loader {
    int (*init)();
    void (*exit)();
    TimeNs time, stall;
    int result;
    bool loaded, unloaded;
};

sim_site loader_site = {"", "", "clock", 0, 0, 0, 0};

void loader_sleep(TimeNs duration) {
    const TimeNs end = sim_clock(&loader_site) + duration;
    for (TimeNs now = end - duration; now < end; now = sim_clock(&loader_site))
        sim_sleep(end - now);
}

// Waits until another CPU owns a lock, and takes that CPU away.
void stall_an_owner(TimeNs duration) {
    constexpr unsigned kTries = 1'000'000;
    constexpr TimeNs kBetweenTriesNs = 97;
    for (unsigned tries = 0; tries < kTries; ++tries) {
        for (const LockFigures::PerLock& lock : lock_figures().locks)
            if (lock.owner < kCpusMax && lock.owner != sim_cpu())
                return Machine::instance().stall(static_cast<CpuId>(lock.owner), duration);
        sim_delay(kBetweenTriesNs);
    }
}

void load_and_unload(void* argument) {
    auto* const loader = static_cast<Loader*>(argument);
    loader->result = loader->init();
    if (loader->result != 0) return;
    loader->loaded = true;
    loader_sleep(loader->time / 2);
    if (loader->stall > 0) stall_an_owner(loader->stall);
    loader_sleep(loader->time - loader->time / 2);
    loader->exit();
    loader->unloaded = true;
}

const SchedulerEntry& round_robin() {
    for (const SchedulerEntry& entry : scheduler_registry())
        if (std::strcmp(entry.name, "round-robin") == 0) return entry;
    return scheduler_registry().front();
}

ObjectKind client_object_kind(PerCpuObject::Kind kind) {
    if (kind == PerCpuObject::Kind::held_table) return ObjectKind::held_table;
    return kind == PerCpuObject::Kind::queue_nodes ? ObjectKind::queue_node : ObjectKind::other;
}

void configure_for(const Port& port, const ClientRunOptions& options) {
    MachineConfig config;
    config.cpus = options.cpus;
    config.clock = ClockMode::timed;
    config.spread_seed = options.seed == 0 ? 1 : options.seed;
    config.event_stream = port.event_stream;
    config.static_keys = port.static_keys;
    config.turns = port.facts.turns;  // no loop of a module counts beside a spin
    config.steps_max = ~std::uint64_t{0} >> 1;
    config.time_max = options.time + kUnloadMax;
    Machine::instance().configure(config);
}

void install_module(const ClientModule& module) {
    Machine& machine = Machine::instance();
    for (const PerCpuTemplate& part : module.port.per_cpu)
        machine.map_per_cpu(part.begin, part.size);
    for (const PerCpuObject& object : module.port.objects)
        machine.add_per_cpu_object(object.symbol, object.size, client_object_kind(object.kind),
                                   object.name.c_str());
    auto* first = static_cast<std::byte*>(nullptr);
    auto* last = static_cast<std::byte*>(nullptr);
    for (const StaticData& data : module.port.static_data) {
        auto* const begin = static_cast<std::byte*>(data.begin);
        machine.map_static_data(data.begin, data.size);
        if (first == nullptr || begin < first) first = begin;
        if (begin + data.size > last) last = begin + data.size;
    }
    machine.watch_static_data(first, static_cast<std::size_t>(last - first));
}

OracleSetup place_client_locks(const ClientModule& module) {
    Machine& machine = Machine::instance();
    OracleSetup setup;
    setup.clock_may_stall = true;
    for (const ClientLock& lock : module.locks) {
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(lock.memory);
        object.size = module.port.lock_size;
        object.kind = ObjectKind::lock_word;
        object.lock = static_cast<LockId>(setup.locks.size());
        object.name = lock.name.c_str();
        machine.add_object(object);
        LockFacts facts;
        if (lock.resilient) facts = module.port.facts;
        facts.word = module.port.facts.word;
        facts.name = lock.name;
        facts.address = object.address;
        setup.locks.push_back(facts);
    }
    std::vector<std::uint64_t> nodes;
    for (const Object& object : machine.objects())
        if (object.kind == ObjectKind::queue_node && object.cpu == nodes.size())
            nodes.push_back(object.address);
    if (!nodes.empty()) setup.nodes_base = nodes[0];
    if (nodes.size() > 1) setup.nodes_cpu_stride = nodes[1] - nodes[0];
    return setup;
}

class Deadline {
  public:
    explicit Deadline(double seconds) : seconds_(seconds) {}
    bool passed() const {
        const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - begin_;
        return gone.count() > seconds_;
    }

  private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    double seconds_;
};

// In portions, so that Ctrl-C and the wall clock are looked at.
void run_in_portions(const ClientRunOptions& options, CrashGuard& guard, ClientRunResult& result) {
    Machine& machine = Machine::instance();
    const Deadline deadline(options.wall_seconds);
    guard.during([&] {
        std::uint64_t until = kStepsBetweenLooks;
        result.execution = machine.run_until(options.seed, until);
        while (result.execution.paused) {
            guard.moved();
            result.interrupted = options.interrupted != nullptr && *options.interrupted != 0;
            result.out_of_time = deadline.passed();
            if (result.interrupted || result.out_of_time) return;
            until += kStepsBetweenLooks;
            result.execution = machine.resume(until);
        }
    });
    result.crash = guard.crash();
}

}  // namespace

ClientRunResult run_client(const ClientModule& module, const ClientRunOptions& options) {
    Machine& machine = Machine::instance();
    configure_for(module.port, options);
    if (module.uptime_ns != nullptr)
        *module.uptime_ns = kNsPerSec + options.seed % 1000 * 1'000'003;
    install_module(module);
    const OracleSetup setup = place_client_locks(module);
    Loader loader{module.init, module.exit, options.time, options.stall, 0, false, false};
    machine.add_task(0, load_and_unload, &loader, "insmod");
    machine.set_oracle_setup(setup);
    for (const OracleEntry& entry : oracle_registry())
        if (!entry.optional) machine.add_oracle(entry);
    machine.add_oracle(lock_figures_entry());
    // docs/limits.md: an NMI above another waiter may not queue; the window in unlock.
    machine.tolerate({"truthful-errors", "conservative", 0});
    machine.tolerate({"truthful-errors", "stale", 0});
    machine.set_console(options.console);
    machine.seal();
    machine.set_scheduler(round_robin());
    machine.hash_ends(false);
    ClientRunResult result;
    {
        CrashGuard guard(kClientWatchdogMs);
        run_in_portions(options, guard, result);
    }
    result.init_result = loader.result;
    result.loaded = loader.loaded;
    result.unloaded = loader.unloaded;
    result.figures = lock_figures();
    for (const Tolerated& limit : machine.tolerated())
        if (limit.count > 0) result.limits.push_back(limit);
    return result;
}

}  // namespace lockstep
