// The sampling schedulers: deterministic by seed, replayable, and each with the distribution its
// paper promises, on machines small enough to know it.
#include <array>
#include <map>
#include <memory>
#include <set>

#include "sim/schedulers/estimates.h"
#include "sim/schedulers/portfolio.h"
#include "sim/schedulers/rare_events.h"
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

// Estimates for one test.
struct WithEstimates {
    explicit WithEstimates(const Estimates& known) { set_estimates(known); }
    ~WithEstimates() { set_estimates({}); }
};

Estimates measured(std::uint64_t steps = 16) {
    Estimates known;
    known.measured = true;
    known.steps = steps;
    return known;
}

const std::vector<std::string> kSampling = {"random", "pct", "pos", "urw", "portfolio", "uniform"};

// Three CPUs that share two words, and an NMI on the first.
Machine& busy_machine(const std::string& scheduler) {
    Machine& machine = new_machine(3, scheduler);
    for (CpuId cpu = 0; cpu < 3; ++cpu)
        add_body(cpu, [](void*) {
            for (unsigned i = 0; i < 4; ++i) put(word(i % 2), get(word(i % 2)) + 1);
        });
    machine.add_injection(
        injection_of(Injection::Kind::nmi, [](void*, CpuId) { put(word(2), 1); }));
    machine.seal();
    return machine;
}

class Sampler : public testing::TestWithParam<std::string> {};

TEST_P(Sampler, MakesTheSameExecutionFromTheSameSeedAndOthersFromOthers) {
    Machine& machine = busy_machine(GetParam());
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const ExecutionResult once = machine.run(seed);
        const ExecutionResult again = machine.run(seed);
        ASSERT_EQ(once.picks, again.picks);
        ASSERT_EQ(once.step_hash, again.step_hash);
        hashes.insert(once.step_hash);
    }
    EXPECT_GT(hashes.size(), 20U);
}

TEST_P(Sampler, IsReplayedFromItsPicksAloneAndEndsInTheSameState) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Estimates known = measured(30);
        known.injection_times[0] = 1;
        known.injections[0] = 20;
        const WithEstimates set(known);
        const ExecutionResult sampled = busy_machine(GetParam()).run(seed);
        set_estimates({});
        Machine& machine = busy_machine("replay");
        machine.set_replay(sampled.picks);
        const ExecutionResult replayed = machine.run(0);
        ASSERT_EQ(replayed.diverged_at, 0U);
        ASSERT_EQ(replayed.step_hash, sampled.step_hash);
        ASSERT_EQ(replayed.state_hash, sampled.state_hash);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Sampler, testing::ValuesIn(kSampling),
                         [](const auto& each) { return each.param; });

// --- rare events ---------------------------------------------------------------------------------

// At which step the only NMI struck, over many seeds; 0: it did not.
std::vector<std::uint64_t> strikes(const std::string& scheduler, unsigned seeds) {
    Machine& machine = new_machine(1, scheduler);
    add_body(0, [](void*) {
        for (unsigned i = 0; i < 98; ++i) put(word(0), i);
    });
    machine.add_injection(injection_of(Injection::Kind::nmi, [](void*, CpuId) {}));
    machine.seal();
    EventRecord record;
    std::vector<std::uint64_t> steps;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        record.run(seed);
        const std::vector<Event> fired = record.of(EventKind::inject_fired);
        steps.push_back(fired.empty() ? 0 : fired[0].step + 1);
    }
    return steps;
}

class RareEvent : public testing::TestWithParam<std::string> {};

TEST_P(RareEvent, StrikesAnywhereInTheExecutionAndNowAndThenNotAtAll) {
    Estimates known = measured(100);
    known.injection_times[0] = 1;
    known.injections[0] = 100;
    const WithEstimates set(known);
    std::array<unsigned, 4> quarters{};
    unsigned never = 0;
    for (const std::uint64_t step : strikes(GetParam(), 1000)) {
        if (step == 0)
            ++never;
        else
            ++quarters[std::min<std::uint64_t>((step - 1) / 25, 3)];
    }
    for (const unsigned count : quarters) EXPECT_NEAR(count, 222, 60);
    EXPECT_NEAR(never, 111, 50);
}

