// lockstep export as a user types it: each file is read back by what it is for, or by
// viewer_files.py, and compared with what `lockstep show --json` says of the same run.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

constexpr const char* kReader = LOCKSTEP_SOURCE_DIR "/tests/tools/viewer_files.py";

// One run, exported in every way, and as `show` tells it.
struct Exported {
    Exported(const std::vector<std::string>& what, const std::vector<std::string>& more = {}) {
        std::vector<std::string> words = {"export"};
        words.insert(words.end(), what.begin(), what.end());
        for (const char* option : {"--perfetto", "--trace-dat", "--ftrace", "--dot"}) {
            words.push_back(option);
            words.push_back(std::string("out") + option);
        }
        words.insert(words.end(), more.begin(), more.end());
        ran = sandbox.run(words);
        EXPECT_EQ(ran.code, 0) << ran.err;
        std::vector<std::string> show = {"show"};
        show.insert(show.end(), what.begin(), what.end());
        show.push_back("--json");
        sandbox.write("show.json", sandbox.run(show).out);
    }
    // What the reader says of that file.
    Ran read(const std::string& how, const std::string& file) const {
        return sandbox.shell("python3 " + std::string(kReader) + " " + how + " " + file +
                             " show.json");
    }
    std::string dot() const { return Sandbox::read(sandbox.path("work/out--dot")); }
    Sandbox sandbox;
    Ran ran;
};

bool there_is(const char* program) {
    return Sandbox().shell(std::string("command -v ") + program).code == 0;
}

TEST(CommandExport, PerfettoHasTheTracksCountersAndFlowsOfTheRun) {
    const Exported nmi({"aa-nmi", "--port", "rqspinlock"});
    const Ran first = nmi.read("perfetto", "out--perfetto");
    EXPECT_EQ(first.code, 0) << first.out << first.err;
    EXPECT_TRUE(has(first.out, "1 handlers")) << first.out;
    EXPECT_TRUE(has(first.out, "1 injections")) << first.out;
    const Exported queue({"hand-off-queue", "--port", "rqspinlock"});
    const Ran second = queue.read("perfetto", "out--perfetto");
    EXPECT_EQ(second.code, 0) << second.out << second.err;
    EXPECT_TRUE(has(second.out, "5 attempts")) << second.out;
    EXPECT_TRUE(has(second.out, "4 hand-overs")) << second.out;
}

TEST(CommandExport, TheReaderNoticesARunThatIsNotTheOneExported) {
    const Exported nmi({"aa-nmi", "--port", "rqspinlock"});
    nmi.sandbox.write("show.json",
                      nmi.sandbox.run({"show", "abba-2cpu", "--port", "rqspinlock", "--json"}).out);
    EXPECT_EQ(nmi.read("perfetto", "out--perfetto").code, 1);
    EXPECT_EQ(nmi.read("records", "out--ftrace").code, 1);
}

TEST(CommandExport, TraceCmdPrintsEveryEventInOrder) {
    if (!there_is("trace-cmd"))
        GTEST_SKIP() << "there is no trace-cmd on this machine; tools/setup --dev installs it";
    const std::vector<std::vector<std::string>> runs = {
        {"abba-2cpu", "--port", "rqspinlock"},
        {"aa-nmi", "--port", "rqspinlock"},
        {"hand-off-queue", "--port", "rqspinlock"},
        {"contention-3cpu", "--port", "broken/leaked-entry"}};
    for (const std::vector<std::string>& run : runs) {
        const Exported exported(run);
        const Ran report =
            exported.sandbox.shell("trace-cmd report -t out--trace-dat > report 2> problems");
        EXPECT_EQ(report.code, 0);
        EXPECT_EQ(Sandbox::read(exported.sandbox.path("work/problems")), "") << run.front();
        const Ran read = exported.read("records", "report");
        EXPECT_EQ(read.code, 0) << run.front() << ": " << read.out << read.err;
    }
}

