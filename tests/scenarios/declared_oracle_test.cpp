// A lock with an upstream bug is found without a script by the oracle that it declares, where
// nothing is allowed that this oracle could mean.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "scenarios/sampling.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

TEST(DeclaredOracle, OfTheNmiThatQueuesBehindItsOwnWaiterSpeaksWithoutAScript) {
    std::ifstream file(LOCKSTEP_SOURCE_DIR "/scenarios/stress/two-locks-nmi-6cpu.yaml");
    const Scenario scenario = scenario_from(std::string{std::istreambuf_iterator<char>(file), {}});
    EXPECT_TRUE(scenario.script.empty());
    for (const char* const name : {"broken/r04-queues-behind-itself", "rqspinlock"}) {
        const Port port = open_port(name);
        SamplingOptions options;
        options.strategy = "urw";
        options.executions = 1500;
        options.workers = 2;
        const SamplingReport report = sample(scenario, port, options);
        if (port.caught_by.empty()) {
            EXPECT_TRUE(report.discoveries.empty()) << report.discoveries[0].failure.text;
            continue;
        }
        ASSERT_EQ(report.discoveries.size(), 1U);
        EXPECT_EQ(report.discoveries[0].failure.oracle, port.caught_by);
    }
}

}  // namespace
}  // namespace lockstep
