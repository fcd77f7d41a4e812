// The command as a person meets it: usage errors, exit codes, KTAP and JSON, replay from anywhere.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "tests/tools/run_program.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

constexpr const char* kAa = R"(scenario: 1
name: aa-here
summary: A task takes a lock twice.
machine: { cpus: 1 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    r1 = res_spin_lock(A);
    if (!r1) res_spin_unlock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0: { task: worker } }
expect:
  always:
    - worker@0.r0 == 0
    - worker@0.r1 == -EDEADLK
)";

std::string wrong_expectation() {
    std::string text = kAa;
    return text.replace(text.find("r1 == -EDEADLK"), 14, "r1 == 0       ");
}

std::string first_match(const std::string& text, const std::string& pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(UsageErrors, AnUnknownCommandNamesTheNearestOne) {
    ProgramRun run = run_lockstep("rnu");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "did you mean `run`?")) << run.err;
    EXPECT_EQ(run.out, "");
}

TEST(UsageErrors, AWordForWhatACommandIsAboutNamesTheCommand) {
    const std::pair<const char*, const char*> words[] = {
        {"ports", "port list"}, {"scenarios", "list scenarios"}, {"bugs", "port bugs"}};
    for (const auto& [word, meant] : words) {
        const ProgramRun run = run_lockstep(word);
        EXPECT_EQ(run.code, 64) << word;
        EXPECT_EQ(run.out, "") << word;
        EXPECT_TRUE(contains(run.err, "unknown command `" + std::string(word) +
                                          "` of `lockstep`; did you mean `lockstep " + meant +
                                          "`?"))
            << run.err;
    }
}

TEST(UsageErrors, AnUnknownOptionNamesTheNearestOne) {
    ProgramRun run = run_lockstep("run --sceduler random");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "did you mean `--scheduler`?")) << run.err;
    EXPECT_EQ(run.out, "");
}

TEST(UsageErrors, AnUnknownPortNamesTheNearestOne) {
    ProgramRun run = run_lockstep("run aa --port rqspinlok");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "rqspinlock")) << run.err;
}

TEST(UsageErrors, AnUnknownSchedulerNamesTheNearestOne) {
    ScratchFolder folder;
    ProgramRun run =
        run_lockstep("run " + folder.write("aa-here.yaml", kAa) + " --scheduler randon");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "did you mean `random`?")) << run.err;
}

TEST(UsageErrors, NothingAtAllIsAUsageError) {
    EXPECT_EQ(run_lockstep("").code, 64);
}

TEST(UsageErrors, SeedsMustBeARange) {
    for (const char* seeds : {"x", "5..1", "1..", "..2", "1...2", "-1"}) {
        ProgramRun run = run_lockstep(std::string("run --seeds=") + seeds);
        EXPECT_EQ(run.code, 64) << seeds;
        EXPECT_TRUE(contains(run.err, "--seeds")) << run.err;
    }
}

TEST(UsageErrors, OnlyAnOptionalOracleCanBeAskedFor) {
    ProgramRun run = run_lockstep("run --oracle data-rac");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "did you mean `data-race`")) << run.err;
    EXPECT_EQ(run_lockstep("run --oracle progress").code, 64);
}

TEST(UsageErrors, AFolderWithoutScenariosIsAnError) {
    ScratchFolder folder;
    ProgramRun run = run_lockstep("run " + folder.path());
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "no scenario")) << run.err;
}

TEST(UsageErrors, AllProblemsOfAllFilesArePrintedAndNothingRuns) {
    ScratchFolder folder;
    folder.write("good.yaml", kAa);
    folder.write("bad.yaml", "scenario: 1\nnmae: x\n");
    folder.write("worse.yaml", "scenario: [\n");
    ProgramRun run = run_lockstep("run " + folder.path());
    EXPECT_EQ(run.code, 64);
    EXPECT_EQ(run.out, "");
    EXPECT_TRUE(std::regex_search(run.err, std::regex("bad\\.yaml:2:1: "))) << run.err;
    EXPECT_TRUE(std::regex_search(run.err, std::regex("worse\\.yaml:\\d+:\\d+: "))) << run.err;
}

TEST(UsageErrors, AShowWindowMustNotEndBeforeItBegins) {
    EXPECT_EQ(run_lockstep("show x --from 9 --to 3").code, 64);
}

TEST(Help, EveryCommandExplainsItself) {
    for (const char* command : {"", "run", "replay", "show", "matrix", "learn", "rqsl", "torture",
                                "bpf-selftest", "list", "port", "completion"}) {
        ProgramRun run = run_lockstep(std::string(command) + " --help");
        EXPECT_EQ(run.code, 0) << command;
        EXPECT_TRUE(contains(run.out, "Example") || contains(run.out, "Start with")) << run.out;
    }
}

