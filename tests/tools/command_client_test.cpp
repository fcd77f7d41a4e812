// The kernel's own test modules as commands: what they print, what is made of it, and that bad
// input is told from a bad lock. Virtual times are short; the figures are the modules' own.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "lock/linux/client.h"
#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

const std::vector<std::string> kArchitectures = {"linux/x86_64", "linux/arm64"};

// The modules' sources must be in the cache, as tools/linux-source leaves them.
bool has_modules() {
    const Ran ran = Sandbox().run({"bpf-selftest"});
    return ran.code != 64;
}

class Clients : public testing::Test {
  protected:
    void SetUp() override {
        static const bool there = has_modules();
        if (!there) GTEST_SKIP() << "no kernel tree in the cache";
    }
    Ran run(std::vector<std::string> words) const { return sandbox_.run(words); }
    Json json(std::vector<std::string> words, int code) const {
        words.push_back("--json");
        const Ran ran = sandbox_.run(words);
        EXPECT_EQ(ran.code, code) << ran.out << ran.err;
        return Json::parse(ran.out);
    }

  private:
    Sandbox sandbox_;
};

bool passed(const Json& told, const std::string& name) {
    for (const Json& verdict : told.at("verdicts"))
        if (verdict.at("name") == name) return verdict.at("passed");
    ADD_FAILURE() << "no verdict " << name << " in " << told;
    return false;
}

bool says(const Json& told, const std::string& text) {
    for (const Json& line : told.at("lines"))
        if (line.at("text").get<std::string>().find(text) != std::string::npos) return true;
    return false;
}

TEST_F(Clients, TheStressModuleEndsAndItsHistogramCountsWhatHappenedInAllModes) {
    const char* const modes[] = {"AA", "ABBA", "ABBCCA"};
    for (const std::string& port : kArchitectures)
        for (int mode = 0; mode < 3; ++mode) {
            const Json told = json(
                {"rqsl", "test_mode=" + std::to_string(mode), "--port", port, "--time", "1s"}, 0);
            EXPECT_TRUE(says(told, std::string("Mode = ") + modes[mode])) << port;
            EXPECT_TRUE(says(told, "rqspinlock acquisition latency histogram (ms):"));
            EXPECT_TRUE(passed(told, "histogram-totals"));
            EXPECT_TRUE(passed(told, "module-unloads"));
            EXPECT_TRUE(told.at("latency").contains("nmi")) << told.at("latency");
        }
}

TEST_F(Clients, EqualSeedsPrintTheSameAndOtherSeedsDoNot) {
    const std::vector<std::string> words = {"rqsl", "test_mode=1", "--time", "500ms"};
    const auto with_seed = [&](const std::string& seed) {
        std::vector<std::string> all = words;
        all.insert(all.end(), {"--seed", seed, "--json"});
        Json told = Json::parse(run(all).out);
        told.erase("command");
        told.erase("seed");
        return told;
    };
    const Json first = with_seed("3");
    EXPECT_EQ(first, with_seed("3"));
    EXPECT_NE(first, with_seed("4"));
}

