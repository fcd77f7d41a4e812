// What a user can get wrong and what a user gets back: refusals that name the place and write
// nothing, KTAP that a parser accepts, JSON with its documented keys, and every exit code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

constexpr const char* kScenario = R"(scenario: 1
name: NAME
summary: Two CPUs take one lock.
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0-1: { task: worker } }
explore: { strategy: random, seeds: 1..20 }
expect:
  always:
    - CONDITION
)";

// A scenario is called as its file: `path` is the file's without `.yaml`.
void write_scenario(const Sandbox& sandbox, const std::string& path, const std::string& condition) {
    std::string text = kScenario;
    text.replace(text.find("CONDITION"), 9, condition);
    text.replace(text.find("NAME"), 4, path.substr(path.rfind('/') + 1));
    sandbox.write(path + ".yaml", text);
}

const char* const kTrue = "A.word == 0";
const char* const kFalse = "worker@1.r0 == -ETIMEDOUT";

// --- refusals ------------------------------------------------------------------------------------

struct Wrong {
    const char* name;
    std::vector<std::string> words;
    std::vector<std::string> told;  // each must be in the message
};

class Refusal : public testing::TestWithParam<Wrong> {};

TEST_P(Refusal, ExitsWith64NamesThePlaceAndWritesNothing) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run(GetParam().words);
    EXPECT_EQ(ran.code, 64) << ran.out << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(ran.err.starts_with("lockstep: ")) << ran.err;
    for (const std::string& part : GetParam().told) EXPECT_TRUE(has(ran.err, part)) << ran.err;
    EXPECT_TRUE(sandbox.files().empty()) << sandbox.files().front();
}

INSTANTIATE_TEST_SUITE_P(
    Usage, Refusal,
    testing::Values(
        Wrong{"command", {"rnu"}, {"`rnu`", "did you mean `run`?"}},
        Wrong{"option", {"run", "--prot", "x"}, {"`--prot`", "did you mean `--port`?"}},
        Wrong{"option_of_list", {"list", "--jsno"}, {"`--jsno`", "did you mean `--json`?"}},
        Wrong{"value_missing", {"run", "--seeds"}, {"--seeds"}},
        Wrong{"scenario", {"run", "contention-2cp"}, {"did you mean `contention-2cpu`?"}},
        Wrong{"folder", {"run", "basic"}, {"did you mean `basics`?"}},
        Wrong{"two_scenarios", {"run", "nosuch", "neither"}, {"`nosuch`", "`neither`"}},
        Wrong{"port", {"run", "--port", "rqspinlok"}, {"did you mean `rqspinlock`?"}},
        Wrong{"broken_port", {"run", "--port", "broken/leaked-nod"}, {"`broken/leaked-node`"}},
        Wrong{"scheduler", {"run", "--scheduler", "randm"}, {"did you mean `random`?"}},
        Wrong{"seeds_word", {"run", "--seeds", "many"}, {"--seeds", "`many`"}},
        Wrong{"seeds_backwards", {"run", "--seeds", "9..2"}, {"--seeds", "9", "2"}},
        Wrong{"seeds_tail", {"run", "--seeds", "1..2x"}, {"--seeds", "`1..2x`"}},
        Wrong{"seeds_too_large", {"run", "--seeds", "1..99999999999999999999"}, {"--seeds"}},
        Wrong{"topic", {"list", "portz"}, {"did you mean `ports`?"}},
        Wrong{"shell", {"completion", "zhs"}, {"zhs"}},
        Wrong{"show_nothing", {"show"}, {"required"}},
        Wrong{"show_folder", {"show", "basics"}, {"folder"}},
        Wrong{"show_width", {"show", "aa-nmi", "--width", "5"}, {"--width", "60"}},
        Wrong{"show_step", {"show", "aa-nmi", "--from", "x"}, {"--from"}},
        Wrong{"show_port", {"show", "aa-nmi", "--port", "rqspinlok"}, {"`rqspinlock`"}},
        Wrong{"replay_nothing", {"replay"}, {"required"}},
        Wrong{"replay_no_file", {"replay", "nofile.repro"}, {"nofile.repro"}},
        Wrong{"token_short", {"replay", "v1:x"}, {"token", "4"}},
        Wrong{"token_pick", {"replay", "v1:aa-nmi:00000000:2/2"}, {"token", "20"}},
        Wrong{"token_changed", {"replay", "v1:aa-nmi:00000000:0/2"}, {"00000000", "aa-nmi.yaml"}},
        Wrong{"token_name", {"replay", "v1:aa-nmu:00000000:0/2"}, {"did you mean `aa-nmi`?"}},
        Wrong{"port_command", {"port", "lst"}, {"`lst`", "did you mean `list`?"}},
        Wrong{"port_no_tree", {"port", "add", "/nonexistent"}, {"/nonexistent"}},
        Wrong{"port_arch", {"port", "add", "/", "--arch", "x86_46"}, {"`x86_64`"}},
        Wrong{"port_remove", {"port", "remove", "rqspinlock"}, {"`rqspinlock`"}},
        Wrong{"log_level", {"--log-level", "wran", "list"}, {"did you mean `warn`?"}}),
    [](const auto& wrong) { return std::string(wrong.param.name); });

