// Checking a chapter, one result per command, quotation, picture and exercise.
#include "tools/lesson_check.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "lock/port.h"
#include "scenarios/text_lines.h"
#include "tools/commands.h"
#include "tools/lesson_shell.h"
#include "tools/library.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr std::size_t kProgressColumns = 78;

class LessonChecker {
  public:
    LessonChecker(const Lesson& lesson, const Exercise* exercise, const LessonCheckOptions& options)
        : lesson_(lesson), exercise_(exercise), options_(options) {}

    std::vector<LessonResult> check() {
        for (const LessonCommand& command : lesson_.commands) {
            if (!go_on(name_of(command))) return results_;
            check_one(command);
        }
        if (stopped()) return results_;
        for (const LessonQuote& quote : lesson_.file_quotes) check_file(quote);
        check_pictures();
        if (go_on("the exercise")) check_exercise();
        return results_;
    }

  private:
    static std::string name_of(const LessonCommand& command) {
        std::string text = command.text;
        std::replace(text.begin(), text.end(), '\n', ' ');
        std::replace(text.begin(), text.end(), '#', '/');  // a note begins with it
        return "line " + std::to_string(command.line) + ": " + text;
    }

    bool go_on(const std::string& what) const {
        if (options_.working_on)
            options_.working_on(
                cut("chapter " + std::to_string(lesson_.number) + ": " + what, kProgressColumns));
        return !stopped();
    }
    // A command that was interrupted too says nothing about the chapter.
    bool stopped() const { return options_.stop && options_.stop(); }

    void add(const std::string& name, const std::string& problem) {
        const bool well = problem.empty();
        results_.push_back({well ? TestResult::passed : TestResult::failed, name,
                            well ? "" : lesson_.path + ": " + problem});
    }

    void check_one(const LessonCommand& command) {
        const std::string missing = missing_port(command.text);
        if (!missing.empty()) {
            results_.push_back(
                {TestResult::skipped, name_of(command), "there is no port " + missing});
            return;
        }
        const CommandRun run = shell_.run(command.text);
        if (!stopped()) add(name_of(command), check_command(command, run));
    }

    void check_file(const LessonQuote& quote) {
        std::string problem;
        const std::string path = LOCKSTEP_SOURCE_DIR "/" + quote.from_file;
        const std::optional<std::string> text = read_text_file(path, problem);
        if (text) problem = quote_mismatch(quote.lines, split_lines(*text));
        add("line " + std::to_string(quote.line) + ": quoted from " + quote.from_file, problem);
    }

    // A file that a command wrote and the chapter shows is the picture of the same name.
    void check_pictures() {
        for (const std::string& name : shown_pictures()) {
            const std::string kept = options_.root + "/pictures/" + name;
            std::string problem, none;
            const std::optional<std::string> drawn = read_text_file(shell_.path_of(name), problem);
            const std::optional<std::string> known = read_text_file(kept, none);
            if (!drawn)
                problem = "no command of the chapter draws " + name;
            else if (known != drawn && options_.redraw)
                problem = write_file_safely(kept, *drawn);
            else if (known != drawn)
                problem = "pictures/" + name +
                          " is not what the command draws now; `lockstep learn --check --redraw` "
                          "writes it anew";
            add("picture " + name, problem);
        }
    }

    std::vector<std::string> shown_pictures() const {
        static const std::string kBefore = "](pictures/";
        std::vector<std::string> names;
        for (const std::string& line : lesson_.text) {
            const std::size_t at = line.find(kBefore);
            const std::size_t end = line.find(')', at == std::string::npos ? 0 : at);
            if (at != std::string::npos && end != std::string::npos)
                names.push_back(line.substr(at + kBefore.size(), end - at - kBefore.size()));
        }
        return names;
    }

    // The reference solutions are moves of a play; a file is beside the chapters.
    std::string answer_of(const std::vector<std::string>& given) const {
        if (exercise_->kind == ExerciseKind::token) return token_of_moves(*exercise_, given);
        if (exercise_->kind == ExerciseKind::value) return given.front();
        return options_.root + "/" + given.front();
    }

    void check_answer(const std::string& name, const std::vector<std::string>& given, bool right) {
        std::string problem;
        try {
            const Judgement judgement = judge_answer(*exercise_, answer_of(given));
            if (judgement.accepted != right)
                problem = (right ? "it is refused: " : "it is accepted: ") + judgement.reason;
        } catch (const UsageError& error) {
            problem = error.what();
        } catch (const PortError& error) {
            problem = error.message;
        }
        add(name, problem);
    }

    void check_exercise() {
        if (exercise_ == nullptr) return add("exercise", "exercises.yaml has none for it");
        check_answer("exercise: the solution is accepted", exercise_->solution, true);
        check_answer("exercise: a wrong answer is refused", exercise_->wrong, false);
    }

    const Lesson& lesson_;
    const Exercise* exercise_;
    const LessonCheckOptions& options_;
    LessonShell shell_;
    std::vector<LessonResult> results_;
};

}  // namespace

std::vector<LessonResult> check_lesson(const Lesson& lesson, const Exercise* exercise,
                                       const LessonCheckOptions& options) {
    return LessonChecker(lesson, exercise, options).check();
}

}  // namespace lockstep