INSTANTIATE_TEST_SUITE_P(All, RareEvent,
                         testing::Values("random", "pct", "pos", "urw", "portfolio"),
                         [](const auto& each) { return each.param; });

TEST(RareEvents, WithoutEstimatesComeEarly) {
    unsigned early = 0;
    for (const std::uint64_t step : strikes("random", 200))
        if (step != 0 && step <= 50) ++early;
    EXPECT_GT(early, 180U);
}

TEST(RareEvents, StrikeAsOftenAsTheyMay) {
    Estimates known = measured(100);
    known.injection_times[0] = 3;
    known.injections[0] = 100;
    const WithEstimates set(known);
    Machine& machine = new_machine(1, "random");
    add_body(0, [](void*) {
        for (unsigned i = 0; i < 150; ++i) put(word(0), i);
    });
    Injection injection = injection_of(Injection::Kind::nmi, [](void*, CpuId) {});
    injection.times = 3;
    machine.add_injection(injection);
    machine.seal();
    std::set<std::uint32_t> times;
    for (std::uint64_t seed = 1; seed <= 50; ++seed)
        times.insert(machine.run(seed).injections_fired.at(0));
    EXPECT_EQ(times, std::set<std::uint32_t>{3});  // 150 steps are beyond the horizon of 113
}

// --- pct -----------------------------------------------------------------------------------------

unsigned switches_of(const std::vector<Event>& stores) {
    unsigned switches = 0;
    for (std::size_t i = 1; i < stores.size(); ++i)
        if (stores[i].cpu != stores[i - 1].cpu) ++switches;
    return switches;
}

TEST(Pct, SwitchesAtMostOncePerChangePointBesidesTheEndOfACpu) {
    for (const unsigned depth : {1U, 2U, 4U}) {
        Estimates known = measured(40);
        known.depth = depth;
        const WithEstimates set(known);
        Machine& machine = new_machine(3, "pct");
        for (CpuId cpu = 0; cpu < 3; ++cpu)
            add_body(cpu, [](void*) {
                for (unsigned i = 0; i < 12; ++i) put(word(Machine::instance().this_cpu()), i);
            });
        machine.seal();
        EventRecord record;
        unsigned most = 0;
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            record.run(seed);
            const unsigned switches = switches_of(record.of(EventKind::store));
            ASSERT_LE(switches, depth - 1 + 2) << seed;
            most = std::max(most, switches);
        }
        EXPECT_EQ(most, depth - 1 + 2);
    }
}

TEST(Pct, MeetsAFailureOfDepthTwoAtLeastAsOftenAsItGuarantees) {
    Estimates known = measured(46);
    known.depth = 2;
    const WithEstimates set(known);
    Machine& machine = new_machine(2, "pct");
    Object counter;
    counter.address = reinterpret_cast<std::uint64_t>(&word(0));
    counter.size = 8;
    machine.add_object(counter);
    // An update is lost only by a switch exactly between a read and its write.
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        add_body(cpu, [](void*) {
            for (unsigned i = 0; i < 20; ++i) put(word(1 + Machine::instance().this_cpu()), i);
            put(word(0), get(word(0)) + 1);
        });
    machine.seal();
    constexpr unsigned kRuns = 4000;
    unsigned lost = 0;
    EventRecord record;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
        record.run(seed);
        std::uint64_t last = 0;
        for (const Event& event : record.of(EventKind::store))
            if (event.object != kNoObject) last = event.value;
        if (last == 1) ++lost;
    }
    EXPECT_GE(lost, kRuns / (2 * 46));
    EXPECT_LE(lost, kRuns / 4);
}

// --- pos -----------------------------------------------------------------------------------------

// Picks by hand: what stands before which CPU is set by the test.
std::array<PendingAccess, 3> pending_now;
PendingAccess pending_of(CpuId cpu) {
    return pending_now.at(cpu);
}

