// The wait graph as bytes: what it keeps tells states of a search apart. What it says is tested
// with the oracles that look at it.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

std::string bytes_of(History& h) {
    return {h.memory(), h.size()};
}

TEST(WaitGraph, AnAttemptThatWasPutAsideWithItsTaskComesBackAsItWas) {
    History h("wait-graph");
    h.start(0, 3);
    h.takes(0, A);
    h.wants(0, A);
    h.records(0, A);
    const std::string before = bytes_of(h);
    h.switch_to(0, 4);
    const std::string aside = bytes_of(h);
    h.switch_to(0, 3);
    EXPECT_NE(before, aside);
    EXPECT_EQ(before, bytes_of(h));
}

TEST(WaitGraph, WhatIsOverLeavesNoTrace) {
    History h("wait-graph");
    const std::string before = bytes_of(h);
    h.at(kMs);
    h.takes(1, A);
    h.wants(2, A);
    h.at(2 * kMs);
    h.parks_on_word(2, A);
    h.gets(2, A, kTimeout);
    h.releases(1, A);
    EXPECT_EQ(before, bytes_of(h));
}

// When waits went on is of interest only where somebody can say how long they may take.
TEST(WaitGraph, TheTimeOfAReturnOrALookIsKeptOnlyIfTheClockIsTrue) {
    for (const bool may_stall : {false, true})
        for (const bool looks : {false, true}) {
            std::string bytes[2];
            for (const int late : {0, 1}) {
                History h("wait-graph");
                h.setup.clock_may_stall = may_stall;
                h.takes(0, B);
                h.takes(1, A);
                h.wants(0, A);
                if (!looks) h.enter(0, Context::nmi);
                h.at(late == 0 ? kMs : 2 * kMs);
                if (looks)
                    h.parks_on_word(0, A);
                else
                    h.leave(0);
                bytes[late] = bytes_of(h);
            }
            // The graph points at the setup of its history, which is nothing of its own.
            const std::size_t own = sizeof(void*) * 2;
            EXPECT_EQ(bytes[0].substr(own) == bytes[1].substr(own), may_stall) << looks;
        }
}

}  // namespace
}  // namespace lockstep
