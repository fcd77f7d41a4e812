// Turns of a native spin that are not made must not be missed: executions of kernel locks are the
// same to the last step with all of them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/prepare.h"
#include "sim/machine.h"
#include "tests/scenarios/library.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kSpinSeeds = 25;

std::vector<ExecutionResult> spun_executions(const Scenario& scenario, Port port, Turns turns) {
    port.facts.turns = turns;
    PreparedScenario prepared(scenario, port);
    for (const SchedulerEntry& entry : scheduler_registry())
        if (std::string("random") == entry.name) Machine::instance().set_scheduler(entry);
    std::vector<ExecutionResult> all;
    for (std::uint64_t seed = 1; seed <= kSpinSeeds; ++seed)
        all.push_back(Machine::instance().run(seed));
    return all;
}

// In how many executions time went on: of the others this says nothing.
unsigned compare_turns(const std::string& name, const std::string& flavour) {
    const Scenario scenario = library_scenario(name);
    const Port port = built(*real_kernel_tree(), flavour);
    EXPECT_EQ(port.facts.turns, Turns::in_u16);
    const auto made = spun_executions(scenario, port, Turns::made);
    const auto skipped = spun_executions(scenario, port, port.facts.turns);
    unsigned waited = 0;
    for (std::uint64_t i = 0; i < kSpinSeeds; ++i) {
        if (made[i].time > 0) ++waited;
        EXPECT_EQ(skipped[i].step_hash, made[i].step_hash) << name << " seed " << i + 1;
        EXPECT_EQ(skipped[i].state_hash, made[i].state_hash) << name << " seed " << i + 1;
        EXPECT_EQ(skipped[i].time, made[i].time) << name << " seed " << i + 1;
        EXPECT_EQ(skipped[i].picks, made[i].picks) << name << " seed " << i + 1;
        EXPECT_EQ(skipped[i].findings_total, made[i].findings_total) << name << " seed " << i + 1;
    }
    return waited;
}

TEST(TurnsOfKernelLocks, ThatAreNotMadeChangeNothing) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    EXPECT_GT(compare_turns("stress/two-locks-nmi-4cpu", "x86_64"), 5U);
    EXPECT_GT(compare_turns("explore/abba-nmi-2cpu", "paravirt"), 5U);
    EXPECT_GT(compare_turns("explore/abba-2cpu-all", "tas"), 5U);
    EXPECT_GT(compare_turns("explore/nmi-3cpu", "x86_64-nopending"), 0U);
}

}  // namespace
}  // namespace lockstep