constexpr std::size_t kEvery = kSanitized ? 8 : 1;  // the reader is given them all elsewhere

TEST(BadFiles, EachExitsWith64AtItsOwnLineAndColumn) {
    const Sandbox sandbox;
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(LOCKSTEP_SOURCE_DIR "/tests/scenarios/bad")) {
        if (entry.path().extension() != ".yaml") continue;
        ++count;
        if (count % kEvery != 0) continue;
        const std::string path = entry.path().string();
        const Ran ran = sandbox.run({"run", path});
        EXPECT_EQ(ran.code, 64) << path;
        EXPECT_EQ(ran.out, "") << path;
        unsigned line = 0;
        unsigned column = 0;
        for (const std::string& said : lines_of(ran.err)) {
            ASSERT_TRUE(said.starts_with("lockstep: " + path + ":")) << said;
            const char* const place = said.c_str() + std::string("lockstep: ").size() + path.size();
            EXPECT_EQ(std::sscanf(place, ":%u:%u: ", &line, &column), 2) << said;
        }
        EXPECT_NE(ran.err, "") << path;
    }
    EXPECT_GE(count, 60U);
    EXPECT_TRUE(sandbox.files().empty());
}

TEST(Help, OfEveryCommandExitsWith0AndHasAnExample) {
    const Sandbox sandbox;
    for (const char* command : {"run", "replay", "show", "list", "port", "completion"}) {
        const Ran ran = sandbox.run({command, "--help"});
        EXPECT_EQ(ran.code, 0) << command;
        EXPECT_TRUE(has(ran.out, "Example")) << ran.out;
        EXPECT_TRUE(has(ran.out, std::string("  lockstep ") + command) ||
                    has(ran.out, std::string("lockstep ") + command + " "))
            << ran.out;
        EXPECT_EQ(ran.err, "") << command;
    }
    for (const char* command : {"run", "replay", "show", "port"})
        for (const char* code : {"0 as expected", "1 not as expected", "64 ", "70 ", "75 "})
            EXPECT_TRUE(has(sandbox.run({command, "--help"}).out, code)) << command << code;
}

// --- KTAP ----------------------------------------------------------------------------------------

// A strict reader of the KTAP that `run` prints: every problem is one line.
class KtapReader {
  public:
    explicit KtapReader(const std::string& text) : lines_(lines_of(text)) {
        expect(at_ < lines_.size() && lines_[0] == "KTAP version 1", "no version line");
        ++at_;
        level(0);
        expect(at_ == lines_.size(), "text behind the last result");
    }
    std::vector<std::string> problems;
    unsigned passed = 0, failed = 0, skipped = 0;  // leaves

  private:
    void expect(bool ok, const std::string& what) {
        if (!ok) problems.push_back("line " + std::to_string(at_ + 1) + ": " + what);
    }

