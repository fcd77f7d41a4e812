// Reading exercises.yaml: every key is known and fits the kind, or a problem is told with its
// place.
#include <algorithm>
#include <utility>

#include "scenarios/reader_nodes.h"
#include "scenarios/reader_walk.h"
#include "tools/lesson_exercise.h"

namespace lockstep {

namespace {

class ExerciseReader {
  public:
    ExerciseReader(std::string path, ExerciseBook& book) : path_(std::move(path)), book_(book) {}

    void read(const std::string& text) {
        Problems problems;
        const std::optional<Node> top = read_nodes(text, problems);
        for (const Problem& problem : problems.in_file_order())
            complain_at({problem.line, problem.column}, problem.message);
        if (!top) return;
        const Node* const list = top->member("exercises");
        const bool alone = top->kind == Node::Kind::mapping && top->entries.size() == 1;
        if (!alone || list == nullptr || list->kind != Node::Kind::sequence)
            return complain_at(top->at, "expected one key, `exercises`, with a list");
        for (const Node& item : list->items) read_exercise(item);
    }

  private:
    void complain_at(Position at, const std::string& what) {
        book_.problems.push_back(path_ + ":" + std::to_string(at.line) + ":" +
                                 std::to_string(at.column) + ": " + what);
    }

    void read_text(const Node& node, std::string& into) {
        if (node.kind == Node::Kind::scalar && !node.text.empty())
            into = node.text;
        else
            complain_at(node.at, "expected a text, found " + describe_node(node));
    }

    // One text, or a list of them.
    void read_texts(const Node& node, std::vector<std::string>& into) {
        if (node.kind == Node::Kind::scalar) return read_text(node, into.emplace_back());
        if (node.kind != Node::Kind::sequence || node.items.empty())
            return complain_at(node.at, "expected a list, found " + describe_node(node));
        for (const Node& item : node.items) read_text(item, into.emplace_back());
    }

    void read_chapter(const Node& node, Exercise& exercise) {
        const auto number = parse_digits(node.text, 99);
        if (!number) return complain_at(node.at, "expected the number of a chapter");
        exercise.chapter = static_cast<unsigned>(*number);
    }

    void read_kind(const Node& node, Exercise& exercise) {
        for (ExerciseKind kind : {ExerciseKind::token, ExerciseKind::scenario, ExerciseKind::value})
            if (node.text == exercise_kind_text(kind)) {
                exercise.kind = kind;
                return;
            }
        complain_at(node.at, "expected token, scenario or value, found " + describe_node(node));
    }

    void read_member(const Node::Entry& entry, Exercise& exercise) {
        const Words known = {"chapter",  "kind",  "task",    "scenario",  "port",
                             "goal",     "end",   "finding", "moves",     "value",
                             "solution", "wrong", "hint",    "passes_on", "fails_on"};
        const std::pair<const char*, std::string*> texts[] = {
            {"task", &exercise.task},   {"scenario", &exercise.scenario},
            {"port", &exercise.port},   {"goal", &exercise.goal},
            {"end", &exercise.end},     {"finding", &exercise.finding},
            {"value", &exercise.value}, {"hint", &exercise.hint}};
        const std::pair<const char*, std::vector<std::string>*> lists[] = {
            {"moves", &exercise.moves},
            {"passes_on", &exercise.passes_on},
            {"fails_on", &exercise.fails_on},
            {"solution", &exercise.solution},
            {"wrong", &exercise.wrong}};
        if (entry.key == "chapter") return read_chapter(entry.value, exercise);
        if (entry.key == "kind") return read_kind(entry.value, exercise);
        for (const auto& [key, into] : texts)
            if (entry.key == key) return read_text(entry.value, *into);
        for (const auto& [key, into] : lists)
            if (entry.key == key) return read_texts(entry.value, *into);
        complain_at(entry.at, "unknown key `" + entry.key + "`; " + suggest_word(entry.key, known));
    }

    // Without these nothing could be checked.
    void check_whole(const Node& node, const Exercise& exercise) {
        const bool token = exercise.kind == ExerciseKind::token;
        const bool value = exercise.kind == ExerciseKind::value;
        const bool judged =
            token   ? !exercise.goal.empty() || !exercise.end.empty() || !exercise.finding.empty()
            : value ? !exercise.value.empty()
                    : !exercise.passes_on.empty() && !exercise.fails_on.empty();
        const bool placed = exercise.kind == ExerciseKind::scenario ||
                            (!exercise.scenario.empty() && !exercise.port.empty());
        if (exercise.chapter == 0) complain_at(node.at, "no `chapter`");
        if (exercise.task.empty()) complain_at(node.at, "no `task`");
        if (!placed) complain_at(node.at, "no `scenario` or no `port`");
        if (!judged) complain_at(node.at, "nothing to judge an answer by");
        if (exercise.solution.empty()) complain_at(node.at, "no `solution`");
        if (exercise.wrong.empty()) complain_at(node.at, "no `wrong` answer that is refused");
    }

    void read_exercise(const Node& node) {
        if (node.kind != Node::Kind::mapping)
            return complain_at(node.at, "expected an exercise, found " + describe_node(node));
        Exercise exercise;
        for (const Node::Entry& entry : node.entries) read_member(entry, exercise);
        check_whole(node, exercise);
        if (!book_.exercises.emplace(exercise.chapter, exercise).second)
            complain_at(node.at,
                        "a second exercise of chapter " + std::to_string(exercise.chapter));
    }

    std::string path_;
    ExerciseBook& book_;
};

}  // namespace

ExerciseBook read_exercises(const std::string& path, const std::string& text) {
    ExerciseBook book;
    ExerciseReader(path, book).read(text);
    return book;
}

}  // namespace lockstep
