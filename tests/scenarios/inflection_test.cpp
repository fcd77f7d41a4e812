// The inflection point of small scenarios whose answer is known without looking for it.
#include "scenarios/inflection.h"

#include <gtest/gtest.h>

#include "scenarios/runner.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

// The reader must not see the 1: whether it does is settled by the step that writes it, unless
// the reader has read before.
const char* const kRace = R"(scenario: 1
name: race
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  writer: |
    smp_mb();
    smp_mb();
    WRITE_ONCE(x, 1);
    smp_mb();
  reader: |
    smp_mb();
    r0 = READ_ONCE(x);
    smp_mb();
cpus:
  0: { task: writer }
  1: { task: reader }
expect:
  always:
    - reader@1.r0 == 0
)";

class StoreFinder final : public TraceSink {
  public:
    void on_event(const Event& event) override {
        if (event.kind == EventKind::store && event.cpu == 0 && step == 0) step = event.step;
    }
    std::uint64_t step = 0;
};

Inflection inflection(const std::string& text, const std::vector<PickRun>& picks) {
    const Scenario scenario = scenario_from(text);
    const Port port = open_port("rqspinlock");
    const std::optional<Inflection> found = inflection_of(scenario, port, picks, nullptr, nullptr);
    EXPECT_TRUE(found.has_value());
    return found.value_or(Inflection{});
}

TEST(Inflection, OfARaceIsThePickThatLetsTheWriterWrite) {
    const Scenario scenario = scenario_from(kRace);
    StoreFinder store;
    RunOptions options;
    options.replay.emplace();  // no picks: the writer goes first
    options.trace = &store;
    ASSERT_EQ(run_scenario(scenario, open_port("rqspinlock"), options).failures.size(), 1U);
    ASSERT_GT(store.step, 0U);

    const Inflection found = inflection(kRace, {});
    ASSERT_TRUE(found.taken.has_value());
    EXPECT_EQ(found.taken->option.kind, Option::Kind::run);
    EXPECT_EQ(found.taken->option.cpu, 0U);
    EXPECT_EQ(found.taken->step + 1, store.step);
    EXPECT_TRUE(found.exact);
    EXPECT_LT(found.before.failed, found.before.of);
    EXPECT_GT(found.before.failed, 0U);
}

TEST(Inflection, TheOddsGrowAlongTheRunAndEndInCertainty) {
    const Inflection found = inflection(kRace, {});
    ASSERT_GE(found.curve.size(), 3U);
    EXPECT_EQ(found.curve.front().picks, 0U);
    EXPECT_LT(found.curve.front().share.failed, found.curve.front().share.of);
    EXPECT_TRUE(found.curve.back().share.all());
    for (const CurvePoint& point : found.curve)
        EXPECT_EQ(point.share.all(), point.picks >= found.pick) << point.picks;
}

TEST(Inflection, IsTheSameTheSecondTime) {
    const Inflection one = inflection(kRace, {}), two = inflection(kRace, {});
    EXPECT_EQ(one.pick, two.pick);
    EXPECT_EQ(one.before.failed, two.before.failed);
    EXPECT_EQ(one.continuations, two.continuations);
}

TEST(Inflection, OfWhatAlwaysFailsIsNoPickAtAll) {
    std::string text = kRace;
    text.replace(text.find("reader@1.r0 == 0"), 16, "x == 0");
    const Inflection found = inflection(text, {});
    EXPECT_EQ(found.pick, 0U);
    EXPECT_FALSE(found.taken.has_value());
    EXPECT_TRUE(found.exact);
    // Every way to put five steps of one CPU and four of the other in order is one of them.
    EXPECT_GT(found.continuations, 50U);
}

TEST(Inflection, OfAnInterruptThatMustStrikeIsTheStrike) {
    // The handler alone writes; it may strike at any step or not at all.
    const std::string text = R"(scenario: 1
name: strike
machine: { cpus: 1 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    smp_mb();
    smp_mb();
    smp_mb();
  handler: |
    WRITE_ONCE(x, 1);
cpus:
  0: { task: worker }
inject:
  - { ctx: nmi, cpu: 0, run: handler, at: any }
expect:
  always:
    - x == 0
)";
    const Inflection found = inflection(text, {PickRun{0, 2, 1}, PickRun{1, 2, 1}});
    ASSERT_TRUE(found.taken.has_value());
    EXPECT_EQ(found.pick, 2U);
    EXPECT_EQ(found.taken->option.kind, Option::Kind::inject);
    EXPECT_TRUE(found.exact);
}

TEST(Inflection, ThereIsNoneOfARunThatDoesNotFail) {
    const Scenario scenario = scenario_from(kContention);
    const Port port = open_port("rqspinlock");
    EXPECT_FALSE(inflection_of(scenario, port, {}, nullptr, nullptr).has_value());
}

}  // namespace
}  // namespace lockstep
