// Our C++ rqspinlock against the kernel's own file, over the scenario library: the same scenario,
// the same script and the same schedules must give the same return values, and the lock words must
// go through the same values.
//
// Both locks make their accesses in the same order, one step each, so equal seeds are equal
// schedules and every execution is compared with its twin, not only the sets of outcomes. What is
// compared, and what is not, is written down in docs/decisions/differential.md. Needs registered
// kernel ports (lockstep port add); without one the test is skipped and says so.
//
// LOCKSTEP_DIFFERENTIAL=10000 in the environment sets the number of schedules of each scenario;
// LOCKSTEP_DIFFERENTIAL_SECONDS=20 ends each after so long, and what is printed says with how many.
// Otherwise as many are made as fit into a moment.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/family_scheduler.h"
#include "scenarios/plan.h"
#include "scenarios/prepare.h"
#include "sim/machine.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

// Three CPUs and NMIs at any step, on one lock: every path of it but the timeouts.
const char* const kStorm = R"(scenario: 1
name: storm
machine: { cpus: 3 }
locks: { A: rqspinlock }
programs:
  worker: |
    repeat (3) {
      r0 = res_spin_lock(A);
      if (!r0) res_spin_unlock(A);
    }
  handler: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus:
  0-2: { task: worker }
inject:
  - { ctx: nmi, cpu: 0, run: handler, times: 2, at: any }
  - { ctx: nmi, cpu: 1, run: handler, at: any }
expect:
  always: [ A.word == 0 ]
)";

// A circle of CPUs, each holding one lock and taking the next; the script makes it certain.
const char* const kCircle = R"(scenario: 1
name: circle
machine: { cpus: 2 }
locks: { A: rqspinlock, B: rqspinlock }
params: { first: [A, B], second: [B, A] }
programs:
  worker: |
    r0 = res_spin_lock($first);
    r1 = res_spin_lock($second);
    if (!r1) res_spin_unlock($second);
    if (!r0) res_spin_unlock($first);
cpus:
  0-1: { task: worker }
script:
  - run cpu0 until holds A
  - run cpu1 until holds B
expect:
  always: [ A.word == 0 ]
)";

// An owner that keeps the lock until everybody else has given up: pending, head and queue.
const char* const kStuckOwner = R"(scenario: 1
name: stuck-owner
machine: { cpus: 4 }
locks: { A: rqspinlock }
programs:
  owner: |
    r0 = res_spin_lock(A);
    wait_until(exited(waiter));
    res_spin_unlock(A);
  waiter: |
    wait_until(A.locked);
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus:
  0: { task: owner }
  1-3: { task: waiter }
expect:
  always: [ A.word == 0 ]
)";

// One execution, folded: two executions with equal numbers did the same.
struct Conduct {
    std::uint64_t returns;  // who got what from which lock, in order
    std::uint64_t words;    // every value of every lock word, in order
    std::uint64_t times;    // when both of these happened
};

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    return hash ^ (hash >> 29);
}

class ConductObserver final : public Oracle {
  public:
    const char* name() const override { return "conduct"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_end);
    }
    void begin(const OracleSetup&) override { conduct_ = {1, 1, 1}; }
    void on_event(const Event& event, FindingSink&) override {
        const bool word =
            event.kind == EventKind::store && event.object_kind == ObjectKind::lock_word;
        if (!word && event.kind != EventKind::acquire_end) return;
        const std::uint64_t who = std::uint64_t{event.cpu} << 16 |
                                  std::uint64_t{static_cast<std::uint8_t>(event.context)} << 8 |
                                  event.lock;
        std::uint64_t& hash = word ? conduct_.words : conduct_.returns;
        hash = mixed(mixed(hash, who), event.value);
        if (word) hash = mixed(hash, std::uint64_t{event.offset} << 8 | event.size);
        conduct_.times = mixed(conduct_.times, event.time);
    }
    const Conduct& conduct() const { return conduct_; }

  private:
    Conduct conduct_{};
};

ConductObserver* observer_here = nullptr;

Oracle* make_observer(void* memory) {
    return observer_here = new (memory) ConductObserver;
}

constexpr OracleEntry kObserver = {
    "conduct",    "what an execution did", sizeof(ConductObserver), alignof(ConductObserver), 0,
    make_observer};

// A scenario on a port, execution by execution.
class Contestant {
  public:
    Contestant(const Scenario& scenario, const Port& port)
        : prepared_(scenario, port, &kObserver) {}

    std::vector<Conduct> run(std::uint64_t executions, std::chrono::milliseconds at_most) {
        const auto begin = std::chrono::steady_clock::now();
        std::vector<Conduct> all;
        const std::uint64_t round_robins = families(prepared_.scenario());
        for (std::uint64_t i = 0; i < executions; ++i) {
            if (i > round_robins && std::chrono::steady_clock::now() - begin > at_most) break;
            const bool round_robin = i < round_robins;
            use(round_robin ? "round-robin" : "random");
            Machine::instance().run(round_robin ? i : i - round_robins + 1);
            all.push_back(observer_here->conduct());
        }
        return all;
    }

  private:
    void use(const char* scheduler) {
        Machine::instance().set_scheduler(family_scheduler(*find_scheduler(scheduler)));
    }

    PreparedScenario prepared_;
};

constexpr std::chrono::milliseconds kMoment{kSanitized ? 50 : 150};
constexpr std::uint64_t kUsual = kSanitized ? 20 : 1000;
constexpr std::chrono::hours kForEver{1};

