// Reading chapters and exercises, and comparing what a chapter quotes with what is printed.
#include "tools/lesson.h"

#include <gtest/gtest.h>

#include "tools/lesson_exercise.h"

namespace lockstep {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kChapter =
    "# 3. A title: with a colon\n"
    "\n"
    "> What it is about.\n"
    "\n"
    "```sh\n"
    "# a comment\n"
    "lockstep list memories\n"
    "printf 's\\n' |\n"
    "    lockstep step aa-nmi  # exit code 64\n"
    "```\n"
    "Words.\n"
    "```text\n"
    "one\n"
    "...\n"
    "```\n"
    "```cpp lock/tas.cpp\n"
    "struct Tas {\n"
    "```\n";

Lesson read_well(const std::string& text) {
    Lines problems;
    Lesson lesson = read_lesson("x.md", text, problems);
    EXPECT_TRUE(problems.empty()) << problems.front();
    return lesson;
}

std::string first_problem(const std::string& text) {
    Lines problems;
    read_lesson("x.md", text, problems);
    return problems.empty() ? "" : problems.front();
}

TEST(Lesson, IsReadWithItsCommandsAndWhatTheyPrint) {
    const Lesson lesson = read_well(kChapter);
    EXPECT_EQ(lesson.number, 3U);
    EXPECT_EQ(lesson.title, "A title: with a colon");
    EXPECT_EQ(lesson.summary, "What it is about.");
    ASSERT_EQ(lesson.commands.size(), 2U);
    EXPECT_EQ(lesson.commands[0].text, "lockstep list memories");
    EXPECT_EQ(lesson.commands[0].line, 7U);
    EXPECT_TRUE(lesson.commands[0].quotes.empty());
    EXPECT_EQ(lesson.commands[1].text, "printf 's\\n' |\n    lockstep step aa-nmi  # exit code 64");
    EXPECT_EQ(lesson.commands[1].exit_code, 64);
    ASSERT_EQ(lesson.commands[1].quotes.size(), 1U);
    EXPECT_EQ(lesson.commands[1].quotes[0].line, 13U);
    EXPECT_EQ(lesson.commands[1].quotes[0].lines, (Lines{"one", "..."}));
    ASSERT_EQ(lesson.file_quotes.size(), 1U);
    EXPECT_EQ(lesson.file_quotes[0].from_file, "lock/tas.cpp");
}

TEST(Lesson, WhatCouldNotBeCheckedIsAProblem) {
    const std::string head = "# 1. T\n> S\n```sh\nlockstep list\n```\n";
    EXPECT_EQ(first_problem(head), "");
    EXPECT_EQ(first_problem("Title\n"), "x.md:1: expected `# NUMBER. TITLE` as the first line");
    EXPECT_NE(first_problem("# 1. T\n```sh\nlockstep\n```\n").find("sums the chapter up"),
              std::string::npos);
    EXPECT_EQ(first_problem("# 1. T\n> S\n"), "x.md:1: no command to try");
    EXPECT_EQ(first_problem("# 1. T\n> S\n```text\nx\n```\n" + head.substr(10)),
              "x.md:3: output of which command?");
    EXPECT_EQ(first_problem(head + "```sh\nlockstep list\n"), "x.md:6: this fence is never closed");
    EXPECT_NE(first_problem(head + "```\nx\n```\n").find("which nothing could check"),
              std::string::npos);
    EXPECT_NE(first_problem(head + "```console\nx\n```\n").find("found `console`"),
              std::string::npos);
    EXPECT_NE(first_problem(head + "```text\n```\n").find("an empty fence"), std::string::npos);
    EXPECT_NE(first_problem(head + "```sh\nlockstep |\n```\n").find("nothing follows"),
              std::string::npos);
    EXPECT_NE(first_problem(head + "```sh\nlockstep # exit code x\n```\n").find("a number behind"),
              std::string::npos);
}

TEST(Lesson, AQuotationMustBeThereInOrderAndTogether) {
    const Lines printed = {"a", "b  ", "c 12 ms", "d"};
    EXPECT_EQ(quote_mismatch({"b", "c 12 ms"}, printed), "");
    EXPECT_EQ(quote_mismatch({"a", "...", "d"}, printed), "");
    EXPECT_EQ(quote_mismatch({"a", "...", "b"}, printed), "");  // nothing left out
    EXPECT_EQ(quote_mismatch({"c ... ms", "d"}, printed), "");
    EXPECT_EQ(quote_mismatch({"c 1..."}, printed), "");
    EXPECT_EQ(quote_mismatch({"c..."}, {"b", "c"}), "");
    EXPECT_NE(quote_mismatch({"b", "d"}, printed), "");
    EXPECT_NE(quote_mismatch({"d", "...", "a"}, printed), "");
    EXPECT_NE(quote_mismatch({"c ... ns"}, printed), "");
    EXPECT_NE(quote_mismatch({"... 12 m"}, printed), "");
    EXPECT_NE(quote_mismatch({"ab...b"}, {"ab"}), "");  // no letter counts twice
    EXPECT_NE(quote_mismatch({"a"}, {}), "");
    EXPECT_EQ(quote_mismatch({"a", "x"}, printed),
              "quoted line 2 is not there (behind the lines before it): x");
}

constexpr const char* kExercise =
    "exercises:\n"
    "  - chapter: 1\n"
    "    kind: token\n"
    "    task: Do it.\n"
    "    scenario: abba-race\n"
    "    port: rqspinlock\n"
    "    end: ab@0.r1 == 0\n"
    "    solution: [cpu0 until exited]\n"
    "    wrong: [cpu0 until holds A, cpu1 until exited]\n";

std::string problem_of(const std::string& from, const std::string& to) {
    std::string text = kExercise;
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return "no `" + from + "` in the exercise";
    text.replace(at, from.size(), to);
    const ExerciseBook book = read_exercises("e.yaml", text);
    return book.problems.empty() ? "" : book.problems.front();
}

TEST(LessonExercise, IsReadAndItsMistakesAreToldWithTheirPlace) {
    const ExerciseBook book = read_exercises("e.yaml", kExercise);
    ASSERT_TRUE(book.problems.empty()) << book.problems.front();
    EXPECT_EQ(book.exercises.at(1).wrong.size(), 2U);
    EXPECT_EQ(problem_of("kind: token", "kind: riddle"),
              "e.yaml:3:11: expected token, scenario or value, found the text `riddle`");
    EXPECT_NE(problem_of("    port", "    pory").find("did you mean `port`?"), std::string::npos);
    EXPECT_NE(problem_of("    end: ab@0.r1 == 0\n", "").find("nothing to judge"),
              std::string::npos);
    EXPECT_NE(problem_of("    wrong: [cpu0 until holds A, cpu1 until exited]\n", "")
                  .find("no `wrong` answer"),
              std::string::npos);
    EXPECT_NE(problem_of("    solution: [cpu0 until exited]\n", "").find("no `solution`"),
              std::string::npos);
    EXPECT_NE(problem_of("chapter: 1", "chapter: one").find("the number of a chapter"),
              std::string::npos);
    EXPECT_NE(problem_of("exercises:", "exercise:").find("expected one key"), std::string::npos);
    EXPECT_FALSE(read_exercises("e.yaml", "").problems.empty());
    EXPECT_FALSE(read_exercises("e.yaml", "exercises: [1, {}]").problems.empty());
    const std::string twice = std::string(kExercise) + (kExercise + 11);
    EXPECT_NE(read_exercises("e.yaml", twice).problems.front().find("a second exercise"),
              std::string::npos);
}

TEST(LessonExercise, ATokenIsJudgedByWhatItDoes) {
    const Exercise exercise = read_exercises("e.yaml", kExercise).exercises.at(1);
    EXPECT_TRUE(judge_answer(exercise, token_of_moves(exercise, exercise.solution)).accepted);
    Exercise other = exercise;
    other.goal = "ab@0.r1 == -EDEADLK";
    const Judgement judged = judge_answer(other, token_of_moves(exercise, exercise.solution));
    EXPECT_FALSE(judged.accepted);
    EXPECT_NE(judged.reason.find("is true behind none of its"), std::string::npos) << judged.reason;
    other.goal.clear();
    other.finding = "progress/stuck";
    EXPECT_EQ(judge_answer(other, token_of_moves(exercise, exercise.solution)).reason,
              "no oracle says progress/stuck in this execution");
}

}  // namespace
}  // namespace lockstep