TEST(CommandExport, TraceCmdKnowsTheFieldsOfTheLockWordAndTheKernelsOwnEvents) {
    if (!there_is("trace-cmd"))
        GTEST_SKIP() << "there is no trace-cmd on this machine; tools/setup --dev installs it";
    const Exported exported({"plain-contention", "--port", "qspinlock"});
    const Ran words = exported.sandbox.shell(
        "trace-cmd report -F 'lock_word: locked == 1 && old_locked == 0' out--trace-dat");
    EXPECT_TRUE(has(words.out, "lock_word:")) << words.out << words.err;
    EXPECT_FALSE(has(words.out, " locked=0")) << words.out;
    const Ran events = exported.sandbox.shell("trace-cmd report -i out--trace-dat --events");
    EXPECT_TRUE(has(events.out, "name: contention_begin")) << events.out << events.err;
    const Ran all = exported.sandbox.shell("trace-cmd report -i out--trace-dat");
    EXPECT_TRUE(has(all.out, "contention_begin:")) << all.out;
}

TEST(CommandExport, TheTraceFileHasEveryEventWithTheFlagsOfItsContext) {
    const Exported exported({"aa-nmi", "--port", "rqspinlock"});
    const Ran read = exported.read("records", "out--ftrace");
    EXPECT_EQ(read.code, 0) << read.out << read.err;
    const std::string text = Sandbox::read(exported.sandbox.path("work/out--ftrace"));
    EXPECT_TRUE(text.starts_with("# tracer: nop\n"));
    EXPECT_TRUE(has(line_with(text, "nmi_entry:"), " d.z")) << text;
    EXPECT_TRUE(has(line_with(text, "lock_failed:"), "error=-EDEADLK why=AA: CPU0 nmi")) << text;
    EXPECT_TRUE(has(text, "time_leap: from=0 to=20000000 ns=20000000")) << text;
}

TEST(CommandExport, ALongRunGoesOverManyPages) {
    if (!there_is("trace-cmd"))
        GTEST_SKIP() << "there is no trace-cmd on this machine; tools/setup --dev installs it";
    const Exported exported({"contention-8cpu", "--port", "rqspinlock"});
    const std::string file = Sandbox::read(exported.sandbox.path("work/out--trace-dat"));
    EXPECT_GT(file.size(), 16U * 4096);  // two pages and more for a CPU
    exported.sandbox.shell("trace-cmd report -t out--trace-dat > report");
    const Ran read = exported.read("records", "report");
    EXPECT_EQ(read.code, 0) << read.out << read.err;
}

TEST(CommandExport, StepsAsTimeAreOneMicrosecondEach) {
    const Exported exported({"aa-nmi", "--port", "rqspinlock"}, {"--clock", "steps"});
    const std::string text = Sandbox::read(exported.sandbox.path("work/out--ftrace"));
    for (const std::string& line : lines_of(text)) {
        const std::size_t step = line.rfind("step=");
        if (line.starts_with("#") || step == std::string::npos) continue;
        std::string digits = line.substr(step + 5);
        digits = "0." + std::string(6 - digits.size(), '0') + digits + ":";
        EXPECT_TRUE(has(line, digits)) << line;
    }
    EXPECT_EQ(exported.read("perfetto", "out--perfetto").code, 0);
}

TEST(CommandExport, DotDrawsTheCycleAtAStep) {
    const Exported exported({"abba-2cpu", "--port", "rqspinlock"});
    EXPECT_FALSE(has(exported.dot(), "wants"));  // at the end nobody waits any more
    const std::string hint = line_with(exported.ran.out, "--at ");
    ASSERT_NE(hint, "") << exported.ran.out;
    const std::string step = hint.substr(hint.rfind(' ') + 1, hint.size() - hint.rfind(' ') - 2);
    const Exported moment({"abba-2cpu", "--port", "rqspinlock"}, {"--at", step});
    const std::string dot = moment.dot();
    EXPECT_TRUE(has(dot, R"("lock A" -> "CPU0 task ab" [label="held by"])")) << dot;
    const std::string wants = line_with(dot, R"("CPU0 task ab" -> "lock B")");
    EXPECT_TRUE(has(wants, "color=red")) << dot;
}