struct HandMade {
    explicit HandMade(const std::string& scheduler)
        : entry(scheduler_named(scheduler)),
          memory(entry.size + entry.alignment),
          made(entry.construct(aligned())) {}
    void* aligned() {
        void* at = memory.data();
        std::size_t room = memory.size();
        return std::align(entry.alignment, entry.size, at, room);
    }
    CpuId pick(const std::vector<CpuId>& cpus, std::uint64_t step) {
        std::vector<Option> options;
        for (const CpuId cpu : cpus) options.push_back({Option::Kind::run, cpu, 0});
        Choices choices;
        choices.options = options.data();
        choices.count = choices.current = static_cast<std::uint32_t>(options.size());
        choices.step = step;
        choices.pending = pending_of;
        return options.at(made->pick(choices).index).cpu;
    }
    const SchedulerEntry& entry;
    std::vector<std::byte> memory;
    Scheduler* made;
};

// How often CPU 1 goes before CPU 2 when both were behind CPU 0 in the first pick.
unsigned first_after(const PendingAccess& first, const PendingAccess& second) {
    unsigned ones = 0;
    unsigned seen = 0;
    for (std::uint64_t seed = 1; seen < 1000; ++seed) {
        HandMade pos("pos");
        pos.made->begin(seed);
        pending_now = {first, second, PendingAccess{0x9000, 8, false, ObjectKind::other}};
        if (pos.pick({0, 1, 2}, 1) != 0) continue;
        ++seen;
        if (pos.pick({1, 2}, 2) == 1) ++ones;
    }
    return ones;
}

TEST(Pos, RedrawsThePriorityOfAConflictingAccessOnly) {
    const PendingAccess write{0x1000, 4, true, ObjectKind::other};
    const PendingAccess overlapping_read{0x1002, 1, false, ObjectKind::other};
    const PendingAccess elsewhere{0x2000, 4, true, ObjectKind::other};
    const PendingAccess read{0x1000, 4, false, ObjectKind::other};
    // CPU 0 had the highest of three priorities. Of the other two each is ahead half of the time; a
    // new one, which knows nothing of that, is ahead of the mean of the lower two, 3/8.
    EXPECT_NEAR(first_after(write, elsewhere), 500, 45);
    EXPECT_NEAR(first_after(read, overlapping_read), 500, 45);
    EXPECT_NEAR(first_after(write, overlapping_read), 625, 45);
    EXPECT_NEAR(first_after(elsewhere, elsewhere), 625, 45);
}

// --- urw -----------------------------------------------------------------------------------------

// Which of the stores of CPU 0 the only one of CPU 1 came behind: 0..3, over many seeds.
std::array<unsigned, 4> orders(const std::string& scheduler, unsigned seeds) {
    Machine& machine = new_machine(2, scheduler);
    Object lock;
    lock.address = reinterpret_cast<std::uint64_t>(&word(0));
    lock.size = 8;
    lock.kind = ObjectKind::lock_word;
    machine.add_object(lock);
    add_body(0, [](void*) {
        put(word(2), 1);  // the first step of a task is not known beforehand
        for (unsigned i = 0; i < 3; ++i) put(word(0), i);
    });
    add_body(1, [](void*) {
        for (unsigned i = 0; i < 9; ++i) put(word(1), i);  // selected by nobody
        put(word(0), 9);
    });
    machine.seal();
    EventRecord record;
    std::array<unsigned, 4> counts{};
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        record.run(seed);
        unsigned before = 0;
        for (const Event& event : record.of(EventKind::store)) {
            if (event.object == kNoObject) continue;
            if (event.cpu == 1) break;
            ++before;
        }
        ++counts[before];
    }
    return counts;
}

TEST(Urw, IsUniformOverTheOrdersOfSelectedAccesses) {
    Estimates known = measured(14);
    known.selected[0] = 3;
    known.selected[1] = 1;
    const WithEstimates set(known);
    for (const unsigned count : orders("urw", 2000)) EXPECT_NEAR(count, 500, 90);
    // A walk that is uniform over steps hardly ever lets CPU 1 be first.
    EXPECT_LT(orders("random", 2000)[0], 50U);
}

// --- portfolio -----------------------------------------------------------------------------------

