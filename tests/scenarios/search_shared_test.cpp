// What workers of a search leave for a checkpoint.
#include "scenarios/search_shared.h"

#include <gtest/gtest.h>

#include <string>

#include "scenarios/prepare.h"
#include "scenarios/search_worker.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

TEST(SearchShared, WhatDoesNotFitIsNotTakenForWhatWasThereBefore) {
    SearchShared shared(2);
    shared.leave_bytes(1, "before");
    EXPECT_EQ(shared.bytes_of(1), "before");
    shared.leave_bytes(1, std::string((std::size_t{256} << 20) + 1, 'x'));
    EXPECT_EQ(shared.bytes_of(1), std::nullopt);
}

// A checkpoint may be asked for when one worker has ended and another has not: the counts of the
// first were those of the checkpoint before.
TEST(SearchShared, AWorkerThatHasEndedHasLeftAllItCameTo) {
    const Scenario scenario = scenario_from(kContention);
    const Port port = open_port("rqspinlock");
    PreparedScenario prepared(scenario, port);
    SearchOptions options;
    options.checkpoint = "not written";
    options.bounds.own_memory = false;  // else it may stop to begin again
    StateTable table(std::uint64_t{1} << 24);
    SearchShared shared(1);
    const SearchYield yield = SearchWorker({prepared, options, shared, table, 0, {}, true}).run();
    ASSERT_GT(yield.counts.states, 0U);
    const SearchYield left = SearchYield::unpack(shared.bytes_of(0).value());
    EXPECT_EQ(left.counts.states, yield.counts.states);
    EXPECT_EQ(left.counts.transitions, yield.counts.transitions);
    EXPECT_TRUE(left.left.empty());
}

}  // namespace
}  // namespace lockstep
