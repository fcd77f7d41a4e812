// lockstep learn as a reader types it: the real chapters, and small ones that are wrong on purpose.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

constexpr const char* kExercises =
    "exercises:\n"
    "  - chapter: 1\n"
    "    kind: value\n"
    "    task: What is the word?\n"
    "    scenario: learn-queue\n"
    "    port: rqspinlock\n"
    "    value: A.word\n"
    "    solution: \"0x100101\"\n"
    "    wrong: \"1\"\n"
    "    hint: look again\n";

// A book of one chapter with this between its summary and its end.
class Book {
  public:
    explicit Book(const std::string& body, const std::string& exercises = kExercises) {
        sandbox_.write("book/01-one.md", "# 1. One\n\n> The only one.\n\n" + body);
        sandbox_.write("book/exercises.yaml", exercises);
    }
    Ran learn(const std::vector<std::string>& words) const {
        std::vector<std::string> all = {"learn"};
        all.insert(all.end(), words.begin(), words.end());
        HowToRun how;
        how.environment = {"LOCKSTEP_LESSONS=" + sandbox_.path("work/book").string()};
        return sandbox_.run(all, how);
    }
    std::filesystem::path path(const std::string& name) const {
        return sandbox_.path("work/book/" + name);
    }
    std::string write(const std::string& name, const std::string& text) const {
        return sandbox_.write(name, text);
    }

  private:
    Sandbox sandbox_;
};

const std::string kListing = "```sh\nlockstep list memories\n```\n";

TEST(CommandLearn, ListsTheChaptersInOrder) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"learn"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, " 1  Test-and-set")) << ran.out;
    EXPECT_LT(ran.out.find(" 1  Test-and-set"), ran.out.find("13  How a production hang"));
    const Json json = Json::parse(sandbox.run({"learn", "--json"}).out);
    EXPECT_EQ(json["lessons"].size(), 13U);
    for (const Json& lesson : json["lessons"])
        EXPECT_TRUE(lesson.contains("exercise")) << lesson["title"];
}

TEST(CommandLearn, PrintsAChapterWithoutItsMarks) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"learn", "5", "--width", "70"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "$ ./tools/lockstep show hand-off --port rqspinlock")) << ran.out;
    EXPECT_FALSE(has(ran.out, "```")) << ran.out;
    EXPECT_FALSE(has(ran.out, "](")) << ran.out;
    EXPECT_FALSE(has(ran.out, "`")) << ran.out;
    for (const std::string& line : lines_of(ran.out))  // commands are whole, to be copied
        EXPECT_TRUE(line.size() <= 70 || line.starts_with("    $ ")) << line;
    const Json json = Json::parse(sandbox.run({"learn", "5", "--json"}).out);
    EXPECT_EQ(json["exercise"]["kind"], "token");
}

TEST(CommandLearn, RunsTheCommandsOfAChapter) {
    const Book book("```sh\n./tools/lockstep list memories\nls\n```\n");
    const Ran ran = book.learn({"1", "--run"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "$ ./tools/lockstep list memories\nsc  sequential")) << ran.out;
    EXPECT_TRUE(has(ran.out, "scenarios")) << ran.out;  // where paths such as scenarios/nmi lead
    const Json json = Json::parse(book.learn({"1", "--run", "--json"}).out);
    EXPECT_EQ(json["commands"][0]["exit_code"], 0);
    EXPECT_TRUE(has(json["commands"][0]["output"][0], "sc  sequential"));
}

TEST(CommandLearn, AChapterThatTellsTheTruthPasses) {
    const Book book(kListing + "```text\nsc ... consistency: ...\n```\n");
    const Ran ran = book.learn({"--check"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "# Totals: pass:3 fail:0 skip:0")) << ran.out;
    EXPECT_TRUE(ran.out.starts_with("KTAP version 1\n1..1\n")) << ran.out;
}

TEST(CommandLearn, AQuotedLineThatIsNotPrintedFails) {
    const Book book(kListing + "```text\nsc  weak, of course\n```\n");
    const Ran ran = book.learn({"--check", "1"});
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "quoted at line 9: quoted line 1 is not there: sc  weak")) << ran.out;
    EXPECT_TRUE(has(ran.out, "not ok 1 line 6: lockstep list memories")) << ran.out;
    const Json json = Json::parse(book.learn({"--check", "--json"}).out);
    EXPECT_EQ(json["lessons"][0]["results"][0]["result"], "failed");
    EXPECT_EQ(json["lessons"][0]["results"][1]["result"], "passed");
}

