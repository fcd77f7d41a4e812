// Judging answers: a token is replayed, a scenario is run, a value is looked up in an execution.
#include "tools/lesson_exercise.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "scenarios/question.h"
#include "scenarios/runner.h"
#include "tools/commands.h"
#include "tools/divergence.h"
#include "tools/game.h"
#include "tools/library.h"
#include "tools/rerun.h"
#include "tools/subject.h"
#include "tools/text_columns.h"
#include "tools/trace.h"

namespace lockstep {

namespace {

constexpr unsigned kLessonColumns = 100;

Subject subject_to_play(const Exercise& exercise) {
    Subject subject;
    subject.scenario = read_only_scenario(exercise.scenario);
    subject.port = port_of(subject.scenario, exercise.port);
    return subject;
}

void make_moves(Game& game, const std::vector<std::string>& moves) {
    for (const std::string& move : moves) {
        const Answer answer = game.answer(move);
        if (!answer.refused) continue;
        throw UsageError("the move `" + move +
                         "` was refused: " + (answer.lines.empty() ? "" : answer.lines.front()));
    }
}

Expression expression_of(const Scenario& scenario, const std::string& text) {
    auto read = read_question(scenario, text);
    if (const std::string* problem = std::get_if<std::string>(&read))
        throw UsageError("exercises.yaml: `" + text + "`: " + *problem);
    return std::get<Expression>(read);
}

bool finding_made(const ExecutionResult& result, const std::string& wanted) {
    return std::any_of(result.findings.begin(), result.findings.end(), [&](const Finding& each) {
        return wanted == std::string(each.oracle) + "/" + each.word;
    });
}

// Is the expression true behind some step of the execution?
bool ever_true(const Subject& subject, const std::string& text, std::uint64_t steps) {
    const Expression expression = expression_of(subject.scenario, text);
    Rerun rerun(subject);
    for (std::uint64_t step = 0; step <= steps; ++step)
        if (rerun.value(expression, step).is_true()) return true;
    return false;
}

bool true_at_end(const Subject& subject, const std::string& text, std::uint64_t steps) {
    const Expression expression = expression_of(subject.scenario, text);
    return Rerun(subject).value(expression, steps).is_true();
}

Judgement judge_token(const Exercise& exercise, const std::string& token) {
    const Subject subject = read_subject(token, exercise.scenario, exercise.port);
    const Trace trace = trace_picks(subject.scenario, subject.port, subject.picks, false);
    const std::vector<std::string> divergence = describe_divergence(subject, trace);
    std::string parting;
    for (const std::string& line : divergence) parting += (parting.empty() ? "" : "\n") + line;
    if (!parting.empty()) throw UsageError(parting);
    const ExecutionResult& result = result_of(trace.report);
    if (!exercise.finding.empty() && !finding_made(result, exercise.finding))
        return {false, "no oracle says " + exercise.finding + " in this execution"};
    if (trace.crashed) return {false, "the code under test crashes in this execution"};
    if (!exercise.goal.empty() && !ever_true(subject, exercise.goal, result.steps))
        return {false, "`" + exercise.goal + "` is true behind none of its " +
                           counted(result.steps, "step")};
    if (!exercise.end.empty() && !true_at_end(subject, exercise.end, result.steps))
        return {false, "`" + exercise.end + "` is not true at its end"};
    std::string shown;
    for (const std::string& each : {exercise.finding, exercise.goal, exercise.end})
        if (!each.empty()) shown += (shown.empty() ? "" : ", and ") + each;
    return {true, "in " + counted(result.steps, "step") + ": " + shown};
}

std::optional<std::int64_t> number_in(const std::string& text) {
    const std::string digits = text.starts_with("-") ? text.substr(1) : text;
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    const std::string body = hex ? digits.substr(2) : digits;
    const char* const known = hex ? "0123456789abcdefABCDEF" : "0123456789";
    if (body.empty() || body.size() > 15 || body.find_first_not_of(known) != std::string::npos)
        return std::nullopt;
    const auto value = static_cast<std::int64_t>(std::stoull(body, nullptr, hex ? 16 : 10));
    return text.starts_with("-") ? -value : value;
}

Judgement judge_value(const Exercise& exercise, const std::string& answer) {
    const std::optional<std::int64_t> given = number_in(answer);
    if (!given) throw UsageError("expected a number such as 3 or 0x101, found `" + answer + "`");
    const Subject subject = subject_to_play(exercise);
    Game game(subject, exercise.value, kLessonColumns);
    make_moves(game, exercise.moves);
    const Evaluated actual = game.value(expression_of(subject.scenario, exercise.value));
    if (!actual.known)
        throw UsageError("exercises.yaml: `" + exercise.value + "` is unknown there");
    if (actual.value == *given) return {true, "`" + exercise.value + "` is " + answer + " there"};
    return {false, "`" + exercise.value + "` is not " + answer + " there"};
}

Judgement judge_scenario(const Exercise& exercise, const std::string& path) {
    const Scenario scenario = read_only_scenario(path);
    const auto verdict_on = [&](const std::string& name, std::string& why) {
        const RunReport report = run_scenario(scenario, open_port(name), {});
        why = report.verdict == RunReport::Verdict::skipped ? "is skipped: " + report.skip_reason
              : report.failures.empty()                     ? "passes"
                                        : "fails: " + report.failures.front().text;
        return report.verdict;
    };
    std::string why;
    for (const std::string& name : exercise.passes_on)
        if (verdict_on(name, why) != RunReport::Verdict::as_expected)
            return {false, "on " + name + ", where it must pass, it " + why};
    for (const std::string& name : exercise.fails_on)
        if (verdict_on(name, why) != RunReport::Verdict::not_as_expected)
            return {false, "on " + name + ", where it must fail, it " + why};
    return {true, "on " + exercise.fails_on.front() + " it " + why};
}

// A token, or what the file of that name holds if it is one.
std::string token_in(const std::string& answer) {
    if (is_token(answer)) return answer;
    std::error_code error;
    if (!std::filesystem::exists(answer, error))
        throw UsageError("expected a token (v1:...) or a file with one, found `" + answer + "`");
    std::string problem;
    std::optional<std::string> text = read_text_file(answer, problem);
    if (!text) throw UsageError(problem);
    const std::vector<std::string> words = words_of(*text);
    const auto found = std::find_if(words.begin(), words.end(), is_token);
    if (found == words.end() || answer.ends_with(".repro")) return answer;
    return *found;
}

}  // namespace

Judgement judge_answer(const Exercise& exercise, const std::string& answer) {
    switch (exercise.kind) {
        case ExerciseKind::token:
            return judge_token(exercise, token_in(answer));
        case ExerciseKind::scenario:
            return judge_scenario(exercise, answer);
        case ExerciseKind::value:
            return judge_value(exercise, answer);
    }
    return {};
}

std::string token_of_moves(const Exercise& exercise, const std::vector<std::string>& moves) {
    const Subject subject = subject_to_play(exercise);
    Game game(subject, exercise.goal, kLessonColumns);
    make_moves(game, moves);
    return game.token();
}

const char* exercise_kind_text(ExerciseKind kind) {
    switch (kind) {
        case ExerciseKind::token:
            return "token";
        case ExerciseKind::scenario:
            return "scenario";
        case ExerciseKind::value:
            return "value";
    }
    return "";
}

}  // namespace lockstep
