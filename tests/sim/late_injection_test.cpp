// Where everybody waits for time, an injection that may strike anywhere may also let time go on and
// strike later: in a search and in ordinary executions alike.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <unordered_set>

#include "sim/explorer.h"
#include "tests/sanitized.h"
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

constexpr TimeNs kPatience = kNsPerMs;

// Waits for what never comes, and says that it gave up. Word 1: it did.
void lose_patience(void*) {
    const TimeNs begin = sim_clock(SIM_SITE("begin"));
    while (get(word(0)) == 0) {
        if (sim_clock(SIM_SITE("now")) - begin > kPatience) break;
        sim_relax(SIM_SITE("cpu_relax()"));
    }
    put(word(1), 1);
    get(word(2));
}

enum Struck : std::uint64_t { never, while_waiting, after_giving_up };

void note_when(void*, CpuId) {
    put(word(4), sim_clock(SIM_SITE("when")));
    put(word(3), get(word(1)) == 0 ? while_waiting : after_giving_up);
}

Machine& one_nmi(MachineConfig config = {}) {
    Machine& machine = new_machine(config);
    add_body(0, lose_patience);
    Injection nmi = injection_of(Injection::Kind::nmi, note_when);
    nmi.at.kind = Trigger::Kind::any;
    machine.add_injection(nmi);
    machine.seal();
    return machine;
}

// Every end of an execution, as the handler saw it: when it struck, and at which virtual times.
class Ends final : public Explorer::Client {
  public:
    bool fresh(std::uint64_t hash) override { return states_.insert(hash).second; }
    void on_end(const ExecutionResult& result) override {
        EXPECT_EQ(result.reason, EndReason::finished);
        times[word(3)].insert(word(4));
        ways.push_back({explorer->path(), word(3), word(4)});
    }
    bool on_finding(const ExecutionResult&) override { return true; }

    struct Way {
        Path path;
        std::uint64_t struck, when;
    };
    std::map<std::uint64_t, std::set<TimeNs>> times;
    std::vector<Way> ways;
    const Explorer* explorer = nullptr;

  private:
    std::unordered_set<std::uint64_t> states_;
};

Ends search(const ExploreBounds& bounds = {}) {
    Ends ends;
    Explorer explorer(bounds, ends);
    ends.explorer = &explorer;
    for (explorer.begin(); !explorer.done();) explorer.advance();
    EXPECT_EQ(explorer.counts().truncated, 0U);
    return ends;
}

TEST(LateInjection, StrikesBeforeTimeGoesOnAndAfterwardsAndNotAtAll) {
    one_nmi();
    const Ends ends = search();
    ASSERT_EQ(ends.times.size(), 3U);
    EXPECT_EQ(ends.times.count(never), 1U);
    EXPECT_GT(*ends.times.at(after_giving_up).begin(), kPatience);
}

// docs/limits.md: while a waiter only looks again, what strikes finds what it would have found
// before. Right before something changes it may strike once more.
TEST(LateInjection, IsPutOffWhileWaitersOnlyLookAgain) {
    one_nmi();
    const Ends ends = search();
    const std::set<TimeNs>& times = ends.times.at(while_waiting);
    ASSERT_EQ(times.size(), 2U);
    EXPECT_EQ(*times.begin(), 0U);
    EXPECT_GT(*times.rbegin(), kPatience);
}

TEST(LateInjection, IsNotForcedByABoundThatForbidsIt) {
    one_nmi();
    ExploreBounds bounds;
    bounds.injections = 0;
    const Ends ends = search(bounds);
    ASSERT_EQ(ends.times.size(), 1U);
    EXPECT_EQ(ends.times.count(never), 1U);
}

TEST(LateInjection, OfASearchIsTheSameOnItsPathInAnOrdinaryExecution) {
    if (kSanitized) GTEST_SKIP() << "the paths of equal states are kept apart";
    Machine& machine = one_nmi();
    for (const bool every_step : {false, true}) {
        ExploreBounds bounds;
        bounds.every_step = every_step;
        const Ends ends = search(bounds);
        ASSERT_GT(ends.ways.size(), 3U);
        machine.set_scheduler(scheduler_named("follow"));
        for (const Ends::Way& way : ends.ways) {
            machine.set_path(way.path, bounds.chain_rules());
            const ExecutionResult result = machine.run(1);
            EXPECT_EQ(result.diverged_at, 0U);
            EXPECT_EQ(word(3), way.struck);
            EXPECT_EQ(word(4), way.when);
        }
    }
}

TEST(LateInjection, IsSampledAndReplayed) {
    Machine& machine = one_nmi();
    std::set<std::uint64_t> struck;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        machine.set_scheduler(scheduler_named("random"));
        const ExecutionResult sampled = machine.run(seed);
        struck.insert(word(3));
        machine.set_scheduler(scheduler_named("replay"));
        machine.set_replay(sampled.picks);
        const ExecutionResult again = machine.run(0);
        ASSERT_EQ(again.step_hash, sampled.step_hash) << seed;
        ASSERT_EQ(again.diverged_at, 0U) << seed;
    }
    EXPECT_EQ(struck, (std::set<std::uint64_t>{never, while_waiting, after_giving_up}));
}

// Nothing will ever come: the injection strikes, as there is nothing it could let go on.
TEST(LateInjection, StrikesWhereNoTimeCanPass) {
    Machine& machine = new_machine(1);
    add_body(0, [](void*) {
        Machine::instance().wait_until([](void*) { return word(0) != 0; }, nullptr);
    });
    Injection nmi = injection_of(Injection::Kind::nmi, [](void*, CpuId) { put(word(0), 1); });
    nmi.at.kind = Trigger::Kind::any;
    machine.add_injection(nmi);
    machine.seal();
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        ASSERT_EQ(machine.run(seed).reason, EndReason::finished) << seed;
}

}  // namespace
}  // namespace lockstep
