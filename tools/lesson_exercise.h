// Lesson exercise: what docs/learn/exercises.yaml says about the exercise of a chapter, and judging
// an answer to it. An answer is a token (a schedule somebody found), a scenario file (somebody
// wrote), or a value (somebody worked out); nothing is judged by comparing text with a solution.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lockstep {

enum class ExerciseKind : std::uint8_t { token, scenario, value };

struct Exercise {
    unsigned chapter = 0;
    ExerciseKind kind = ExerciseKind::token;
    std::string task;                // one sentence
    std::string scenario, port;      // of a token, and of the moves that lead to a value
    std::string goal;                // token: an expression that must be true behind some step
    std::string end;                 // token: one that must be true at the end
    std::string finding;             // token: oracle/word that must speak
    std::vector<std::string> moves;  // value: where it is looked at
    std::string value;               // value: the expression
    std::vector<std::string> passes_on, fails_on;  // scenario: ports
    std::vector<std::string> solution, wrong;      // moves; or one file or value
    std::string hint;                              // said with a refusal
};

struct ExerciseBook {
    std::map<unsigned, Exercise> exercises;  // by chapter
    std::vector<std::string> problems;       // "path:line:column: what is wrong"
};

const char* exercise_kind_text(ExerciseKind kind);
// `path` names the file in problems.
ExerciseBook read_exercises(const std::string& path, const std::string& text);

struct Judgement {
    bool accepted = false;
    std::string reason;  // one sentence, either way
};

// `answer` is a token, a value, or the path of a file that holds a token or is a scenario. Throws
// UsageError for an answer of another kind and PortError.
Judgement judge_answer(const Exercise& exercise, const std::string& answer);

// The token of these moves of `lockstep play`. Throws UsageError if one is refused.
std::string token_of_moves(const Exercise& exercise, const std::vector<std::string>& moves);

}  // namespace lockstep
