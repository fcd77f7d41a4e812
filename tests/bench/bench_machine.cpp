// Puts a port on the machine, as the scenario runner does.
#include "tests/bench/bench_machine.h"

#include "sim/check.h"
#include "sim/oracle.h"

namespace lockstep::bench {

BenchMachine::BenchMachine(const Port& port, unsigned cpus, unsigned locks)
    : port_(port), cpus_(cpus) {
    MachineConfig config;
    config.cpus = cpus;
    config.event_stream = port.event_stream;
    config.static_keys = port.static_keys;
    config.turns = port.facts.turns;
    Machine::instance().configure(config);
    Machine::instance().hash_ends(false);  // as in a campaign
    install();
    for (unsigned i = 0; i < locks; ++i) {
        void* const lock = Machine::instance().allocate(64, 64);
        Object word;
        word.address = reinterpret_cast<std::uint64_t>(lock);
        word.size = port_.lock_size;
        word.kind = ObjectKind::lock_word;
        word.lock = static_cast<LockId>(i);
        word.name = "lock";
        Machine::instance().add_object(word);
        port_.operations.init(lock);
        locks_.push_back(lock);
    }
}

void BenchMachine::install() {
    Machine& machine = Machine::instance();
    for (const PerCpuTemplate& part : port_.per_cpu) machine.map_per_cpu(part.begin, part.size);
    for (const PerCpuObject& object : port_.objects) {
        ObjectKind kind = ObjectKind::other;
        if (object.kind == PerCpuObject::Kind::held_table) kind = ObjectKind::held_table;
        if (object.kind == PerCpuObject::Kind::queue_nodes) kind = ObjectKind::queue_node;
        machine.add_per_cpu_object(object.symbol, object.size, kind, object.name.c_str());
    }
    for (const StaticData& data : port_.static_data) machine.map_static_data(data.begin, data.size);
    if (port_.prepare != nullptr) port_.prepare(port_);
}

void BenchMachine::add_task(CpuId cpu, void (*body)(void*), void* argument) {
    Machine::instance().add_task(cpu, body, argument, "body");
}

void BenchMachine::seal(const std::string& scheduler, bool judged) {
    OracleSetup setup;
    setup.cpus = cpus_;
    for (void* const lock : locks_) {
        setup.locks.push_back(port_.facts);
        setup.locks.back().name = "lock";
        setup.locks.back().address = reinterpret_cast<std::uint64_t>(lock);
    }
    Machine::instance().set_oracle_setup(setup);
    if (judged)
        for (const OracleEntry& entry : oracle_registry())
            if (!entry.optional) Machine::instance().add_oracle(entry);
    for (const SchedulerEntry& entry : scheduler_registry())
        if (scheduler == entry.name) Machine::instance().set_scheduler(entry);
    Machine::instance().seal();
}

int BenchMachine::acquire(LockId lock) const {
    Machine::instance().note_acquire_begin(lock, false);
    const int ret = port_.operations.acquire(locks_[lock]);
    Machine::instance().note_acquire_end(lock, ret);
    return ret;
}

void BenchMachine::release(LockId lock) const {
    Machine::instance().note_release_begin(lock);
    port_.operations.release(locks_[lock]);
    Machine::instance().note_release_end(lock);
}

}  // namespace lockstep::bench
