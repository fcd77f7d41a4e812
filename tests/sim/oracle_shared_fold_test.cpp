// A fold that oracles share: there once, if anybody names it, and told of an event after all of
// them, whoever was added first.
#include <cstddef>

#include "sim/oracles/oracles.h"
#include "sim/state.h"
#include "tests/sim/oracle_events.h"
#include "tests/sim/sim_machine.h"

namespace lockstep {
namespace {

class PreemptOffCount final : public Oracle {
  public:
    const char* name() const override { return "preempt-off-count"; }
    std::uint64_t interest() const override { return event_bit(EventKind::preempt_off); }
    void begin(const OracleSetup&) override {}
    void on_event(const Event&, FindingSink&) override { ++count; }

    std::uint64_t count = 0;
};

const OracleEntry& count_entry() {
    static const OracleEntry entry = make_entry<PreemptOffCount>("preempt-off-count", "");
    return entry;
}

// Counts by itself and expects the fold to be one event behind.
class OneAhead final : public Oracle {
  public:
    const char* name() const override { return "one-ahead"; }
    std::uint64_t interest() const override { return event_bit(EventKind::preempt_off); }
    void share(const Oracle& fold) override { fold_ = static_cast<const PreemptOffCount*>(&fold); }
    void begin(const OracleSetup&) override {}
    void on_event(const Event& event, FindingSink& sink) override {
        if (fold_->count != count_++) sink.report(name(), "order", event, "told too early or late");
    }

  private:
    const PreemptOffCount* fold_ = nullptr;
    std::uint64_t count_ = 0;
};

OracleEntry one_ahead_entry() {
    OracleEntry entry = make_entry<OneAhead>("one-ahead", "");
    entry.shares = &count_entry();
    return entry;
}

TEST(SharedFold, IsToldOfEachEventAfterAllOraclesHaveSeenIt) {
    Machine& machine = new_machine(2);
    for (CpuId cpu = 0; cpu < 2; ++cpu)
        add_body(cpu, [](void*) {
            for (int i = 0; i < 3; ++i) {
                sim_preempt_disable();
                sim_preempt_enable();
            }
        });
    machine.add_oracle(one_ahead_entry());  // the fold is made here
    machine.add_oracle(one_ahead_entry());
    machine.seal();
    const ExecutionResult result = machine.run(1);
    EXPECT_EQ(result.findings_total, 0U);
    ASSERT_EQ(host().oracles.size(), 3U) << "two oracles and one fold for both";
    EXPECT_EQ(static_cast<PreemptOffCount*>(host().oracles[1])->count, 6U);
}

TEST(SharedFold, TheOraclesOfWaitsHaveOneGraphAndWithoutThemThereIsNone) {
    unsigned sharing = 0;
    for (const OracleEntry& entry : oracle_registry())
        if (entry.shares != nullptr) ++sharing;
    EXPECT_EQ(sharing, 4U);
    for (const bool alone : {false, true}) {
        Machine& machine = new_machine(1);
        unsigned added = 0;
        for (const OracleEntry& entry : oracle_registry()) {
            if (alone && entry.shares != nullptr) continue;
            machine.add_oracle(entry);
            ++added;
        }
        EXPECT_EQ(host().oracles.size(), added + (alone ? 0U : 1U));
        unsigned graphs = 0;
        for (const Oracle* oracle : host().oracles)
            if (std::string(oracle->name()) == "wait-graph") ++graphs;
        EXPECT_EQ(graphs, alone ? 0U : 1U);
    }
}

}  // namespace
}  // namespace lockstep
