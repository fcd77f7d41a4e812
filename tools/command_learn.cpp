// lockstep learn: lists the lessons, prints one, runs its commands, judges answers, checks it all.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/reader_walk.h"
#include "scenarios/text_lines.h"
#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/ktap.h"
#include "tools/lesson.h"
#include "tools/lesson_check.h"
#include "tools/lesson_exercise.h"
#include "tools/lesson_shell.h"
#include "tools/lesson_text.h"
#include "tools/library.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextColumns = 80;

class LearnCommand {
  public:
    LearnCommand(const LearnArguments& given, Output& to) : arguments_(given), output_(to) {}

    int run() {
        check_usage();
        load();
        if (arguments_.check) return check();
        refuse_problems();
        if (arguments_.chapters.empty()) return list();
        const Lesson& lesson = *chosen_.front();
        if (!arguments_.answer.empty()) return answer(lesson);
        return arguments_.run ? run_commands(lesson) : print(lesson);
    }

  private:
    void check_usage() const {
        const int asked =
            int{arguments_.run} + int{arguments_.check} + int{!arguments_.answer.empty()};
        if (asked > 1) throw UsageError("give one of --run, --check and --answer");
        if (arguments_.redraw && !arguments_.check) throw UsageError("--redraw belongs to --check");
        if (!arguments_.check && arguments_.chapters.size() > 1)
            throw UsageError("one chapter at a time; only --check takes several");
        if (arguments_.chapters.empty() && (arguments_.run || !arguments_.answer.empty()))
            throw UsageError("which chapter? `lockstep learn` lists them");
    }

    void load() {
        const std::string root = lessons_root();
        if (root.empty()) throw TryAgain("no folder of lessons; set LOCKSTEP_LESSONS to one");
        book_ = read_lessons(root);
        if (book_.lessons.empty()) throw TryAgain("no lessons (NN-*.md) in " + root);
        const std::string path = root + "/exercises.yaml";
        std::string problem;
        const std::optional<std::string> text = read_text_file(path, problem);
        if (text)
            exercises_ = read_exercises(path, *text);
        else
            exercises_.problems.push_back(problem);
        for (const std::string& word : arguments_.chapters) chosen_.push_back(&lesson_of(word));
        if (chosen_.empty())
            for (const Lesson& lesson : book_.lessons) chosen_.push_back(&lesson);
    }

    const Lesson& lesson_of(const std::string& word) const {
        const auto number = parse_digits(word, 999);
        const auto found =
            std::find_if(book_.lessons.begin(), book_.lessons.end(),
                         [&](const Lesson& each) { return number && each.number == *number; });
        if (found != book_.lessons.end()) return *found;
        throw UsageError("no chapter `" + word + "`; there are " +
                         std::to_string(book_.lessons.front().number) + " to " +
                         std::to_string(book_.lessons.back().number) +
                         " (`lockstep learn` lists them)");
    }

    std::vector<std::string> problems() const {
        std::vector<std::string> all = book_.problems;
        all.insert(all.end(), exercises_.problems.begin(), exercises_.problems.end());
        return all;
    }

    void refuse_problems() const {
        std::string all;
        for (const std::string& problem : problems()) all += (all.empty() ? "" : "\n") + problem;
        if (!all.empty()) throw UsageError(all);
    }

    const Exercise* exercise_of(const Lesson& lesson) const {
        const auto found = exercises_.exercises.find(lesson.number);
        return found == exercises_.exercises.end() ? nullptr : &found->second;
    }

    void print_json(const Json& json) {
        output_.line(json.dump(2, ' ', false, Json::error_handler_t::replace));
    }

    Json lesson_json(const Lesson& lesson) const {
        Json json = {{"number", lesson.number},
                     {"title", lesson.title},
                     {"summary", lesson.summary},
                     {"path", lesson.path},
                     {"commands", Json::array()}};
        for (const LessonCommand& command : lesson.commands)
            json["commands"].push_back({{"line", command.line},
                                        {"command", command.text},
                                        {"exit_code", command.exit_code}});
        if (const Exercise* const exercise = exercise_of(lesson))
            json["exercise"] = {{"kind", exercise_kind_text(exercise->kind)},
                                {"task", exercise->task}};
        return json;
    }

    int list() {
        Json all = {{"format", "lockstep-learn-1"}, {"lessons", Json::array()}};
        std::size_t width = 0;
        for (const Lesson& lesson : book_.lessons) width = std::max(width, lesson.title.size());
        for (const Lesson& lesson : book_.lessons) {
            all["lessons"].push_back(lesson_json(lesson));
            if (arguments_.json) continue;
            const std::string head = pad_left(std::to_string(lesson.number), 2) + "  ";
            output_.line(output_.paint(Colour::bold, head + lesson.title));
            for (const std::string& line : wrap(lesson.summary, columns() - 4))
                output_.line("    " + line);
        }
        if (arguments_.json) return print_json(all), kExitAsExpected;
        output_.line("");
        output_.line("lockstep learn N prints a chapter, with --run its commands are run,");
        output_.line("with --answer TOKEN|NUMBER|FILE your answer to its exercise is judged.");
        return kExitAsExpected;
    }

    std::size_t columns() const {
        return arguments_.width != 0 ? arguments_.width
                                     : std::min<std::size_t>(kTextColumns, output_.width());
    }

    int print(const Lesson& lesson) {
        if (!arguments_.json) {
            const std::size_t width = arguments_.width != 0 ? arguments_.width : output_.width();
            for (const std::string& line : lesson_lines(lesson, output_, columns(), width))
                output_.line(line);
            return kExitAsExpected;
        }
        Json json = {{"format", "lockstep-learn-1"}};
        json.update(lesson_json(lesson));
        json["text"] = lesson.text;
        return print_json(json), kExitAsExpected;
    }

