// The museum: every upstream bug is put back into the kernel's file, and its scenario, and none of
// the others, finds it there. Several together, as older kernels have them, are told apart too.
#include "scenarios/upstream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "lock/linux/builder.h"
#include "lock/linux/recreation.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/sanitized.h"

namespace lockstep {
namespace {

const std::vector<Scenario>& upstream_scenarios() {
    static const std::vector<Scenario> kScenarios = [] {
        std::vector<Scenario> scenarios;
        const auto folder = std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "scenarios" / "upstream";
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const std::string path = entry.path().string();
            ReadResult read = read_scenario(path, read_text(path));
            for (const Problem& problem : read.problems)
                ADD_FAILURE() << describe_problem(path, problem);
            if (read.scenario) scenarios.push_back(std::move(*read.scenario));
        }
        std::sort(
            scenarios.begin(), scenarios.end(),
            [](const Scenario& left, const Scenario& right) { return left.name < right.name; });
        return scenarios;
    }();
    return kScenarios;
}

std::string named(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

Port built_port(const Flavour& flavour, const std::vector<std::string>& bugs) {
    BuildOptions options;
    options.tree = *real_kernel_tree();
    options.arch = flavour.arch;
    options.config = flavour.config;
    options.bugs = bugs;
    return open_port("linux/" + build_kernel_port(options).manifest.flavour);
}

// The bugs that the scenarios find in this port, in their order.
std::string found_in(const Port& port) {
    std::vector<std::string> found;
    for (const Scenario& scenario : upstream_scenarios()) {
        const BugAnswer answer = ask_for_bug(scenario, port, {});
        EXPECT_NE(answer.state, BugAnswer::State::undecided)
            << scenario.name << " on " << port.name << ": " << answer.reason;
        if (answer.state == BugAnswer::State::present) found.push_back(scenario.upstream->bug);
    }
    return named(found);
}

// The same of a port on which every scenario must go as its features say, so that only the
// scenarios of features it lacks need be asked.
std::string found_where_all_is_as_expected(const Port& port) {
    std::vector<std::string> found;
    for (const Scenario& scenario : upstream_scenarios()) {
        const RunReport report = run_scenario(scenario, port, {});
        EXPECT_NE(report.verdict, RunReport::Verdict::not_as_expected)
            << scenario.name << " on " << port.name << ": " << report.failures.at(0).text;
        const std::string& feature = scenario.upstream->features.at(0);
        const auto& features = port.features;
        if (std::find(features.begin(), features.end(), feature) != features.end()) continue;
        if (ask_for_bug(scenario, port, {}).state == BugAnswer::State::present)
            found.push_back(scenario.upstream->bug);
    }
    return named(found);
}

TEST(UpstreamScenarios, ShowEveryBugThatCanBePutBackAndNameItsFeatureAndFix) {
    std::set<std::string> shown;
    for (const Scenario& scenario : upstream_scenarios()) {
        ASSERT_TRUE(scenario.upstream.has_value()) << scenario.name;
        const Recreation& recreation = recreation_named(scenario.upstream->bug);
        EXPECT_TRUE(shown.insert(recreation.bug).second) << scenario.name;
        EXPECT_EQ(scenario.upstream->features, std::vector<std::string>{recreation.feature})
            << scenario.name;
        EXPECT_EQ(scenario.upstream->fixes, recreation.fixes) << scenario.name;
        EXPECT_FALSE(scenario.story.empty()) << scenario.name;
    }
    EXPECT_EQ(shown.size(), recreations().size());
}

// Our own locks with these bugs, by the name of the bug.
std::map<std::string, Port> variants() {
    std::map<std::string, Port> found;
    for (Port& port : list_ports())
        if (port.version == "built in" && !port.bugs.empty()) {
            EXPECT_EQ(port.bugs.size(), 1U) << port.name;
            const std::string bug = port.bugs.at(0);
            EXPECT_TRUE(found.emplace(bug, std::move(port)).second) << bug;
        }
    return found;
}

const Scenario& scenario_of(const std::string& bug) {
    for (const Scenario& scenario : upstream_scenarios())
        if (scenario.upstream->bug == bug) return scenario;
    std::abort();
}

// "handler@0 A = -110" for every attempt of the first execution, in the order of the scenario.
std::string answers_of(const Scenario& scenario, const Port& port) {
    std::string text;
    for (const AcquireRecord& record : run_scenario(scenario, port, {}).first)
        text += record.program + "@" + std::to_string(record.cpu) + " " + record.lock + " = " +
                std::to_string(record.ret) + "\n";
    return text;
}

// Our own variant of R12 is one of the fallback, the others are of the queued lock.
bool has_variant_like(const std::string& bug, const Flavour& flavour) {
    return flavour.test_and_set == (bug == "R12");
}

class MuseumOf : public testing::TestWithParam<std::string> {};

TEST_P(MuseumOf, FindsInEachRecreationItsBugAndNoOther) {
    SKIP_WITHOUT_KERNEL_TREE();
    const Flavour& flavour = *flavour_by_name(GetParam());
    if (kSanitized && flavour.name != "x86_64" && flavour.name != "tas")
        GTEST_SKIP() << "half a minute without sanitizers already";
    const TemporaryCache cache;
    EXPECT_EQ(found_where_all_is_as_expected(built_port(flavour, {})), "");
    for (const Recreation& recreation : recreations()) {
        if (!concerns(recreation, flavour)) continue;
        // These differ from another flavour in little: the bugs about waiting are enough.
        const bool variant = flavour.name.find('-') != std::string::npos;
        const bool chosen = recreation.bug == "R1" || recreation.bug == "R11";
        if (!chosen && (variant || (kSanitized && recreation.bug != "R12"))) continue;
        const Port port = built_port(flavour, {recreation.bug});
        // A store buffer would be needed to see R3.
        EXPECT_EQ(found_where_all_is_as_expected(port),
                  recreation.bug == "R3" ? "" : recreation.bug);
        // Our own lock gives the same answers.
        const Scenario& scenario = scenario_of(recreation.bug);
        const std::string kernel = answers_of(scenario, port);
        EXPECT_EQ(kernel.empty(), recreation.bug == "R3");
        if (!has_variant_like(recreation.bug, flavour)) continue;
        EXPECT_EQ(answers_of(scenario, variants().at(recreation.bug)), kernel);
    }
}

INSTANTIATE_TEST_SUITE_P(Kernel, MuseumOf,
                         testing::Values("x86_64", "arm64", "arm64-noevtstrm", "tas", "paravirt",
                                         "x86_64-nopending"),
                         [](const auto& name) {
                             std::string words = name.param;
                             std::replace(words.begin(), words.end(), '-', '_');
                             return words;
                         });

TEST(Museum, HasTheSameBugsInLocksOfOurOwn) {
    if (kSanitized) GTEST_SKIP() << "slow, and each variant is run by BrokenPort as well";
    EXPECT_EQ(variants().size(), recreations().size());
    for (const auto& [bug, port] : variants())
        EXPECT_EQ(found_where_all_is_as_expected(port), bug == "R3" ? "" : bug) << port.name;
    for (const char* sound : {"rqspinlock", "rqspinlock-tas"})
        EXPECT_EQ(found_where_all_is_as_expected(open_port(sound)), "");
}

TEST(Museum, HasLocksOfOurOwnCaughtByTheOracleTheyName) {
    for (const auto& [bug, port] : variants()) {
        if (port.caught_by.empty()) continue;
        const Scenario& scenario = scenario_of(bug);
        RunOptions options;
        options.stop_at_failure = false;
        const RunReport report =
            run_scenario(scenario, with_features(port, scenario.upstream->features), options);
        EXPECT_TRUE(std::any_of(
            report.failures.begin(), report.failures.end(),
            [&port = port](const Failure& failure) { return failure.oracle == port.caught_by; }))
            << port.name;
    }
}

TEST(AskForBug, TakesTheFeaturesOfTheFixAsPresentAndLooksAtBehaviourOnly) {
    const Scenario& scenario = scenario_of("R7");
    const Port late = open_port("broken/r07-late-look");
    const BugAnswer answer = ask_for_bug(scenario, late, {});
    EXPECT_EQ(answer.state, BugAnswer::State::present);
    EXPECT_NE(answer.reason.find("wait_ns < 1ms"), std::string::npos) << answer.reason;
    // A source that claims the fix deceives nobody, and one that looks old is not condemned.
    EXPECT_EQ(ask_for_bug(scenario, with_features(late, {"aa-immediate"}), {}).state,
              BugAnswer::State::present);
    Port modest = open_port("rqspinlock");
    std::erase(modest.features, "aa-immediate");
    EXPECT_EQ(ask_for_bug(scenario, modest, {}).state, BugAnswer::State::absent);
    EXPECT_EQ(run_scenario(scenario, modest, {}).verdict, RunReport::Verdict::not_as_expected);
}

TEST(AskForBug, SaysWhyAPortCannotBeAsked) {
    const BugAnswer fallback = ask_for_bug(scenario_of("R12"), open_port("rqspinlock"), {});
    EXPECT_EQ(fallback.state, BugAnswer::State::not_applicable);
    EXPECT_EQ(fallback.reason, "it requires has(tas)");
    const BugAnswer weak = ask_for_bug(scenario_of("R3"), open_port("rqspinlock"), {});
    EXPECT_EQ(weak.state, BugAnswer::State::not_applicable);
    EXPECT_NE(weak.reason.find("weak memory"), std::string::npos) << weak.reason;
}

TEST(AskForBug, CountsAFindingThatIsTheBugAndNoOther) {
    const Port leaking = open_port("broken/r12-entry-twice");
    EXPECT_EQ(ask_for_bug(scenario_of("R13"), leaking, {}).state, BugAnswer::State::absent);
    EXPECT_EQ(ask_for_bug(scenario_of("R13"), open_port("broken/r13-preempt-first"), {}).state,
              BugAnswer::State::present);
}

TEST(AskForBug, DoesNotDecideWhereTheScriptCannotBeFollowed) {
    Scenario scenario = scenario_of("R8");
    ASSERT_FALSE(scenario.script.empty());
    // The waiter that should be pending ends first: then nobody is.
    scenario.script[1].until = ScriptCommand::Until::exited;
    const BugAnswer answer = ask_for_bug(scenario, open_port("rqspinlock"), {});
    EXPECT_EQ(answer.state, BugAnswer::State::undecided);
    EXPECT_FALSE(answer.reason.empty());
}

struct Together {
    const char* flavour;
    const char* bugs;
    const char* found;
};

TEST(Museum, TellsSeveralBugsTogetherApart) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    // As in kernels from the first one to those just before the last fixes. With an entry too many
    // in the table (R12) no AA is missed (R6a, R6b).
    const Together kTogether[] = {
        {"x86_64", "R4,R6a,R6b,R7,R8,R9,R10,R13", "R4 R6a R6b R7 R8 R9 R10 R13"},
        {"arm64", "R4,R6a,R6b,R7,R8,R9,R10,R13", "R4 R6a R6b R7 R8 R9 R10 R13"},
        {"x86_64", "R5,R6a,R6b,R7,R8,R9,R10,R13", "R5 R6a R6b R7 R8 R9 R10 R13"},
        {"x86_64", "R7,R8,R10,R11,R13", "R7 R8 R10 R11 R13"},
        {"arm64", "R10,R11,R14", "R10 R11 R14"},
        {"paravirt", "R6a,R6b,R7,R13", "R6a R6b R7 R13"},
        {"paravirt", "R6a,R6b,R12", "R12"},
        {"tas", "R7,R12,R13", "R7 R12 R13"}};
    for (const Together& together : kTogether) {
        if (kSanitized && &together != &kTogether[0]) break;
        EXPECT_EQ(
            found_in(built_port(*flavour_by_name(together.flavour), bugs_of({together.bugs}))),
            together.found)
            << together.flavour << " with " << together.bugs;
    }
}

}  // namespace
}  // namespace lockstep
