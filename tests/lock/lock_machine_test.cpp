// The machine the lock tests run on: installs a port and counts what is left behind.
#include "tests/lock/lock_machine.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim/kernel.h"
#include "sim/oracle.h"

namespace lockstep {

LockMachine::LockMachine(const Port& port, unsigned cpus, unsigned locks)
    : port_(port), cpus_(cpus) {
    MachineConfig config;
    config.cpus = cpus;
    config.event_stream = port.event_stream;
    config.static_keys = port.static_keys;
    Machine::instance().configure(config);
    install();
    place_locks(locks);
}

void LockMachine::install() {
    Machine& machine = Machine::instance();
    for (const PerCpuTemplate& part : port_.per_cpu) machine.map_per_cpu(part.begin, part.size);
    for (const PerCpuObject& object : port_.objects) {
        const ObjectKind kind = object.kind == PerCpuObject::Kind::held_table
                                    ? ObjectKind::held_table
                                    : ObjectKind::queue_node;
        machine.add_per_cpu_object(object.symbol, object.size, kind, object.name.c_str());
    }
    for (const StaticData& data : port_.static_data) machine.map_static_data(data.begin, data.size);
    if (port_.prepare != nullptr) port_.prepare(port_);
}

void LockMachine::place_locks(unsigned locks) {
    static const char* const names[] = {"A", "B", "C", "D"};
    for (unsigned i = 0; i < locks; ++i) {
        void* const lock = Machine::instance().allocate(64, 64);
        Object word;
        word.address = reinterpret_cast<std::uint64_t>(lock);
        word.size = port_.lock_size;
        word.kind = ObjectKind::lock_word;
        word.lock = static_cast<LockId>(i);
        word.name = i < 4 ? names[i] : "lock";
        Machine::instance().add_object(word);
        port_.operations.init(lock);
        locks_.push_back(lock);
    }
}

void LockMachine::add_oracles() {
    OracleSetup setup;
    setup.cpus = cpus_;
    for (void* lock : locks_) {
        setup.locks.push_back(port_.facts);
        setup.locks.back().name = "lock";
        setup.locks.back().address = reinterpret_cast<std::uint64_t>(lock);
    }
    Machine::instance().set_oracle_setup(setup);
    for (const OracleEntry& entry : oracle_registry()) Machine::instance().add_oracle(entry);
}

void LockMachine::add_task(CpuId cpu, void (*body)(void*), void* argument) {
    Machine::instance().add_task(cpu, body, argument, "body");
}

Injection LockMachine::injection(Injection::Kind kind, CpuId cpu, void (*handler)(void*, CpuId)) {
    Injection injection;
    injection.kind = kind;
    injection.cpu = cpu;
    injection.entry = handler;
    return injection;
}

void LockMachine::seal() {
    add_oracles();
    Machine::instance().seal();
}

ExecutionResult LockMachine::run(const std::string& scheduler, std::uint64_t seed) {
    for (const SchedulerEntry& entry : scheduler_registry())
        if (scheduler == entry.name) Machine::instance().set_scheduler(entry);
    return Machine::instance().run(seed);
}

int LockMachine::acquire(LockId lock, std::uint64_t* flags) {
    Machine::instance().note_acquire_begin(lock, false);
    const LockOperations& call = port_.operations;
    const int ret =
        flags != nullptr ? call.acquire_irqsave(locks_[lock], flags) : call.acquire(locks_[lock]);
    Machine::instance().note_acquire_end(lock, ret);
    return ret;
}

void LockMachine::release(LockId lock) {
    Machine::instance().note_release_begin(lock);
    port_.operations.release(locks_[lock]);
    Machine::instance().note_release_end(lock);
}

void LockMachine::release_irqrestore(LockId lock, std::uint64_t flags) {
    Machine::instance().note_release_begin(lock);
    port_.operations.release_irqrestore(locks_[lock], flags);
    Machine::instance().note_release_end(lock);
}

std::uint64_t LockMachine::word(LockId lock) const {
    std::uint64_t word = 0;
    std::memcpy(&word, locks_[lock], port_.lock_size);
    // A free ticket lock is one whose two halves are equal.
    if (port_.facts.word.shape == WordLayout::Shape::ticket) word = (word >> 16) ^ (word & 0xffff);
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

LockMachine* lock_machine = nullptr;

TEST(LockMachine, sees_a_word_and_a_table_that_are_not_clean) {
    LockMachine machine(open_port("rqspinlock"), 1, 1);
    lock_machine = &machine;
    machine.add_task(
        0, [](void*) { lock_machine->acquire(0); }, nullptr);
    machine.seal();
    machine.run("round-robin", 1);
    EXPECT_EQ(machine.word(0), 1u);
    EXPECT_GT(machine.dirty_table_bytes(), 0u);
}

TEST(LockMachine, starts_every_execution_with_clean_memory) {
    LockMachine machine(open_port("rqspinlock"), 1, 1);
    lock_machine = &machine;
    static int returned;
    machine.add_task(
        0, [](void*) { returned = lock_machine->acquire(0); }, nullptr);
    machine.seal();
    machine.run("round-robin", 1);
    EXPECT_EQ(machine.word(0), 1u);
    machine.run("round-robin", 1);
    EXPECT_EQ(returned, 0);
}

}  // namespace

}  // namespace lockstep