TEST(CommandLearn, ACommandThatEndsOtherwiseFails) {
    const Book book("```sh\nlockstep list nonsense\nlockstep list memories # exit code 1\n```\n");
    const Ran ran = book.learn({"--check"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(has(ran.out, "exit code 64, expected 0")) << ran.out;
    EXPECT_TRUE(has(ran.out, "exit code 0, expected 1")) << ran.out;
}

TEST(CommandLearn, APictureOrAQuotedFileThatHasChangedFails) {
    const std::string draw =
        "```sh\nlockstep export aa-nmi --port rqspinlock --svg nmi.svg\n```\n"
        "![x](pictures/nmi.svg)\n![y](pictures/none.svg)\n"
        "```cpp lock/tas.cpp\nstruct Nothing {\n```\n";
    const Book book(draw);
    book.write("book/pictures/nmi.svg", "<svg/>");
    const Ran ran = book.learn({"--check"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(has(ran.out, "pictures/nmi.svg is not what the command draws now")) << ran.out;
    EXPECT_TRUE(has(ran.out, "no command of the chapter draws none.svg")) << ran.out;
    EXPECT_TRUE(has(ran.out, "line 11: quoted from lock/tas.cpp")) << ran.out;
    EXPECT_TRUE(has(ran.out, "is not there: struct Nothing {")) << ran.out;
    book.learn({"--check", "--redraw"});
    EXPECT_TRUE(has(Sandbox::read(book.path("pictures/nmi.svg")), "res_spin_lock(A)"));
    EXPECT_TRUE(has(book.learn({"--check"}).out, "\n  ok 3 picture nmi.svg"));
}

TEST(CommandLearn, AnExerciseThatAcceptsAnythingOrNothingFails) {
    std::string same = kExercises;
    same.replace(same.find("wrong: \"1\""), 10, "wrong: \"0x100101\"");
    EXPECT_TRUE(has(Book(kListing, same).learn({"--check"}).out, "it is accepted"));
    std::string never = kExercises;
    never.replace(never.find("0x100101"), 8, "0x100102");
    EXPECT_TRUE(has(Book(kListing, never).learn({"--check"}).out, "it is refused"));
    std::string other = kExercises;
    other.replace(other.find("chapter: 1"), 10, "chapter: 2");
    EXPECT_TRUE(has(Book(kListing, other).learn({"--check"}).out, "has none for it"));
}

TEST(CommandLearn, ACommandForAPortThatIsNotThereIsSkipped) {
    const Book book("```sh\nlockstep show aa-nmi --port linux/no-such\n```\n");
    const Ran ran = book.learn({"--check"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "# SKIP there is no port linux/no-such")) << ran.out;
}

TEST(CommandLearn, AnswersAreJudgedWithAReason) {
    const Sandbox sandbox;
    const Ran right = sandbox.run({"learn", "4", "--answer", "0x100101"});
    EXPECT_EQ(right.code, 0) << right.err;
    EXPECT_TRUE(has(right.out, "yes: ")) << right.out;
    const Ran wrong = sandbox.run({"learn", "4", "--answer", "0x101"});
    EXPECT_EQ(wrong.code, 1) << wrong.err;
    EXPECT_TRUE(has(wrong.out, "not yet: `A.word` is not 0x101 there\nhint: ")) << wrong.out;
    const Ran scenario = sandbox.run(
        {"learn", "3", "--answer", LOCKSTEP_SOURCE_DIR "/docs/learn/solutions/says-nothing.yaml"});
    EXPECT_EQ(scenario.code, 1) << scenario.err;
    EXPECT_TRUE(has(scenario.out, "on tas, where it must fail, it passes")) << scenario.out;
}

TEST(CommandLearn, TheTokenOfAPlayIsAnAnswerAlsoInAFile) {
    const Sandbox sandbox;
    const Ran played = sandbox.shell(
        "printf 'cpu0 until holds A\\ncpu1 until waits\\ncpu0 until exited\\n' | "
        "lockstep play lock-2cpu --port rqspinlock");
    const std::string line = line_with(played.out, "token: v1:");
    ASSERT_FALSE(line.empty()) << played.out << played.err;
    const std::string file = sandbox.write("answer.txt", line + "\n");
    const Ran judged = sandbox.run({"learn", "5", "--answer", file, "--json"});
    EXPECT_EQ(judged.code, 0) << judged.out << judged.err;
    EXPECT_EQ(Json::parse(judged.out)["accepted"], true);
    // The token of another chapter's scenario is no answer, right or wrong.
    expect_refused(sandbox.run({"learn", "1", "--answer", line.substr(7)}),
                   "the token is of scenario lock-2cpu");
}

TEST(CommandLearn, RefusesWhatMakesNoSense) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"learn", "99"}), "no chapter `99`; there are 1 to 13");
    expect_refused(sandbox.run({"learn", "first"}), "no chapter `first`");
    expect_refused(sandbox.run({"learn", "1", "2"}), "one chapter at a time");
    expect_refused(sandbox.run({"learn", "--run"}), "which chapter?");
    expect_refused(sandbox.run({"learn", "1", "--run", "--check"}), "give one of");
    expect_refused(sandbox.run({"learn", "1", "--redraw"}), "--redraw belongs to --check");
    expect_refused(sandbox.run({"learn", "4", "--answer", "many"}), "expected a number");
    expect_refused(sandbox.run({"learn", "5", "--answer", "nowhere"}), "expected a token");
    expect_refused(sandbox.run({"learn", "3", "--answer", "nowhere"}), "no scenario, file");
    expect_refused(Book("Only words.\n").learn({}), "no command to try");
    expect_refused(Book(kListing, "exercises: 1\n").learn({"--check"}), "exercises.yaml:1:");
    HowToRun nothing;
    nothing.environment = {"LOCKSTEP_LESSONS=" + sandbox.path("home").string()};
    EXPECT_EQ(sandbox.run({"learn"}, nothing).code, 75);
}

}  // namespace
}  // namespace lockstep
