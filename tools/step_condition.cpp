// Reading conditions; an expression is what begins with none of the words.
#include "tools/step_condition.h"

#include <algorithm>

#include "scenarios/question.h"
#include "scenarios/reader_walk.h"
#include "sim/points.h"
#include "tools/suggest.h"

namespace lockstep {

namespace {

using Kind = StepCondition::Kind;

const std::vector<std::pair<std::string, Kind>>& condition_words() {
    static const std::vector<std::pair<std::string, Kind>> kWords = {
        {"finding", Kind::finding}, {"error", Kind::error},   {"returned", Kind::returned},
        {"point", Kind::point},     {"label", Kind::label},   {"holds", Kind::holds},
        {"waits", Kind::waits},     {"exited", Kind::exited}, {"cpu", Kind::acts},
        {"step", Kind::step}};
    return kWords;
}

class ConditionReader {
  public:
    ConditionReader(const Scenario& scenario, const std::vector<std::string>& words)
        : scenario_(scenario), words_(words) {}

    std::variant<StepCondition, std::string> read() {
        if (words_.empty()) return "until what? " + expected();
        if (words_.size() > 1 && words_[0].starts_with("cpu") && words_[0].size() > 3) {
            read_cpu_into(words_[0]);
            ++next_;
        }
        if (problem_.empty()) read_kind();
        if (problem_.empty() && next_ < words_.size() && condition_.kind != Kind::expression)
            problem_ = "expected the end of the line, found `" + words_[next_] + "`";
        if (!problem_.empty()) return problem_;
        return condition_;
    }

  private:
    static std::string expected() {
        return "expected finding, error, returned, point, label, holds, waits, exited, cpu N, "
               "step N or an expression such as A.pending == 1";
    }
    std::string take() { return next_ < words_.size() ? words_[next_++] : ""; }

    void read_kind() {
        const std::string word = take();
        for (const auto& [name, kind] : condition_words()) {
            if (name != word) continue;
            condition_.kind = kind;
            return read_rest();
        }
        condition_.kind = Kind::expression;
        std::string text = word;
        while (next_ < words_.size()) text += " " + take();
        std::variant<Expression, std::string> read = read_question(scenario_, text);
        if (Expression* expression = std::get_if<Expression>(&read)) {
            condition_.expression = std::move(*expression);
            return;
        }
        std::vector<std::string> names;
        for (const auto& [name, kind] : condition_words()) names.push_back(name);
        const std::string near = did_you_mean(word, names);
        problem_ =
            near.empty() ? std::get<std::string>(read) : "unknown condition `" + word + "`" + near;
    }

    void read_rest() {
        switch (condition_.kind) {
            case Kind::returned:
                if (next_ < words_.size()) read_lock();
                break;
            case Kind::holds:
                read_lock();
                break;
            case Kind::point:
                read_point();
                break;
            case Kind::label:
                read_label(take());
                break;
            case Kind::acts:
                read_cpu_into(take());
                break;
            case Kind::step: {
                const std::string word = take();
                const auto number = parse_digits(word, ~std::uint64_t{0} >> 1);
                if (!number) problem_ = "expected a step number, found `" + word + "`";
                condition_.step = number.value_or(0);
                break;
            }
            default:
                break;
        }
    }

    void read_cpu_into(const std::string& word) {
        condition_.cpu = read_cpu(scenario_, word);
        if (condition_.cpu) return;
        problem_ = "expected a CPU from 0 to " + std::to_string(scenario_.machine.cpus - 1) +
                   ", found `" + word + "`";
    }

    void read_lock() {
        const std::string word = take();
        std::vector<std::string> names;
        for (std::size_t i = 0; i < scenario_.locks.size(); ++i) {
            names.push_back(scenario_.locks[i].name);
            if (scenario_.locks[i].name == word) condition_.lock = static_cast<LockId>(i);
        }
        if (condition_.lock == kNoLock)
            problem_ = "expected a lock, found `" + word + "`" + did_you_mean(word, names);
    }

    void read_point() {
        const std::string word = take();
        condition_.point = point_by_name(word);
        if (condition_.point == 0) {
            problem_ = "expected a lock point such as rq.head.wait, found `" + word + "`" +
                       did_you_mean(word, point_words());
            return;
        }
        if (next_ == words_.size()) return;
        const std::string of = take();
        if (of == "of") return read_lock();
        problem_ = "expected `of` and a lock, found `" + of + "`";
    }

    void read_label(const std::string& word) {
        const std::size_t dot = word.find('.');
        const std::string label = dot == std::string::npos ? word : word.substr(dot + 1);
        std::vector<std::string> known;
        std::vector<std::uint64_t> found;
        for (const Program& program : scenario_.programs)
            for (std::size_t i = 0; i < program.labels.size(); ++i) {
                known.push_back(program.name + "." + program.labels[i]);
                if (program.labels[i] != label) continue;
                if (dot != std::string::npos && program.name != word.substr(0, dot)) continue;
                const std::uint64_t value = std::uint64_t{program.group} << 16 | i;
                if (std::find(found.begin(), found.end(), value) == found.end())
                    found.push_back(value);
            }
        if (found.size() == 1)
            condition_.label = found[0];
        else if (found.empty())
            problem_ = "expected a label such as worker.cs, found `" + word + "`" +
                       did_you_mean(word, known);
        else
            problem_ = "several programs have the label `" + word + "`: write program.label";
    }

    const Scenario& scenario_;
    const std::vector<std::string>& words_;
    std::size_t next_ = 0;
    StepCondition condition_;
    std::string problem_;
};

}  // namespace

std::optional<CpuId> read_cpu(const Scenario& scenario, const std::string& word) {
    const std::string digits = word.starts_with("cpu") ? word.substr(3) : word;
    const auto number = parse_digits(digits, scenario.machine.cpus - 1);
    if (!number) return std::nullopt;
    return static_cast<CpuId>(*number);
}

std::variant<StepCondition, std::string> read_step_condition(
    const Scenario& scenario, const std::vector<std::string>& words) {
    return ConditionReader(scenario, words).read();
}

bool is_met_by(const StepCondition& condition, const Event& event) {
    if (condition.cpu && event.cpu != *condition.cpu) return false;
    const bool this_lock = condition.lock == kNoLock || condition.lock == event.lock;
    switch (condition.kind) {
        case Kind::error:
            return event.kind == EventKind::acquire_end &&
                   static_cast<std::int64_t>(event.value) < 0;
        case Kind::returned:
            return event.kind == EventKind::acquire_end && this_lock;
        case Kind::point:
            return event.kind == EventKind::point && event.aux == condition.point && this_lock;
        case Kind::label:
            return event.kind == EventKind::label && event.value == condition.label;
        case Kind::holds:
            return event.kind == EventKind::acquire_end && event.value == 0 && this_lock;
        case Kind::waits:
            return event.kind == EventKind::park;
        case Kind::exited:
            return event.kind == EventKind::task_end;
        case Kind::acts:
            return event.kind != EventKind::time_leap && event.kind != EventKind::execution_end;
        case Kind::finding:
        case Kind::step:
        case Kind::expression:
            return false;
    }
    return false;
}

}  // namespace lockstep