TEST(CommandExport, DotDrawsTheQueueFromHeadToTail) {
    const Exported moment({"hand-off-queue", "--port", "rqspinlock"}, {"--at", "70"});
    const std::string dot = moment.dot();
    std::size_t linked = 0, nodes = 0;
    for (const std::string& line : lines_of(dot)) {
        linked += has(line, "label=\"next\"") ? 1 : 0;
        nodes += has(line, "shape=box, label=\"node cpu") ? 1 : 0;
    }
    EXPECT_EQ(nodes, linked + 1) << dot;
    EXPECT_GE(linked, 1U) << dot;
    EXPECT_TRUE(has(dot, "[label=\"tail\"")) << dot;
    if (there_is("dot")) {
        const Ran drawn = moment.sandbox.shell("dot -Tplain out--dot");
        EXPECT_EQ(drawn.code, 0) << drawn.err;
        EXPECT_EQ(drawn.err, "");
        EXPECT_TRUE(has(drawn.out, "\nedge ")) << drawn.out;
    }
}

// What Graphviz itself would say, for machines without it.
TEST(CommandExport, DotIsMadeOfNodesEdgesAndOneSubgraphPerQueue) {
    const Exported moment({"hand-off-queue", "--port", "rqspinlock"}, {"--at", "70"});
    int depth = 0;
    for (const std::string& line : lines_of(moment.dot())) {
        const std::string last = line.substr(line.size() - 1);
        EXPECT_TRUE(last == "{" || last == "}" || last == ";") << line;
        std::size_t quotes = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            quotes += line[i] == '"' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
        EXPECT_EQ(quotes % 2, 0U) << line;
        depth += last == "{" ? 1 : (last == "}" ? -1 : 0);
        EXPECT_GE(depth, 0);
    }
    EXPECT_EQ(depth, 0);
}

TEST(CommandExport, ATokenAndAReproFileAreTheRunTheyName) {
    const Sandbox sandbox;
    const Ran failed =
        sandbox.run({"run", "contention-3cpu", "--port", "broken/leaked-entry", "--json"});
    const Json entry = Json::parse(failed.out).at("scenarios").at(0);
    const std::string token = entry.at("failures").at(0).at("token");
    const std::string repro = entry.at("repro_file");
    const Ran one =
        sandbox.run({"export", token, "--port", "broken/leaked-entry", "--ftrace", "a"});
    EXPECT_EQ(one.code, 0) << one.err;
    const Ran two = sandbox.run({"export", repro, "--ftrace", "b", "--json"});
    EXPECT_EQ(two.code, 0) << two.err;
    EXPECT_EQ(Json::parse(two.out).at("files").at(0).at("file"), "b");
    const std::string text = Sandbox::read(sandbox.path("work/a"));
    EXPECT_EQ(text, Sandbox::read(sandbox.path("work/b")));
    EXPECT_TRUE(has(text, "finding: oracle=")) << text;
}

TEST(CommandExport, RefusesWhatCannotBeMeant) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"export", "aa-nmi"}), "nothing to write: give one or more of");
    expect_refused(sandbox.run({"export", "aa-nmi", "--dot", "x", "--ftrace", "x"}), "same file x");
    expect_refused(sandbox.run({"export", "aa-nmi", "--ftrace", "x", "--at", "3"}), "no --dot");
    expect_refused(sandbox.run({"export", "aa-nmi", "--dot", "x", "--at", "999999"}),
                   "behind the last step");
    expect_refused(sandbox.run({"export", "aa-nmi", "--ftrace", "x", "--clock", "step"}),
                   "did you mean `steps`");
    expect_refused(sandbox.run({"export", "no-such", "--ftrace", "x"}), "no-such");
    expect_refused(sandbox.run({"export", "v1:aa-nmi:00000000:0/2", "--ftrace", "x"}), "refused");
    EXPECT_TRUE(sandbox.files().empty());
    const Ran ran = sandbox.run({"export", "aa-nmi", "--port", "rqspinlock", "--ftrace", "no/x"});
    EXPECT_EQ(ran.code, 75) << ran.err;
    EXPECT_TRUE(has(ran.err, "cannot write no/x")) << ran.err;
    ASSERT_EQ(sandbox.shell("mkfifo pipe").code, 0);
    const Ran pipe = sandbox.run({"export", "aa-nmi", "--port", "rqspinlock", "--ftrace", "pipe"});
    EXPECT_EQ(pipe.code, 75) << pipe.err;
    EXPECT_EQ(sandbox.shell("test -p pipe").code, 0) << "the pipe is gone";
}