TEST_F(Clients, TooFewCpusForAModeIsTheModulesOwnError) {
    const Ran ran = run({"rqsl", "test_mode=2", "--cpus", "2"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("not ok 1 module-loads # init returned -524"), std::string::npos)
        << ran.out;
}

TEST_F(Clients, TortureEndsInSuccessForTheLocksThatWork) {
    for (const std::string type :
         {"raw_res_spin_lock", "raw_res_spin_lock_irq", "spin_lock", "raw_spin_lock_irq"})
        for (const std::string& port : kArchitectures) {
            const Json told = json({"torture", "torture_type=" + type, "nwriters_stress=4",
                                    "--port", port, "--time", "10ms"},
                                   0);
            EXPECT_TRUE(says(told, type + "-torture:--- End of test: SUCCESS")) << type;
            EXPECT_TRUE(passed(told, "end-of-test"));
            std::uint64_t acquisitions = 0;
            for (const Json& lock : told.at("locks"))
                acquisitions += lock.at("acquisitions").get<std::uint64_t>();
            EXPECT_GT(acquisitions, 1000U) << type << " on " << port;
            EXPECT_TRUE(says(told, "Total: " + std::to_string(acquisitions) + " ")) << type;
        }
}

TEST_F(Clients, TheControlEndsInFailure) {
    const Ran ran =
        run({"torture", "torture_type=lock_busted", "nwriters_stress=4", "--time", "10ms"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("lock_busted-torture:--- End of test: FAILURE"), std::string::npos);
    EXPECT_NE(ran.out.find("WARNING: CPU:"), std::string::npos);
    EXPECT_NE(ran.out.find("lock_busted is the control"), std::string::npos);
    EXPECT_NE(ran.out.find("not ok 4 end-of-test # FAILURE"), std::string::npos) << ran.out;
}

// locktorture does not look at what the lock returns: whoever timed out unlocks another's lock.
TEST_F(Clients, TortureOverAStolenOwnerUnlocksWhatItDoesNotOwnAndThatIsAFinding) {
    const Json told = json({"torture", "torture_type=raw_res_spin_lock", "nwriters_stress=4",
                            "--time", "10ms", "--stall", "600ms"},
                           1);
    bool not_owner = false;
    for (const Json& finding : told.at("findings")) not_owner |= finding.at("word") == "not-owner";
    EXPECT_TRUE(not_owner) << told.at("findings");
    EXPECT_FALSE(passed(told, "oracles"));
}

// It runs a few milliseconds only: the writers stutter for nearly all of the second.
TEST_F(Clients, TortureCanEndItselfAndPrintsStatisticsOnTheWay) {
    const Json told = json({"torture", "torture_type=raw_res_spin_lock", "nwriters_stress=1",
                            "shutdown_secs=1", "stat_interval=1", "stutter=970", "--cpus", "2"},
                           0);
    EXPECT_TRUE(says(told, "torture_shutdown task shutting down system"));
    EXPECT_TRUE(says(told, "End of test: SUCCESS"));
}

TEST_F(Clients, TheSelftestFindsWhatUserSpaceAsserts) {
    for (const std::string& port : kArchitectures) {
        const Json told = json({"bpf-selftest", "--port", port}, 0);
        EXPECT_TRUE(passed(told, "res_spin_lock_test"));
        EXPECT_TRUE(passed(told, "res_spin_lock_test_held_lock_max"));
        EXPECT_TRUE(passed(told, "res_spin_lock_test_BA"));
        EXPECT_TRUE(passed(told, "res_spin_lock_test_BA-err"));
        EXPECT_TRUE(passed(told, "res_spin_lock_test_AB"));
        EXPECT_GT(told.at("time_ns"), 250'000'000);
    }
}

TEST_F(Clients, AWrongParameterIsNamedWithAllThereAre) {
    const Ran unknown = run({"rqsl", "test_mod=1"});
    EXPECT_EQ(unknown.code, 64);
    EXPECT_NE(unknown.err.find("no parameter `test_mod`; did you mean `test_mode`?"),
              std::string::npos)
        << unknown.err;
    for (const char* name : {"test_mode=0", "normal_delay=20", "nmi_delay=10"})
        EXPECT_NE(unknown.err.find(name), std::string::npos) << unknown.err;
    const Ran value = run({"rqsl", "test_mode=fast"});
    EXPECT_EQ(value.code, 64);
    EXPECT_NE(value.err.find("`test_mode=fast`: expected a whole number"), std::string::npos);
    const Ran missing = run({"torture", "nwriters_stress"});
    EXPECT_EQ(missing.code, 64);
    EXPECT_NE(missing.err.find("a value is missing"), std::string::npos) << missing.err;
    EXPECT_EQ(run({"torture", "bind_writers=0-1"}).code, 64);
}

TEST_F(Clients, WhatIsNotModelledIsRefusedBeforeAnythingRuns) {
    const Ran ran = run({"torture", "torture_type=rwsem_lock"});
    EXPECT_EQ(ran.code, 64);
    EXPECT_NE(ran.err.find("raw_res_spin_lock"), std::string::npos) << ran.err;
    EXPECT_EQ(run({"torture", "torture_type=spin_lokc"}).code, 64);
}

TEST_F(Clients, BadOptionsAreUsageErrors) {
    EXPECT_EQ(run({"rqsl", "--time", "5"}).code, 64);
    EXPECT_EQ(run({"rqsl", "--time", "0s"}).code, 64);
    EXPECT_EQ(run({"rqsl", "--cpus", "0"}).code, 64);
    EXPECT_EQ(run({"rqsl", "--cpus", "65"}).code, 64);
    EXPECT_EQ(run({"rqsl", "--port", "rqspinlock"}).code, 64);
    EXPECT_EQ(run({"rqsl", "--port", "linux/nothing"}).code, 64);
    EXPECT_EQ(run({"rqsl", "--tree", "/nowhere"}).code, 64);
    EXPECT_EQ(run({"torture", "--stall", "soon"}).code, 64);
}

TEST_F(Clients, LockStatHasTheColumnsOfVersionZeroPointFour) {
    const Ran ran = run({"torture", "torture_type=raw_res_spin_lock", "nwriters_stress=4", "--time",
                         "5ms", "--lock-stat", "--lock-events", "--latency"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.out.find("lock_stat version 0.4"), std::string::npos);
    for (const char* column :
         {"class name", "con-bounces", "contentions", "waittime-min", "waittime-max",
          "waittime-total", "waittime-avg", "acq-bounces", "acquisitions", "holdtime-min",
          "holdtime-max", "holdtime-total", "holdtime-avg"})
        EXPECT_NE(ran.out.find(column), std::string::npos) << column;
    EXPECT_NE(ran.out.find("rqspinlock: "), std::string::npos);
    EXPECT_NE(ran.out.find("lock_slowpath="), std::string::npos);
    EXPECT_NE(ran.out.find("latency in task: "), std::string::npos);
}

TEST_F(Clients, InterruptedARunTellsWhatThereIsAndFails) {
    HowToRun how;
    how.interrupt_at = "lock_torture_writer task started";
    const Ran ran = Sandbox().run(
        {"torture", "torture_type=raw_res_spin_lock", "nwriters_stress=4", "--time", "60s"}, how);
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_NE(ran.out.find("not ok 2 module-unloads # interrupted"), std::string::npos) << ran.out;
}

TEST_F(Clients, ARunThatTakesTooLongIsEndedByTheWallClock) {
    const Ran ran = run({"torture", "torture_type=raw_res_spin_lock", "nwriters_stress=4", "--time",
                         "600s", "--wall", "1"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("no end within the wall-clock time"), std::string::npos) << ran.out;
}

TEST_F(Clients, AQuarterOfASecondOfVirtualTimeCostsLittle) {
    if (kSanitized) GTEST_SKIP() << "figures of an ordinary build";
    const auto begin = std::chrono::steady_clock::now();
    json({"rqsl", "test_mode=2", "--time", "5s"}, 0);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took.count(), 20.0);
}

}  // namespace
}  // namespace lockstep