    int run_commands(const Lesson& lesson) {
        const LessonShell shell;
        Json json = {
            {"format", "lockstep-learn-1"}, {"number", lesson.number}, {"commands", Json::array()}};
        bool well = true;
        for (const LessonCommand& command : lesson.commands) {
            if (!arguments_.json) output_.line(output_.paint(Colour::bold, "$ " + command.text));
            const std::string missing = missing_port(command.text);
            CommandRun run;
            if (missing.empty()) run = shell.run(command.text);
            well = well && (!missing.empty() || run.exit_code == command.exit_code);
            json["commands"].push_back({{"command", command.text},
                                        {"exit_code", run.exit_code},
                                        {"expected", command.exit_code},
                                        {"missing_port", missing},
                                        {"output", split_lines(run.output)}});
            if (arguments_.json) continue;
            output_.write(run.output);
            if (!missing.empty()) output_.line("(left out: there is no port " + missing + ")");
            if (missing.empty() && run.exit_code != command.exit_code)
                output_.line("(exit code " + std::to_string(run.exit_code) + ", expected " +
                             std::to_string(command.exit_code) + ")");
            output_.line("");
        }
        if (arguments_.json) print_json(json);
        return well ? kExitAsExpected : kExitNotAsExpected;
    }

    int answer(const Lesson& lesson) {
        const Exercise* const exercise = exercise_of(lesson);
        if (exercise == nullptr)
            throw UsageError("chapter " + std::to_string(lesson.number) + " has no exercise");
        const Judgement judgement = judge_answer(*exercise, arguments_.answer);
        if (arguments_.json) {
            print_json({{"format", "lockstep-learn-1"},
                        {"number", lesson.number},
                        {"accepted", judgement.accepted},
                        {"reason", judgement.reason}});
        } else {
            const bool yes = judgement.accepted;
            output_.line(output_.paint(yes ? Colour::green : Colour::red, yes ? "yes" : "not yet") +
                         ": " + judgement.reason);
            if (!yes && !exercise->hint.empty()) output_.line("hint: " + exercise->hint);
        }
        return judgement.accepted ? kExitAsExpected : kExitNotAsExpected;
    }

    Json results_json(const Lesson& lesson, const std::vector<LessonResult>& results) const {
        Json json = {
            {"number", lesson.number}, {"title", lesson.title}, {"results", Json::array()}};
        for (const LessonResult& each : results) {
            const char* const word = each.result == TestResult::passed    ? "passed"
                                     : each.result == TestResult::skipped ? "skipped"
                                                                          : "failed";
            json["results"].push_back(
                {{"name", each.name}, {"result", word}, {"reason", each.reason}});
        }
        return json;
    }

    static std::string name_of(const Lesson& lesson) {
        return std::to_string(lesson.number) + ": " + lesson.title;
    }

    void print_results(KtapWriter& ktap, const Lesson& lesson,
                       const std::vector<LessonResult>& results) {
        const std::string name = name_of(lesson);
        ktap.begin_subtest(name);
        ktap.plan(results.size());
        for (const LessonResult& each : results) {
            const bool failed = each.result == TestResult::failed;
            if (failed) ktap.comment(in_one_line(each.reason), Colour::red);
            ktap.result(each.result, each.name, failed ? "" : each.reason);
        }
        ktap.end_subtest(name);
    }

    int check() {
        refuse_problems();
        InterruptGuard guard;
        Progress progress;
        KtapWriter ktap(output_);
        LessonCheckOptions options;
        options.root = book_.root;
        options.redraw = arguments_.redraw;
        options.stop = [] { return *InterruptGuard::asked() != 0; };
        options.working_on = [&](const std::string& what) { progress.show(what); };
        Json json = {{"format", "lockstep-learn-1"}, {"lessons", Json::array()}};
        if (!arguments_.json) ktap.begin();
        if (!arguments_.json) ktap.plan(chosen_.size());
        unsigned passed = 0, failed = 0, skipped = 0;
        for (const Lesson* lesson : chosen_) {
            std::vector<LessonResult> results;
            if (!options.stop()) results = check_lesson(*lesson, exercise_of(*lesson), options);
            progress.clear();
            if (options.stop()) {  // half a chapter would look like a whole one
                if (!arguments_.json) ktap.result(TestResult::skipped, name_of(*lesson), kLeftOut);
                continue;
            }
            for (const LessonResult& each : results)
                ++(each.result == TestResult::passed   ? passed
                   : each.result == TestResult::failed ? failed
                                                       : skipped);
            json["lessons"].push_back(results_json(*lesson, results));
            if (!arguments_.json) print_results(ktap, *lesson, results);
        }
        const bool interrupted = options.stop();
        json["interrupted"] = interrupted;
        if (arguments_.json) print_json(json);
        const std::string totals = "Totals: pass:" + std::to_string(passed) +
                                   " fail:" + std::to_string(failed) +
                                   " skip:" + std::to_string(skipped);
        if (!arguments_.json) ktap.comment(totals);
        if (interrupted) throw TryAgain("interrupted; the rest was not checked");
        if (failed > 0) return kExitNotAsExpected;
        return passed == 0 ? kExitAllSkipped : kExitAsExpected;
    }

    const LearnArguments& arguments_;
    Output& output_;
    LessonBook book_;
    ExerciseBook exercises_;
    std::vector<const Lesson*> chosen_;
};

}  // namespace

int command_learn(const LearnArguments& arguments, Output& output) {
    return LearnCommand(arguments, output).run();
}

}  // namespace lockstep
