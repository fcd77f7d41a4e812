// The machine the lock tests run on, and that it counts what it says it counts.
#include "tests/lock/lock_machine.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim/kernel.h"
#include "sim/oracle.h"

namespace lockstep {

LockMachine::LockMachine(const Port& port, const Workload& workload)
    : port_(port), workload_(workload), work_{this, workload.rounds, workload.irqsave} {
    Machine& machine = Machine::instance();
    MachineConfig config;
    config.cpus = workload.cpus;
    config.event_stream = port.event_stream;
    config.static_keys = port.static_keys;
    machine.configure(config);
    install();
    tally_ = static_cast<Tally*>(machine.allocate(sizeof(Tally), alignof(Tally)));
    for (unsigned cpu = 0; cpu < workload.cpus; ++cpu)
        machine.add_task(static_cast<CpuId>(cpu), work, &work_, "worker");
    add_oracles();
    machine.seal();
}

void LockMachine::install() {
    Machine& machine = Machine::instance();
    if (port_.prepare != nullptr) port_.prepare(port_);
    for (const PerCpuTemplate& part : port_.per_cpu) machine.map_per_cpu(part.begin, part.size);
    for (const PerCpuObject& object : port_.objects) {
        const ObjectKind kind = object.kind == PerCpuObject::Kind::held_table
                                    ? ObjectKind::held_table
                                    : ObjectKind::queue_node;
        machine.add_per_cpu_object(object.symbol, object.size, kind, object.name.c_str());
    }
    for (const StaticData& data : port_.static_data) machine.map_static_data(data.begin, data.size);
    lock_ = machine.allocate(64, 64);
    Object word;
    word.address = reinterpret_cast<std::uint64_t>(lock_);
    word.size = port_.lock_size;
    word.kind = ObjectKind::lock_word;
    word.lock = 0;
    word.name = "A";
    machine.add_object(word);
    port_.operations.init(lock_);
}

void LockMachine::add_oracles() {
    OracleSetup setup;
    setup.cpus = workload_.cpus;
    setup.locks.push_back(port_.facts);
    setup.locks[0].name = "A";
    setup.locks[0].address = reinterpret_cast<std::uint64_t>(lock_);
    std::vector<std::uint64_t> nodes;
    for (const Object& object : Machine::instance().objects())
        if (object.kind == ObjectKind::queue_node) nodes.push_back(object.address);
    if (!nodes.empty()) setup.nodes_base = nodes[0];
    if (nodes.size() > 1) setup.nodes_cpu_stride = nodes[1] - nodes[0];
    Machine::instance().set_oracle_setup(setup);
    for (const OracleEntry& entry : oracle_registry()) Machine::instance().add_oracle(entry);
}

void LockMachine::work(void* argument) {
    const Work& work = *static_cast<const Work*>(argument);
    for (unsigned round = 0; round < work.rounds; ++round) work.machine->one_round(work.irqsave);
}

void LockMachine::one_round(bool irqsave) {
    Machine& machine = Machine::instance();
    const LockOperations& call = port_.operations;
    const unsigned preempt_before = sim_preempt_count();
    std::uint64_t flags = 0;
    machine.note_acquire_begin(0, false);
    const int ret = irqsave ? call.acquire_irqsave(lock_, &flags) : call.acquire(lock_);
    machine.note_acquire_end(0, ret);
    if (ret != 0) {
        tally_->failed += 1;
    } else {
        if (tally_->inside != 0) tally_->overlaps += 1;
        tally_->inside += 1;
        tally_->acquired += 1;
        const std::uint64_t seen = sim_load(&tally_->variable, 8, SIM_RELAXED, SIM_SITE("read"));
        sim_store(&tally_->variable, seen + 1, 8, SIM_RELAXED, SIM_SITE("write"));
        tally_->inside -= 1;
        machine.note_release_begin(0);
        if (irqsave) {
            call.release_irqrestore(lock_, flags);
        } else {
            call.release(lock_);
        }
        machine.note_release_end(0);
    }
    if (sim_preempt_count() != preempt_before || sim_irqs_disabled() != 0) tally_->unbalanced += 1;
}

ExecutionResult LockMachine::run(const std::string& scheduler, std::uint64_t seed) {
    for (const SchedulerEntry& entry : scheduler_registry())
        if (scheduler == entry.name) Machine::instance().set_scheduler(entry);
    return Machine::instance().run(seed);
}

std::uint64_t LockMachine::lock_word() const {
    std::uint64_t word = 0;
    std::memcpy(&word, lock_, port_.lock_size);
    return word;
}

unsigned LockMachine::dirty_table_bytes() const {
    unsigned dirty = 0;
    for (const Object& object : Machine::instance().objects()) {
        if (object.kind != ObjectKind::held_table) continue;
        const auto* bytes = reinterpret_cast<const unsigned char*>(object.address);
        for (std::uint32_t i = 0; i < object.size; ++i) dirty += bytes[i] != 0 ? 1 : 0;
    }
    return dirty;
}

int LockMachine::nodes_in_use() const {
    int total = 0;
    for (const Object& object : Machine::instance().objects()) {
        if (object.kind != ObjectKind::queue_node) continue;
        std::int32_t count = 0;
        std::memcpy(&count,
                    reinterpret_cast<const void*>(object.address + port_.facts.nodes.count_offset),
                    sizeof(count));
        total += count;
    }
    return total;
}

namespace {

TEST(LockMachine, notices_two_owners_of_a_lock_that_does_not_exclude) {
    Port port = open_port("tas");
    port.operations.acquire = [](void*) {
        sim_preempt_disable();
        return 0;
    };
    LockMachine machine(port, {"two CPUs", 2, 3, false});
    machine.run("round-robin", 1);
    EXPECT_GT(machine.tally().overlaps, 0u);
}

TEST(LockMachine, notices_a_preempt_count_that_is_not_given_back) {
    Port port = open_port("tas");
    port.operations.release = [](void* lock) {
        sim_store(lock, 0, 4, SIM_RELEASE, SIM_SITE("release"));
    };
    LockMachine machine(port, {"one CPU", 1, 2, false});
    machine.run("round-robin", 1);
    EXPECT_EQ(machine.tally().unbalanced, 2u);
}

}  // namespace

}  // namespace lockstep