TEST(Run, PrintsKtapWithOneResultForEachScenario) {
    ScratchFolder folder;
    folder.write("aa-here.yaml", kAa);
    std::string second = kAa;
    folder.write("aa-more.yaml", second.replace(second.find("aa-here"), 7, "aa-more"));
    ProgramRun run = run_lockstep("run " + folder.path() + " --port rqspinlock");
    EXPECT_EQ(run.code, 0) << run.out << run.err;
    EXPECT_TRUE(run.out.starts_with("KTAP version 1\n# lockstep ")) << run.out;
    EXPECT_TRUE(contains(run.out, "\n  KTAP version 1\n  # Subtest: ")) << run.out;
    EXPECT_TRUE(contains(run.out, "\n  1..2\n")) << run.out;
    EXPECT_TRUE(contains(run.out, "\n  ok 1 aa-here # ")) << run.out;
    EXPECT_TRUE(contains(run.out, "\n  ok 2 aa-more # ")) << run.out;
    EXPECT_TRUE(std::regex_search(run.out, std::regex("\nok 1 "))) << run.out;
    EXPECT_TRUE(contains(run.out, "# Totals: pass:2 fail:0 skip:0")) << run.out;
    EXPECT_EQ(run.err, "") << "a pipe gets no progress";
}

TEST(Run, SaysWhatToTypeNextAndThatWorks) {
    ScratchFolder folder;
    folder.write("aa-here.yaml", kAa);
    const ProgramRun run = run_lockstep("run " + folder.path() + " --port rqspinlock");
    for (const char* const command : {"show", "explore"}) {
        const std::string next =
            first_match(run.out, std::string("`lockstep (") + command + " [^`]*)`");
        ASSERT_NE(next, "") << run.out;
        EXPECT_EQ(run_lockstep(next).code, 0) << next;
    }
    const ProgramRun failed = run_lockstep("run contention-3cpu --port broken/leaked-node");
    EXPECT_FALSE(contains(failed.out, "next: ")) << "a failure has a line to replay it";
}

TEST(Run, ExplainsTheDeadlockInTheKernelsWords) {
    ScratchFolder folder;
    ProgramRun run =
        run_lockstep("run " + folder.write("aa-here.yaml", kAa) + " --port rqspinlock");
    EXPECT_TRUE(contains(run.out, "worker@0: res_spin_lock(A) = -EDEADLK")) << run.out;
    EXPECT_TRUE(contains(run.out, "AA: CPU0 task asks for A, which it holds itself")) << run.out;
}

TEST(Run, WritesNoColourIntoAPipe) {
    ScratchFolder folder;
    ProgramRun run =
        run_lockstep("run " + folder.write("aa-here.yaml", kAa) + " --port rqspinlock");
    EXPECT_FALSE(contains(run.out, "\033"));
}

TEST(Run, JsonIsOneValidDocument) {
    ScratchFolder folder;
    ProgramRun run =
        run_lockstep("run " + folder.write("aa-here.yaml", kAa) + " --port rqspinlock --json");
    EXPECT_EQ(run.code, 0);
    Json json = Json::parse(run.out);
    EXPECT_EQ(json["format"], "lockstep-run-1");
    EXPECT_EQ(json["scenarios"][0]["verdict"], "as-expected");
    EXPECT_EQ(json["scenarios"][0]["first"][1]["return_text"], "-EDEADLK");
}

TEST(Run, AFailurePrintsALineThatReplaysItFromAnotherFolder) {
    ScratchFolder folder, state;
    std::string file = folder.write("aa-here.yaml", wrong_expectation());
    ProgramRun run =
        run_lockstep("run aa-here.yaml --port rqspinlock", state.path(), folder.path());
    EXPECT_EQ(run.code, 1) << run.out << run.err;
    EXPECT_TRUE(contains(run.out, "not ok 1 aa-here")) << run.out;
    std::string line = first_match(run.out, "# lockstep (replay [^\n]*)");
    ASSERT_NE(line, "") << run.out;
    ProgramRun again = run_lockstep(line, state.path(), "/tmp");
    EXPECT_EQ(again.code, 1) << again.out << again.err;
    std::string repro = first_match(run.out, "# the whole run in one file: ([^\n]*)");
    ASSERT_NE(repro, "") << run.out;
    std::filesystem::remove(file);
    ProgramRun whole = run_lockstep("replay '" + repro + "'", state.path(), "/tmp");
    EXPECT_EQ(whole.code, 1) << whole.out << whole.err;
    std::string pattern = "step hash ([0-9a-f]+)";
    EXPECT_EQ(first_match(again.out, pattern), first_match(whole.out, pattern));
    EXPECT_NE(first_match(whole.out, pattern), "");
}

TEST(Run, AFullDiskIsReported) {
    ScratchFolder folder;
    ProgramRun run = run_lockstep("list points >/dev/full; exit $? #");
    EXPECT_EQ(run.code, 75);
}