// --- reports for CI ------------------------------------------------------------------------------

Ran read_report(const Sandbox& sandbox, const std::string& how, const std::string& file) {
    return sandbox.shell("python3 " + std::string(kReader) + " " + how + " " + file);
}

TEST(CiReports, RunWritesOneResultForEachFinding) {
    const Sandbox sandbox;
    const Ran ran =
        sandbox.run({"run", "contention-3cpu", "uncontended", "--port", "broken/leaked-entry",
                     "--sarif", "s.json", "--junit", "j.xml", "--github", "--json"});
    EXPECT_EQ(ran.code, 1) << ran.err;
    const Json told = Json::parse(ran.out);
    std::vector<std::string> rules;
    for (const Json& scenario : told.at("scenarios"))
        for (const Json& failure : scenario.at("failures"))
            rules.push_back(failure.contains("oracle")
                                ? failure.at("oracle").get<std::string>() + "/" +
                                      failure.at("word").get<std::string>()
                                : failure.at("kind").get<std::string>());
    ASSERT_FALSE(rules.empty());
    const Ran sarif = read_report(sandbox, "sarif", "s.json");
    EXPECT_EQ(sarif.code, 0) << sarif.out << sarif.err;
    const std::vector<std::string> lines = lines_of(sarif.out);
    ASSERT_EQ(lines.size(), rules.size()) << sarif.out;
    for (std::size_t i = 0; i < rules.size(); ++i)
        EXPECT_TRUE(lines[i].starts_with(rules[i] + " ")) << lines[i];
    EXPECT_TRUE(has(lines.front(), " lock/broken/leaked_entry.cpp ")) << lines.front();
    const Ran junit = read_report(sandbox, "junit", "j.xml");
    EXPECT_EQ(junit.code, 0) << junit.out << junit.err;
    EXPECT_TRUE(has(junit.out, "2 cases, ")) << junit.out;
    EXPECT_TRUE(has(junit.out, told.at("totals").at("failed").dump() + " failed")) << junit.out;
    // Standard output holds JSON, so the annotations are elsewhere.
    EXPECT_TRUE(has(ran.err, "::error file=lock/")) << ran.err;
    EXPECT_TRUE(has(ran.err, ",title=" + rules.front() + "::")) << ran.err;
}

TEST(CiReports, AViolatedExpectationIsAtItsLineOfTheScenario) {
    const Sandbox sandbox;
    const std::string scenario =
        Sandbox::read(LOCKSTEP_SOURCE_DIR "/scenarios/basics/uncontended.yaml");
    const std::size_t expect = scenario.find("\nexpect:");
    ASSERT_NE(expect, std::string::npos);
    sandbox.write("bad & <odd>/uncontended.yaml",
                  scenario.substr(0, expect) + "\nexpect:\n  never:\n    - A.word == 0\n");
    const Ran ran = sandbox.run({"run", "bad & <odd>/uncontended.yaml", "--port", "rqspinlock",
                                 "--sarif", "s.json", "--junit", "j.xml", "--github"});
    if (ran.code == 64) GTEST_FAIL() << ran.err;
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "::error file=bad & <odd>/uncontended.yaml,line=")) << ran.out;
    const Ran sarif = read_report(sandbox, "sarif", "s.json");
    EXPECT_EQ(sarif.code, 0) << sarif.out << sarif.err;
    EXPECT_TRUE(has(sarif.out, "expectation bad%20%26%20%3Codd%3E/uncontended.yaml")) << sarif.out;
    const Ran junit = read_report(sandbox, "junit", "j.xml");
    EXPECT_EQ(junit.code, 0) << junit.out << junit.err;
    EXPECT_TRUE(has(junit.out, "1 cases, 1 failed, 0 skipped")) << junit.out;
}