    // Reads a plan and its results at this depth; true if one of them failed.
    bool level(std::size_t depth) {
        const std::string indent(2 * depth, ' ');
        unsigned planned = 0;
        unsigned seen = 0;
        bool any_failed = false;
        bool subtest_failed = false;
        bool subtest = false;
        while (at_ < lines_.size() && lines_[at_].starts_with(indent)) {
            const std::string line = lines_[at_].substr(indent.size());
            if (line == "  KTAP version 1") {
                ++at_;
                expect(lines_[at_].starts_with(indent + "  # Subtest: "), "no subtest line");
                subtest = true;
                subtest_failed = level(depth + 1);
                continue;
            }
            ++at_;
            if (line.starts_with("#")) continue;
            if (std::sscanf(line.c_str(), "1..%u", &planned) == 1) continue;
            const bool bad = line.starts_with("not ok ");
            expect(bad || line.starts_with("ok "), "no result: " + line);
            const unsigned number = static_cast<unsigned>(std::atoi(line.c_str() + (bad ? 7 : 3)));
            expect(number == ++seen, "number " + std::to_string(number));
            if (subtest) expect(bad == subtest_failed, "does not sum up its subtests");
            if (!subtest) ++(bad ? failed : has(line, "# SKIP ") ? skipped : passed);
            subtest = false;
            any_failed = any_failed || bad;
        }
        expect(planned == seen && seen > 0,
               "planned " + std::to_string(planned) + ", has " + std::to_string(seen) + " results");
        return any_failed;
    }

    std::vector<std::string> lines_;
    std::size_t at_ = 0;
};

void write_three(const Sandbox& sandbox) {
    write_scenario(sandbox, "good/holds", kTrue);
    write_scenario(sandbox, "mixed/holds-too", kTrue);
    write_scenario(sandbox, "mixed/fails", kFalse);
}

TEST(Ktap, PlansNumbersAndSubtestsOfPassingFailingAndSkippedFoldersAddUp) {
    const Sandbox sandbox;
    write_three(sandbox);
    const Ran ran = sandbox.run({"run", ".", "limits/tas-overtakes", "--port", "rqspinlock"});
    EXPECT_EQ(ran.code, 1) << ran.err;
    const KtapReader read(ran.out);
    EXPECT_TRUE(read.problems.empty()) << read.problems.front() << "\n" << ran.out;
    EXPECT_EQ(read.passed, 2U);
    EXPECT_EQ(read.failed, 1U);
    EXPECT_EQ(read.skipped, 1U) << ran.out;
    EXPECT_TRUE(has(ran.out, "pass:2 fail:1 skip:1")) << ran.out;
}

TEST(Ktap, OfTwoPortsHasOneSubtestForEach) {
    const Sandbox sandbox;
    write_three(sandbox);
    const Ran ran = sandbox.run(
        {"run", "good", "mixed", "--port", "rqspinlock", "--port", "broken/leaked-node"});
    const KtapReader read(ran.out);
    EXPECT_TRUE(read.problems.empty()) << read.problems.front() << "\n" << ran.out;
    EXPECT_EQ(read.passed + read.failed, 6U);
    EXPECT_TRUE(has(ran.out, "# Subtest: rqspinlock\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "# Subtest: broken/leaked-node\n")) << ran.out;
}

// --- exit codes ----------------------------------------------------------------------------------

TEST(ExitCode, Is0Or1Or4AsTheScenariosGo) {
    const Sandbox sandbox;
    write_three(sandbox);
    EXPECT_EQ(sandbox.run({"run", "good", "--port", "rqspinlock"}).code, 0);
    EXPECT_EQ(sandbox.run({"run", "mixed", "--port", "rqspinlock"}).code, 1);
    EXPECT_EQ(sandbox.run({"run", "limits/tas-overtakes", "--port", "rqspinlock"}).code, 4);
}

TEST(ExitCode, Is75WhenStandardOutputIsFull) {
    const Sandbox sandbox;
    write_three(sandbox);
    HowToRun full;
    full.out_to = "/dev/full";
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"run", "good", "--port", "rqspinlock"},
          {"run", "mixed", "--port", "rqspinlock", "--json"},
          {"show", "aa-nmi", "--port", "rqspinlock"},
          {"port", "list", "--json"},
          {"--help"}}) {
        const Ran ran = sandbox.run(words, full);
        EXPECT_EQ(ran.code, 75) << words.front();
        EXPECT_TRUE(has(ran.err, "No space left on device")) << words.front() << ran.err;
    }
}