struct Difference {
    std::uint64_t executions = 0, returns = 0, words = 0, times = 0;
    std::uint64_t first = 0;  // the first execution whose returns or words differ
};

// How often the twin executions of two ports differ.
Difference compare(const Scenario& scenario, const Port& one, const Port& other,
                   std::uint64_t usual = kUsual, std::chrono::milliseconds patience = kMoment) {
    const char* const wanted = std::getenv("LOCKSTEP_DIFFERENTIAL");
    const char* const seconds = std::getenv("LOCKSTEP_DIFFERENTIAL_SECONDS");
    std::uint64_t executions = usual;
    if (wanted != nullptr) {
        executions = std::strtoull(wanted, nullptr, 10);
        patience = kForEver;
        if (seconds != nullptr)
            patience = std::chrono::seconds(std::strtoull(seconds, nullptr, 10));
    }
    const std::vector<Conduct> ones = Contestant(scenario, one).run(executions, patience);
    const std::vector<Conduct> others = Contestant(scenario, other).run(ones.size(), kForEver);
    Difference difference;
    difference.executions = ones.size();
    for (std::size_t i = 0; i < ones.size(); ++i) {
        const bool same = ones[i].returns == others[i].returns && ones[i].words == others[i].words;
        if (!same && difference.returns + difference.words == 0) difference.first = i;
        difference.returns += ones[i].returns != others[i].returns ? 1 : 0;
        difference.words += ones[i].words != others[i].words ? 1 : 0;
        difference.times += ones[i].times != others[i].times ? 1 : 0;
    }
    return difference;
}

// The library, and what the tests bring along; only what both ports can run.
std::vector<Scenario> scenarios_for(const Port& one, const Port& other) {
    std::vector<std::string> texts = {kContention, kAaNmi, kStorm, kCircle, kStuckOwner};
    std::vector<std::filesystem::path> paths;
    const std::filesystem::path library = std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "scenarios";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(library))
        if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const std::filesystem::path& path : paths) {
        std::ifstream file(path);
        std::stringstream text;
        text << file.rdbuf();
        texts.push_back(text.str());
    }
    std::vector<Scenario> scenarios;
    for (const std::string& text : texts) {
        Scenario scenario = scenario_from(text);
        const bool ours_under_test =
            std::all_of(scenario.locks.begin(), scenario.locks.end(),
                        [&](const LockDeclaration& lock) { return served_by_port(lock, one); });
        scenario.port.reset();  // a scenario about one kernel port is run on its twin as well
        if (ours_under_test && skip_reason(scenario, one).empty() &&
            skip_reason(scenario, other).empty())
            scenarios.push_back(std::move(scenario));
    }
    return scenarios;
}

void fight(const std::string& kernels, const std::string& ours) {
    const std::vector<Port> ports = list_ports();
    if (std::none_of(ports.begin(), ports.end(),
                     [&](const Port& port) { return port.name == kernels; }))
        GTEST_SKIP() << "no kernel port " << kernels << " is registered";
    const Port kernel = open_port(kernels);  // one that is registered must also load
    const Port mine = open_port(ours);
    std::uint64_t executions = 0;
    for (const Scenario& scenario : scenarios_for(kernel, mine)) {
        const Difference difference = compare(scenario, kernel, mine);
        executions += difference.executions;
        if (std::getenv("LOCKSTEP_DIFFERENTIAL") != nullptr)
            std::fprintf(stderr, "%s on %s: %llu executions, %llu differ\n", scenario.name.c_str(),
                         kernels.c_str(), static_cast<unsigned long long>(difference.executions),
                         static_cast<unsigned long long>(difference.returns + difference.words +
                                                         difference.times));
        EXPECT_EQ(difference.returns, 0u)
            << scenario.name << ": other return values, first in execution " << difference.first
            << " of " << difference.executions;
        EXPECT_EQ(difference.words, 0u)
            << scenario.name << ": other lock words, first in execution " << difference.first
            << " of " << difference.executions;
        EXPECT_EQ(difference.times, 0u) << scenario.name << ": the same at other times";
    }
    testing::Test::RecordProperty("executions", std::to_string(executions));
    EXPECT_GT(executions, 0u);
}

TEST(ScenarioDifferential, TheSameLockIsNoDifferenceAndAnotherIsOne) {
    const Scenario scenario = scenario_from(kContention);
    const Port ours = open_port("rqspinlock");
    constexpr std::uint64_t kEnough = 100;
    const Difference none = compare(scenario, ours, ours, kEnough, kForEver);
    EXPECT_GT(none.executions, kEnough / 2);
    EXPECT_EQ(none.returns + none.words + none.times, 0u);
    const Difference words =
        compare(scenario, ours, open_port("rqspinlock-tas"), kEnough, kForEver);
    EXPECT_GT(words.words, 0u);
    const Difference returns =
        compare(scenario, ours, open_port("broken/counts-own-attempt"), kEnough, kForEver);
    EXPECT_GT(returns.returns, 0u) << "a lock that returns other values must not pass";
}

TEST(ScenarioDifferential, OurLockDoesWhatTheKernelsDoesOnX86) {
    fight("linux/x86_64", "rqspinlock");
}

TEST(ScenarioDifferential, OurFallbackDoesWhatTheKernelsDoesWithoutQueuedLocks) {
    fight("linux/tas", "rqspinlock-tas");
}

}  // namespace
}  // namespace lockstep
