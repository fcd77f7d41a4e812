// Figures of fairness: counted per CPU, added up over executions, kept only if asked for.
#include "scenarios/fairness_figures.h"

#include <gtest/gtest.h>

#include "scenarios/harvest.h"
#include "scenarios/sampling.h"
#include "tests/scenarios/scenario_text.h"
#include "tests/scenarios/test_ports.h"

namespace lockstep {
namespace {

RunReport run_asked(const std::string& text, const std::string& port, bool asked) {
    RunOptions options;
    options.scheduler = "random";
    options.fairness = asked;
    return run_scenario(scenario_from(text), open_port(port), options);
}

TEST(FairnessFigures, CountEveryAcquisitionOfEveryCpu) {
    const RunReport report = run_asked(kContention, "rqspinlock", true);
    ASSERT_EQ(report.fairness.size(), 1U);
    const LockFairness& lock = report.fairness[0];
    EXPECT_EQ(lock.acquisitions, std::vector<std::uint64_t>(2, report.executions));
    EXPECT_EQ(lock.refused, 0U);
    EXPECT_GT(lock.wait_steps, 5U);
    EXPECT_EQ(lock.wait_ns, 0U);  // the clock stands still while somebody can run
}

TEST(FairnessFigures, AreKeptOnlyIfAskedFor) {
    EXPECT_TRUE(run_asked(kContention, "rqspinlock", false).fairness.empty());
}

// The NMI is refused at once, the task is served.
TEST(FairnessFigures, TellRefusedAttemptsFromServedOnes) {
    const RunReport report = run_asked(kAaNmi, "rqspinlock", true);
    ASSERT_EQ(report.fairness.size(), 1U);
    EXPECT_EQ(report.fairness[0].acquisitions, std::vector<std::uint64_t>{report.executions});
    EXPECT_EQ(report.fairness[0].refused, report.executions);
}

// CPU0 keeps the lock for 20 ms, so the others wait as long in virtual time.
TEST(FairnessFigures, TellTheLongestWaitAndWhoseItWas) {
    std::string text = kContention;
    text.replace(text.find("    if (!r0)"), 4, "    mdelay(20);\n    ");
    const RunReport report = run_asked(text, "rqspinlock", true);
    EXPECT_GE(report.fairness.at(0).wait_ns, 19 * kNsPerMs);
    EXPECT_LT(report.fairness.at(0).wait_ns, 21 * kNsPerMs);
}

TEST(FairnessFigures, AreSummedInSamplesWhateverTheNumberOfWorkers) {
    SamplingOptions options;
    options.executions = 300;
    options.fairness = true;
    std::vector<LockFairness> before;
    for (const unsigned workers : {1U, 3U}) {
        options.workers = workers;
        const SamplingReport report =
            sample(scenario_from(kContention), open_port("rqspinlock"), options);
        ASSERT_EQ(report.harvest.fairness.size(), 1U);
        EXPECT_EQ(report.harvest.fairness[0].acquisitions, std::vector<std::uint64_t>(2, 300));
        if (!before.empty()) {
            EXPECT_EQ(report.harvest.fairness[0].wait_steps, before[0].wait_steps);
        }
        before = report.harvest.fairness;
    }
}

TEST(LockFairness, AddsCountsAndKeepsTheLongestWaitWithItsCpu) {
    LockFairness all, one;
    all.acquisitions = {1};
    all.wait_steps = 7;
    one.acquisitions = {2, 3};
    one.refused = 1;
    one.wait_steps = 7;
    one.wait_steps_cpu = 1;
    one.wait_ns = 5;
    one.wait_ns_cpu = 1;
    add(all, one);
    EXPECT_EQ(all.acquisitions, (std::vector<std::uint64_t>{3, 3}));
    EXPECT_EQ(all.refused, 1U);
    EXPECT_EQ(all.wait_steps_cpu, 0);
    EXPECT_EQ(all.wait_ns_cpu, 1);
    EXPECT_EQ(all.wait_ns, 5U);
}

TEST(LockFairness, TravelsFromAWorkerAsItIs) {
    Harvest harvest;
    LockFairness lock;
    lock.acquisitions = {4, 5};
    lock.refused = 6;
    lock.wait_steps = 7;
    lock.wait_steps_cpu = 1;
    lock.wait_ns = 8;
    harvest.fairness = {lock};
    const Harvest back = unpack(pack(harvest));
    ASSERT_EQ(back.fairness.size(), 1U);
    EXPECT_EQ(back.fairness[0].acquisitions, lock.acquisitions);
    EXPECT_EQ(back.fairness[0].refused, 6U);
    EXPECT_EQ(back.fairness[0].wait_steps, 7U);
    EXPECT_EQ(back.fairness[0].wait_steps_cpu, 1);
    EXPECT_EQ(back.fairness[0].wait_ns, 8U);
}

}  // namespace
}  // namespace lockstep
