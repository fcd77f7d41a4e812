// Nothing allocates between boot and the end of an execution: every malloc of this program is
// counted, and the count is read by an oracle that sees the last event.
#include <cstdlib>
#include <memory>

#include "lock/port.h"
#include "sim/oracle.h"
#include "tests/sim/sim_machine.h"

#ifdef LOCKSTEP_SANITIZE
#include <sanitizer/allocator_interface.h>
#endif

namespace {

std::uint64_t allocations = 0;

}  // namespace

#ifdef LOCKSTEP_SANITIZE
namespace {
const int hooked = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});
}
#else
// operator new of the standard library comes through here too.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void* malloc(std::size_t size) {
    ++allocations;
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    ++allocations;
    return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
    ++allocations;
    return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    ++allocations;
    return __libc_memalign(alignment, size);
}
}
#endif

namespace lockstep {
namespace {

std::uint64_t allocations_at_end = 0;

class Counter final : public Oracle {
  public:
    const char* name() const override { return "counter"; }
    std::uint64_t interest() const override { return event_bit(EventKind::execution_end); }
    void begin(const OracleSetup&) override {}
    void on_event(const Event&, FindingSink&) override { allocations_at_end = allocations; }
};

void add_all_oracles(Machine& machine, const OracleSetup& setup) {
    machine.set_oracle_setup(setup);
    for (const OracleEntry& entry : oracle_registry()) machine.add_oracle(entry);
    machine.add_oracle({"counter", "", sizeof(Counter), alignof(Counter), 0,
                        [](void* memory) -> Oracle* { return new (memory) Counter; }});
}

std::uint64_t allocations_of(Machine& machine, std::uint64_t seed) {
    allocations_at_end = ~std::uint64_t{0};
    const std::uint64_t before = allocations;
    machine.run(seed);
    return allocations_at_end - before;
}

TEST(Allocation, TheCounterCounts) {
    const std::uint64_t before = allocations;
    std::free(std::malloc(1));
    delete new int;
    EXPECT_GE(allocations, before + 1);

    Machine& machine = new_machine(1);
    add_body(0, [](void*) {  // outside the arena, on purpose
        // Not an object with a destructor: to register that may allocate, too.
        static std::uint64_t* kept = nullptr;
        delete kept;
        kept = new std::uint64_t(0);
        put(*kept, 1);
    });
    add_all_oracles(machine, {});
    machine.seal();
    EXPECT_EQ(allocations_of(machine, 1), 1U);
}

void* locks_used[3] = {};
LockOperations operations;

void take_two(void*) {
    Machine& machine = Machine::instance();
    const auto first = static_cast<LockId>(machine.this_cpu());
    const auto second = static_cast<LockId>((first + 1) % 3);
    for (const LockId lock : {first, second}) {
        machine.note_acquire_begin(lock, false);
        const int ret = operations.acquire(locks_used[lock]);
        machine.note_acquire_end(lock, ret);
        if (ret != 0) break;
        put(word(lock), 1);
    }
    // On purpose never released: the oracles have findings to format.
}

TEST(Allocation, NoExecutionAllocatesBetweenBootAndEndWhateverHappensInIt) {
    const Port port = open_port("rqspinlock");
    operations = port.operations;
    Machine& machine = new_machine(3);
    for (const PerCpuTemplate& part : port.per_cpu) machine.map_per_cpu(part.begin, part.size);
    OracleSetup setup;
    for (LockId i = 0; i < 3; ++i) {
        locks_used[i] = machine.allocate(64, 64);
        operations.init(locks_used[i]);
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(locks_used[i]);
        object.size = port.lock_size;
        object.kind = ObjectKind::lock_word;
        object.lock = i;
        object.name = "lock";
        machine.add_object(object);
        setup.locks.push_back(port.facts);
        setup.locks.back().address = object.address;
    }
    for (CpuId cpu = 0; cpu < 3; ++cpu) {
        add_body(cpu, take_two);
        add_body(cpu, [](void*) { sim_sleep(kNsPerMs); });
    }
    machine.add_injection(injection_of(Injection::Kind::nmi, [](void*, CpuId) {
        sim_task_create([](void*) {}, nullptr, "made by an nmi");
    }));
    add_all_oracles(machine, setup);
    machine.seal();
    std::uint32_t findings = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        ASSERT_EQ(allocations_of(machine, seed), 0U) << seed;
        findings += machine.run(seed).findings_total;
    }
    EXPECT_GT(findings, 0U);
}

TEST(Allocation, AnExecutionOfVeryManyPicksDoesNotAllocateEither) {
    Machine& machine = new_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        add_body(cpu, [](void*) {
            for (std::uint64_t i = 0; i < 30'000; ++i) put(word(0), i);
        });
    add_all_oracles(machine, {});
    machine.seal();
    EXPECT_EQ(allocations_of(machine, 1), 0U);
    EXPECT_GT(machine.run(1).picks.size(), 10'000U);
}

}  // namespace
}  // namespace lockstep
