// Our C++ rqspinlock against the kernel's own file: the same workload under the same schedules must
// give the same return values at the same times and the same history of every lock word.
//
// Known differences, none of which reaches that far: our accesses are all marked where the
// kernel's are plain; the kernel's plain store of the node count is reported after the note that
// contention begins, ours before it. Needs a registered kernel port (lockstep port add).
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/machine.h"
#include "tests/lock/lock_machine.h"
#include "tests/sanitized.h"

namespace lockstep {
namespace {

struct Duel {
    const char* name;
    unsigned cpus;
    unsigned circle;  // 0: all take lock 0, three times; n: CPU c takes lock c%n, then the next
    unsigned nmis;    // on CPU 0, at any step: takes lock 0
    std::uint64_t seeds;
};

constexpr std::uint64_t kMany = kSanitized ? 100 : 10'000;
constexpr std::uint64_t kCircles = kSanitized ? 100 : 1'000;

const Duel kDuels[] = {
    {"alone", 1, 0, 0, 10},
    {"alone, interrupted", 1, 0, 2, kMany},
    {"two CPUs", 2, 0, 0, kMany},
    {"two CPUs, interrupted", 2, 0, 2, kMany},
    {"three CPUs", 3, 0, 0, kMany},
    {"three CPUs, interrupted", 3, 0, 2, kMany},
    {"five CPUs", 5, 0, 0, kMany},
    {"AA", 1, 1, 0, 10},
    {"ABBA", 2, 2, 0, kCircles},
    {"ABBA, interrupted", 2, 2, 1, kCircles},
    {"ABBA between four CPUs", 4, 2, 0, kCircles},
    {"ABBCCA", 3, 3, 0, kSanitized ? 2 : 20},
};

// What an execution did, as one number: lock words and return values, with their times.
class History final : public TraceSink {
  public:
    void on_event(const Event& event) override {
        const bool word =
            event.kind == EventKind::store && event.object_kind == ObjectKind::lock_word;
        if (!word && event.kind != EventKind::acquire_end) return;
        mix(event.cpu);
        mix(static_cast<std::uint64_t>(event.context));
        mix(event.lock);
        mix(event.offset);
        mix(event.size);
        mix(event.value);
        mix(event.time);
    }
    std::uint64_t take() {
        const std::uint64_t taken = hash_;
        hash_ = kStart;
        return taken;
    }

  private:
    static constexpr std::uint64_t kStart = 0xcbf29ce484222325;
    void mix(std::uint64_t value) {
        hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15;
        hash_ ^= hash_ >> 29;
    }
    std::uint64_t hash_ = kStart;
};

LockMachine* machine_here = nullptr;
const Duel* duel_here = nullptr;

void take_and_release(LockId lock) {
    if (machine_here->acquire(lock) == 0) machine_here->release(lock);
}

void body(void* argument) {
    if (duel_here->circle == 0) {
        for (unsigned round = 0; round < 3; ++round) take_and_release(0);
        return;
    }
    const auto cpu = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(argument));
    const auto own = static_cast<LockId>(cpu % duel_here->circle);
    const auto other = static_cast<LockId>((cpu + 1) % duel_here->circle);
    if (machine_here->acquire(own) != 0) return;
    take_and_release(other);
    machine_here->release(own);
}

std::vector<std::uint64_t> histories(const std::string& port, const Duel& duel) {
    LockMachine machine(open_port(port), duel.cpus, duel.circle == 0 ? 1 : duel.circle);
    machine_here = &machine;
    duel_here = &duel;
    for (std::uintptr_t cpu = 0; cpu < duel.cpus; ++cpu)
        machine.add_task(static_cast<CpuId>(cpu), body, reinterpret_cast<void*>(cpu));
    if (duel.nmis != 0) {
        Injection nmi =
            machine.injection(Injection::Kind::nmi, 0, [](void*, CpuId) { take_and_release(0); });
        nmi.times = duel.nmis;
        Machine::instance().add_injection(nmi);
    }
    machine.seal();
    History history;
    Machine::instance().set_trace(&history);
    std::vector<std::uint64_t> all;
    for (std::uint64_t seed = 0; seed <= duel.seeds; ++seed) {
        machine.run(seed == 0 ? "round-robin" : "random", seed);
        all.push_back(history.take());
    }
    Machine::instance().set_trace(nullptr);
    return all;
}

void fight(const std::string& kernel, const std::string& ours) {
    try {
        open_port(kernel);
    } catch (const PortError&) {
        GTEST_SKIP() << "no kernel port " << kernel << " is registered";
    }
    for (const Duel& duel : kDuels) {
        const auto theirs = histories(kernel, duel);
        const auto mine = histories(ours, duel);
        ASSERT_EQ(theirs.size(), mine.size());
        std::uint64_t different = 0;
        std::uint64_t first = 0;
        for (std::uint64_t seed = 0; seed < mine.size(); ++seed) {
            if (theirs[seed] == mine[seed]) continue;
            if (different++ == 0) first = seed;
        }
        EXPECT_EQ(different, 0u) << duel.name << ": first with seed " << first;
    }
}

TEST(Differential, tells_locks_apart_that_do_something_else) {
    const Duel duel = {"two CPUs", 2, 0, 0, 20};
    EXPECT_EQ(histories("rqspinlock", duel), histories("rqspinlock", duel));
    EXPECT_NE(histories("broken/ignored-cmpxchg", duel), histories("rqspinlock", duel));
    EXPECT_NE(histories("rqspinlock-tas", duel), histories("rqspinlock", duel));
}

TEST(Differential, our_queued_lock_does_what_the_kernels_does_on_x86_64) {
    fight("linux/x86_64", "rqspinlock");
}

TEST(Differential, our_test_and_set_lock_does_what_the_kernels_does) {
    fight("linux/tas", "rqspinlock-tas");
}

}  // namespace
}  // namespace lockstep