TEST(Replay, RefusesATokenOfAChangedScenario) {
    ScratchFolder folder, state;
    std::string file = folder.write("aa-here.yaml", wrong_expectation());
    ProgramRun run = run_lockstep("run " + file + " --port rqspinlock", state.path());
    std::string line = first_match(run.out, "# lockstep (replay '[^\n]*)");
    ASSERT_NE(line, "") << run.out;
    folder.write("aa-here.yaml", wrong_expectation() + "# changed\n");
    ProgramRun again = run_lockstep(line, state.path());
    EXPECT_EQ(again.code, 64);
    EXPECT_TRUE(contains(again.err, "has changed")) << again.err;
    EXPECT_EQ(again.out, "");
}

TEST(Replay, RefusesARepoFileThatWasEdited) {
    ScratchFolder folder, state;
    std::string file = folder.write("aa-here.yaml", wrong_expectation());
    ProgramRun run = run_lockstep("run " + file + " --port rqspinlock", state.path());
    std::string repro = first_match(run.out, "in one file: ([^\n]*)");
    std::string text = read_whole(repro);
    ASSERT_NE(text, "");
    text[text.find("rqspinlock")] = 'x';
    ProgramRun again = run_lockstep("replay " + folder.write("edited.repro", text));
    EXPECT_EQ(again.code, 64);
    EXPECT_TRUE(contains(again.err, "edited.repro")) << again.err;
}

TEST(Replay, ShowsBothSidesWhenThePicksDoNotFit) {
    ScratchFolder folder;
    std::string file = folder.write("aa-here.yaml", kAa);
    ProgramRun json = run_lockstep("run " + file + " --port rqspinlock --json");
    std::string hash = Json::parse(json.out)["scenarios"][0]["hash"];
    ProgramRun run = run_lockstep("replay 'v1:aa-here:" + hash + ":2/7' --scenario " + file +
                                  " --port rqspinlock");
    EXPECT_EQ(run.code, 64) << run.out << run.err;
    EXPECT_TRUE(contains(run.err, "recorded: option 2 of 7")) << run.err;
    EXPECT_TRUE(contains(run.err, "here:")) << run.err;
}

TEST(Replay, RefusesABrokenTokenWithItsColumn) {
    ProgramRun run = run_lockstep("replay 'v1:aa:xyz:0/2'");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(std::regex_search(run.err, std::regex("token:\\d+: "))) << run.err;
}

TEST(Show, DrawsThePictureAndTheTimeline) {
    ScratchFolder folder;
    ProgramRun run = run_lockstep("show " + folder.write("aa-here.yaml", kAa) +
                                  " --port rqspinlock --width 120");
    EXPECT_EQ(run.code, 0) << run.err;
    EXPECT_TRUE(contains(run.out, "CPU0 (worker)")) << run.out;
    EXPECT_TRUE(contains(run.out, "res_spin_lock(A) = 0")) << run.out;
    EXPECT_TRUE(contains(run.out, "(-,0,0) -> (-,0,*1)")) << run.out;
    std::istringstream lines(run.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

TEST(Show, JsonHoldsEveryEvent) {
    ScratchFolder folder;
    ProgramRun run =
        run_lockstep("show " + folder.write("aa-here.yaml", kAa) + " --port rqspinlock --json");
    Json json = Json::parse(run.out);
    EXPECT_EQ(json["format"], "lockstep-show-1");
    bool deadlock = false;
    for (const Json& event : json["events"])
        deadlock = deadlock || (event["kind"] == "acquire_end" && event["return"] == -35);
    EXPECT_TRUE(deadlock);
}

TEST(List, EveryTopicHasEntriesAndIsValidJson) {
    for (const char* topic : {"ports", "oracles", "schedulers", "memories", "points"}) {
        ProgramRun run = run_lockstep(std::string("list ") + topic + " --json");
        EXPECT_EQ(run.code, 0) << topic;
        EXPECT_FALSE(Json::parse(run.out)[topic].empty()) << topic;
    }
    EXPECT_EQ(run_lockstep("list oracels").code, 64);
}

TEST(Port, AddRefusesAFolderThatIsNoKernelTree) {
    ScratchFolder folder;
    ProgramRun run = run_lockstep("port add " + folder.path() + " --all");
    EXPECT_EQ(run.code, 64) << run.err;
    EXPECT_NE(run.err, "");
}

TEST(Port, AddNamesTheFlavoursItKnows) {
    ProgramRun run = run_lockstep("port add /tmp --arch x86_64 --config qeued");
    EXPECT_EQ(run.code, 64);
    EXPECT_TRUE(contains(run.err, "did you mean `queued`?")) << run.err;
}

TEST(Port, BuiltInPortsCannotBeRemoved) {
    ProgramRun run = run_lockstep("port remove rqspinlock");
    EXPECT_EQ(run.code, 64);
}

TEST(Completion, TheScriptIsOneThatBashAccepts) {
    ScratchFolder folder;
    ProgramRun run = run_lockstep("completion bash");
    EXPECT_EQ(run.code, 0);
    std::string file = folder.write("completion.bash", run.out);
    EXPECT_EQ(std::system(("bash -n '" + file + "'").c_str()), 0);
    EXPECT_EQ(run_lockstep("completion fish").code, 64);
}

}  // namespace
}  // namespace lockstep