TEST(Portfolio, MakesTheExecutionsOfItsMembersByTheSeed) {
    std::map<std::string, unsigned> members;
    for (std::uint64_t seed = 1; seed <= 64; ++seed) {
        const std::string member = portfolio_member(seed);
        ++members[member];
        const ExecutionResult mixed = busy_machine("portfolio").run(seed);
        ASSERT_EQ(mixed.picks, busy_machine(member).run(seed).picks);
    }
    EXPECT_EQ(members.size(), 4U);
    for (const auto& [member, count] : members) EXPECT_NEAR(count, 16, 1) << member;
}

TEST(Portfolio, LetsEveryMemberMeetEveryPointOfAnInjection) {
    for (const std::uint64_t points : {2U, 4U, 8U}) {
        std::set<std::pair<std::string, std::uint64_t>> met;
        for (std::uint64_t seed = 1; seed <= 512; ++seed)
            met.insert({portfolio_member(seed), seed % points});
        EXPECT_EQ(met.size(), 4 * points);
    }
}

// --- what schedulers are told --------------------------------------------------------------------

// Takes the first CPU that can run, and remembers what it was said to be about to do.
std::vector<std::pair<CpuId, PendingAccess>> told_pending;

class Listener final : public Scheduler {
  public:
    const char* name() const override { return "listener"; }
    void begin(std::uint64_t seed) override { rng_ = Rng(seed); }
    Pick pick(const Choices& choices) override {
        const std::uint32_t index = rng_.below(choices.count);
        const Option& option = choices.options[index];
        if (option.kind == Option::Kind::run)
            told_pending.push_back({option.cpu, choices.pending(option.cpu)});
        return {index, 0};
    }

  private:
    Rng rng_;
};

struct Made {
    std::uint64_t address;
    unsigned size;
    bool write;
};

std::vector<Made> accesses_of(const EventRecord& record, CpuId cpu) {
    const auto& objects = Machine::instance().objects();
    std::vector<Made> made;
    for (const Event& event : record.events) {
        const bool store = event.kind == EventKind::store;
        if (event.cpu != cpu || (event.kind != EventKind::load && !store)) continue;
        made.push_back({objects.at(event.object).address + event.offset, event.size, store});
    }
    return made;
}

void touch_words(void*) {
    get(word(0));
    put(word(1), 1);
    std::uint64_t expected = 0;
    sim_cmpxchg(&word(0), &expected, 1, 4, SIM_ACQUIRE, SIM_SITE("cmpxchg"));
    sim_fence(SIM_MB, SIM_SITE("smp_mb()"));
    get(word(0));
}

TEST(Choices, SayWhatEachCpuIsAboutToTouch) {
    Machine& machine = new_machine(2);
    for (const unsigned i : {0U, 1U, 3U}) {
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(&word(i));
        object.size = 8;
        object.kind = i == 0 ? ObjectKind::lock_word : ObjectKind::other;
        machine.add_object(object);
    }
    for (CpuId cpu = 0; cpu < 2; ++cpu) add_body(cpu, touch_words);
    machine.add_injection(
        injection_of(Injection::Kind::nmi, [](void*, CpuId) { put(word(3), 1); }));
    machine.seal();
    const SchedulerEntry listener = {
        "listener", "", sizeof(Listener), 16,
        [](void* memory) -> Scheduler* { return new (memory) Listener; }};
    machine.set_scheduler(listener);
    const auto lock = reinterpret_cast<std::uint64_t>(&word(0));
    std::set<std::uint64_t> places;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        told_pending.clear();
        EventRecord record;
        record.run(seed);
        for (CpuId cpu = 0; cpu < 2; ++cpu) {
            const std::vector<Made> made = accesses_of(record, cpu);
            std::size_t next = 0;
            for (const auto& [who, access] : told_pending) {
                if (who != cpu || access.address == 0) continue;
                // A step that left no choice was not told of.
                while (next < made.size() && made[next].address != access.address) ++next;
                ASSERT_LT(next, made.size());
                ASSERT_EQ(made[next].size, access.size);
                ASSERT_TRUE(access.write || !made[next].write);  // a cmpxchg may fail
                ASSERT_EQ(access.object == ObjectKind::lock_word, access.address == lock);
                places.insert(access.address);
                ++next;
            }
        }
    }
    EXPECT_EQ(places.size(), 3U);
}

}  // namespace
}  // namespace lockstep
