// What may be typed behind options that take numbers: every bad value is refused before anything
// runs, with the option, the value and what would do.
#include <gtest/gtest.h>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

struct OptionValues {
    const char* name;
    const char* words;  // which end in the option
    std::vector<std::string> bad;
    const char* allowed;
};

class BadValue : public testing::TestWithParam<OptionValues> {};

TEST_P(BadValue, IsRefusedWithTheOptionTheValueAndWhatIsAllowed) {
    const Sandbox sandbox;
    const std::string words = GetParam().words;
    const std::string option = words.substr(words.rfind(' ') + 1);
    std::vector<std::string> bad = {"", "nan", "inf", "-1", "1e400", "abc", "0x10", "5x"};
    bad.insert(bad.end(), GetParam().bad.begin(), GetParam().bad.end());
    for (const std::string& value : bad) {
        const Ran ran = sandbox.shell("lockstep " + words + " '" + value + "'");
        EXPECT_EQ(ran.code, 64) << option << " `" << value << "`\n" << ran.out;
        EXPECT_EQ(ran.out, "") << option << " `" << value << "`";
        EXPECT_TRUE(has(ran.err, option)) << ran.err;
        EXPECT_TRUE(has(ran.err, "found `" + value + "`")) << ran.err;
        EXPECT_TRUE(value.empty() || has(ran.err, GetParam().allowed)) << ran.err;
    }
}

#define LOCK2 "explore lock-2cpu --port rqspinlock "
#define AA "aa-nmi --port rqspinlock "

INSTANTIATE_TEST_SUITE_P(
    Of, BadValue,
    testing::Values(
        OptionValues{"time", LOCK2 "--time", {"0", "1e10"}, "seconds from 0.001 to 1000000000"},
        OptionValues{"memory", LOCK2 "--memory", {"0", "1e9"}, "GiB from 0.001 to 100000"},
        OptionValues{"checkpoint_every",
                     LOCK2 "--checkpoint s.search --checkpoint-every",
                     {"0"},
                     "seconds from 0.001 to 1000000000"},
        OptionValues{"states", LOCK2 "--states", {"0", "1e3"}, "from 1 to 1000000000000"},
        OptionValues{"preemptions", LOCK2 "--preemptions", {"1000000"}, "up to 999999 or"},
        OptionValues{"injections", LOCK2 "--injections", {"1000000"}, "up to 999999 or"},
        OptionValues{"stalls", LOCK2 "--stalls", {"1001"}, "up to 1000 or `unbounded`"},
        OptionValues{"executions",
                     LOCK2 "--strategy pos --executions",
                     {"0", "1000000000001"},
                     "from 1 to 1000000000000"},
        OptionValues{"plateau", LOCK2 "--strategy pos --plateau", {"0"}, "from 1 to 1000000000000"},
        OptionValues{"depth", LOCK2 "--strategy pct --depth", {"0", "17"}, "from 1 to 16"},
        OptionValues{
            "explore_seed", LOCK2 "--strategy pos --seed", {}, "from 0 to 1000000000000000"},
        OptionValues{"workers", LOCK2 "--strategy pos --workers", {"0", "257"}, "from 1 to 256"},
        OptionValues{"search_workers", LOCK2 "--workers", {"0", "257"}, "from 1 to 256"},
        OptionValues{"seed", "show " AA "--seed", {"99999999999999999999"}, "from 0 to 9999999999"},
        OptionValues{"from", "show " AA "--from", {"99999999999999999999"}, "from 0 to 1000000000"},
        OptionValues{"to", "show " AA "--to", {"99999999999999999999"}, "from 0 to 1000000000"},
        OptionValues{"width", "show " AA "--width", {"59", "401"}, "from 60 to 400"},
        OptionValues{"at", "export " AA "--dot x.dot --at", {}, "from 0 to 1000000000000000"},
        OptionValues{"max_states",
                     "play abba-race --port rqspinlock --out x.html --max-states",
                     {"0", "1000001"},
                     "from 1 to 1000000"},
        OptionValues{"jobs", "matrix " AA "--jobs", {"0", "257"}, "from 1 to 256"},
        OptionValues{"doctor_jobs", "doctor . --jobs", {"0", "257"}, "from 1 to 256"},
        OptionValues{"cpus", "rqsl --cpus", {"0", "65"}, "from 1 to 64"},
        OptionValues{"client_seed", "rqsl --seed", {"99999999999999999999"}, "from 0 to 99999"},
        OptionValues{"wall", "torture --wall", {"0"}, "seconds from 0.001 to 1000000000"},
        OptionValues{"client_time", "rqsl --time", {"0", "5", "2h"}, "up to an hour, such as 5s"},
        OptionValues{"stall", "rqsl --stall", {"0", "5"}, "up to an hour, such as 5s"},
        OptionValues{"seeds", "run " AA "--seeds", {"1..", "..2", "1..x"}, "`a..b` or `a`"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(GoodValue, IsTakenInDecimalAlsoWithZerosBeforeIt) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell("lockstep " LOCK2 "--strategy pos --executions 010 --time 1e3");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "ok 1 lock-2cpu # 10 executions")) << ran.out;
}

// As many as a search can have are fewer than a campaign can.
TEST(Workers, OfASearchAreNotSilentlyFewerThanAskedFor) {
    const Sandbox sandbox;
    const Ran ran = sandbox.shell("lockstep " LOCK2 "--workers 65");
    EXPECT_EQ(ran.code, 64) << ran.out;
    EXPECT_TRUE(has(ran.err, "--workers: the search of lock-2cpu can have at most 64, found `65`"))
        << ran.err;
    const Ran sampled =
        sandbox.shell("lockstep " LOCK2 "--strategy pos --workers 65 --executions 9");
    EXPECT_EQ(sampled.code, 0) << sampled.err;
}

// "$PORT" of a script that did not set it.
TEST(EmptyValue, OfAnyOptionIsRefusedWithWhatItIsFor) {
    const Sandbox sandbox;
    for (const char* const words :
         {"run aa-nmi --port", "run aa-nmi --scheduler", LOCK2 "--strategy", LOCK2 "--checkpoint",
          "show aa-nmi --scenario", "play abba-race --goal", "run aa-nmi --junit"}) {
        const std::string option = std::string(words).substr(std::string(words).rfind(' ') + 1);
        const Ran ran = sandbox.shell("lockstep " + std::string(words) + " ''");
        EXPECT_EQ(ran.code, 64) << words << ran.out;
        EXPECT_EQ(ran.out, "") << words;
        EXPECT_TRUE(has(ran.err, option)) << ran.err;
        EXPECT_TRUE(has(ran.err, ": expected a value, found ``; leave the option out")) << ran.err;
    }
}

}  // namespace
}  // namespace lockstep