TEST(CiReports, ExploreTellsFindingsOfSamplesAndOfSearches) {
    const Sandbox sandbox;
    for (const char* strategy : {"random", "exhaustive"}) {
        const Ran ran =
            sandbox.run({"explore", "lock-2cpu", "--port", "broken/leaked-entry", "--strategy",
                         strategy, "--sarif", "s.json", "--junit", "j.xml", "--github"});
        EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
        const Ran sarif = read_report(sandbox, "sarif", "s.json");
        EXPECT_EQ(sarif.code, 0) << sarif.out << sarif.err;
        EXPECT_TRUE(has(sarif.out, "held-table/leak lock/broken/leaked_entry.cpp ")) << sarif.out;
        EXPECT_TRUE(has(ran.out, "::error file=lock/broken/")) << ran.out;
        EXPECT_TRUE(has(read_report(sandbox, "junit", "j.xml").out, "1 cases, 1 failed"));
    }
}

TEST(CiReports, SkippedAndPassedScenariosAreCases) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"run", "uncontended", "plain-contention", "--port", "rqspinlock",
                                 "--junit", "j.xml", "--sarif", "s.json"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    const Ran junit = read_report(sandbox, "junit", "j.xml");
    EXPECT_TRUE(has(junit.out, "2 cases, 0 failed")) << junit.out << junit.err;
    EXPECT_EQ(read_report(sandbox, "sarif", "s.json").code, 0);
    expect_refused(sandbox.run({"run", "uncontended", "--sarif", "no/s.json"}), "is not a folder");
    expect_refused(sandbox.run({"run", "uncontended", "--sarif", "x", "--junit", "x"}),
                   "same file x");
}

TEST(CommandExport, TheDrawingIsWellFormedAndShowsLanesContextsWordsAndFindings) {
    const Sandbox sandbox;
    const auto draw = [&](const std::vector<std::string>& what) {
        std::vector<std::string> words = {"export", "--svg", "run.svg"};
        words.insert(words.end(), what.begin(), what.end());
        const Ran ran = sandbox.run(words);
        EXPECT_EQ(ran.code, 0) << ran.err;
        const Ran read =
            sandbox.shell("python3 -c 'import xml.etree.ElementTree as t; t.parse(\"run.svg\")'");
        EXPECT_EQ(read.code, 0) << read.err;
        return Sandbox::read(sandbox.path("work/run.svg"));
    };
    const std::string nmi = draw({"aa-nmi", "--port", "rqspinlock"});
    EXPECT_TRUE(has(nmi, "CPU0 (worker)")) << nmi;
    EXPECT_TRUE(has(nmi, "&lt;NMI&gt;")) << nmi;
    EXPECT_TRUE(has(nmi, "class=\"run nmi\"")) << nmi;
    EXPECT_TRUE(has(line_with(nmi, "-EDEADLK"), "class=\"bad\"")) << nmi;
    EXPECT_TRUE(has(nmi, "class=\"new\"")) << nmi;
    const std::string hang =
        draw({"r11-head-waits-for-nobody", "--port", "broken/r11-waits-for-nobody"});
    EXPECT_TRUE(has(hang, "*** progress: ")) << hang;
    EXPECT_TRUE(has(hang, ">cpu0.0</text>")) << hang;
    EXPECT_TRUE(has(draw({"learn-line-up", "--port", "mcs"}), ">&amp;node[cpu1][0]</text>"));
    EXPECT_TRUE(has(draw({"learn-line-up", "--port", "ticket"}), ">next</text>"));
}

TEST(CommandExport, TheDrawingOfALongRunSaysWhatItLeavesOut) {
    const Sandbox sandbox;
    const std::string file =
        sandbox.write("long-run.yaml",
                      "scenario: 1\nname: long-run\nlocks: { A: rqspinlock }\nprograms:\n  one: |\n"
                      "    repeat (200) { r0 = res_spin_lock(A); res_spin_unlock(A); }\n"
                      "cpus:\n  0: { task: one }\nexplore: { strategy: round-robin }\n"
                      "expect:\n  always:\n    - A.word == 0\n");
    const Ran ran = sandbox.run({"export", file, "--port", "rqspinlock", "--svg", "long.svg"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const std::string drawn = Sandbox::read(sandbox.path("work/long.svg"));
    EXPECT_TRUE(has(drawn, "[ 100 rows left out ]")) << ran.out;
}

}  // namespace
}  // namespace lockstep