TEST(ExitCode, OfAnInterruptedRunIs75AndThePartIsSummedUp) {
    const Sandbox sandbox;
    write_scenario(sandbox, "holds", kTrue);
    HowToRun how;
    how.terminal = true;
    how.interrupt_at = "KTAP version 1";
    const Ran ran = sandbox.run({"run", "holds.yaml", "--seeds", "1..999999999"}, how);
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "interrupted")) << ran.out;
    EXPECT_TRUE(has(ran.out, "pass:1 fail:0 skip:0")) << ran.out;
}

TEST(Colour, IsForTerminalsAndNotForThoseWhoSaidNo) {
    const Sandbox sandbox;
    write_scenario(sandbox, "holds", kTrue);
    const std::vector<std::string> words = {"run", "holds.yaml", "--port", "rqspinlock"};
    HowToRun how;
    EXPECT_FALSE(has(sandbox.run(words, how).out, "\033"));
    how.terminal = true;
    EXPECT_TRUE(has(sandbox.run(words, how).out, "\033["));
    how.environment = {"NO_COLOR=1"};
    EXPECT_FALSE(has(sandbox.run(words, how).out, "\033"));
}

// --- JSON ----------------------------------------------------------------------------------------

void expect_keys(const Json& object, const std::vector<const char*>& keys) {
    for (const char* key : keys) EXPECT_TRUE(object.contains(key)) << key << " in " << object;
}

TEST(Json, OfRunAndReplayAndShowHasItsDocumentedKeys) {
    const Sandbox sandbox;
    write_scenario(sandbox, "fails", kFalse);
    const Ran ran = sandbox.run({"run", "fails.yaml", "--port", "rqspinlock", "--json"});
    EXPECT_EQ(ran.code, 1) << ran.err;
    const Json run = Json::parse(ran.out);
    expect_keys(run, {"format", "tool", "ports", "scenarios", "totals"});
    const Json& one = run["scenarios"].at(0);
    expect_keys(one, {"name", "path", "summary", "hash", "port", "verdict", "executions", "steps",
                      "time_longest_ns", "bounds", "interrupted", "first", "explanation", "allowed",
                      "outcomes", "failures", "replay", "repro_file"});
    expect_keys(one["failures"].at(0),
                {"kind", "text", "line", "scheduler", "seed", "steps", "step_hash", "token"});
    EXPECT_EQ(one["failures"][0]["line"], 14);
    EXPECT_EQ(run["totals"]["failed"], 1);

    const std::string repro = one["repro_file"];
    const Ran replayed = sandbox.run({"replay", repro, "--json", "--trace"});
    EXPECT_EQ(replayed.code, 1) << replayed.err;
    const Json again = Json::parse(replayed.out);
    expect_keys(again, {"format", "scenario", "port", "verdict", "as_expected", "steps", "time_ns",
                        "step_hash", "end", "findings", "failures", "explanation", "events"});
    EXPECT_EQ(again["step_hash"], one["failures"][0]["step_hash"]);
    EXPECT_EQ(again["as_expected"], false);

    const Json shown = Json::parse(sandbox.run({"show", repro, "--json"}).out);
    expect_keys(shown, {"format", "scenario", "port", "steps", "step_hash", "findings", "events"});
    EXPECT_EQ(shown["step_hash"], again["step_hash"]);
    EXPECT_EQ(shown["events"], again["events"]);
    for (const Json& event : shown["events"])
        expect_keys(event, {"kind", "step", "time_ns", "cpu", "context", "depth", "what"});
}

TEST(Json, OfEveryListIsAnArrayOfNamesWithSummaries) {
    const Json all = Json::parse(Sandbox().run({"list", "--json"}).out);
    for (const char* topic :
         {"scenarios", "ports", "oracles", "schedulers", "memories", "points"}) {
        ASSERT_TRUE(all.contains(topic)) << topic;
        ASSERT_FALSE(all[topic].empty()) << topic;
        for (const Json& one : all[topic]) {
            EXPECT_NE(one.at("name"), "") << topic;
            EXPECT_NE(one.at("summary"), "") << one;
        }
    }
}

}  // namespace
}  // namespace lockstep
