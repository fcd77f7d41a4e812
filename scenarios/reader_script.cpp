// The `script:` list: one command per line, in words.
//
//   run cpu0 | run cpu0 12 steps | run cpu0 until holds A | ... until point rq.head.wait [of A]
//   ... until label worker.cs | ... until waits | ... until exited
//   nmi cpu0 | hardirq cpu0 | softirq cpu0 | stall cpu0 [run handler] | leap 1ms
#include <algorithm>

#include "scenarios/reader_walk.h"

namespace lockstep {
namespace {

struct ScriptWord {
    std::string text;
    Position at;
};

std::vector<ScriptWord> split_words(const Node& node) {
    std::vector<ScriptWord> words;
    const std::string& text = node.text;
    for (std::size_t begin = 0; begin < text.size();) {
        begin = text.find_first_not_of(" \t\n", begin);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
        words.push_back({text.substr(begin, end - begin), node.position_of(begin)});
        begin = end;
    }
    return words;
}

// Reads one line of a script. Each function returns false after a problem.
class ScriptLine {
  public:
    ScriptLine(const Node& node, const Names& names, Problems& problems)
        : words_(split_words(node)),
          end_({"", node.position_of(node.text.size())}),
          names_(names),
          problems_(problems) {
        command_.line = node.at.line;
    }

    bool parse() { return parse_command() && parse_end(); }
    const ScriptCommand& command() const { return command_; }
    // For inject: which kind, and the handler if the line names one.
    Injection::Kind kind() const { return kind_; }
    std::optional<std::uint16_t> handler() const { return handler_; }
    Position at() const { return words_.empty() ? end_.at : words_[0].at; }

  private:
    bool parse_command();
    bool parse_run();
    bool parse_until();
    bool parse_until_point();
    bool parse_until_label();
    bool parse_cpu();
    bool parse_inject();
    bool parse_leap();
    bool parse_end();
    bool parse_lock();
    const ScriptWord& peek() const { return next_ < words_.size() ? words_[next_] : end_; }
    bool accept(std::string_view word) {
        if (peek().text != word) return false;
        ++next_;
        return true;
    }
    bool fail(const std::string& expected, const Words& known = {}) {
        const ScriptWord& word = peek();
        problems_.add(word.at,
                      "expected " + expected + ", found " +
                          (word.text.empty() ? "the end of the line" : quoted(word.text)),
                      suggest_word(word.text, known));
        return false;
    }

    std::vector<ScriptWord> words_;
    ScriptWord end_;
    const Names& names_;
    Problems& problems_;
    std::size_t next_ = 0;
    ScriptCommand command_;
    Injection::Kind kind_ = Injection::Kind::nmi;
    std::optional<std::uint16_t> handler_;
};

bool ScriptLine::parse_command() {
    if (accept("run")) return parse_run();
    if (accept("leap")) return parse_leap();
    if (const auto kind = index_of(context_words(), peek().text)) {
        kind_ = static_cast<Injection::Kind>(*kind);
        ++next_;
        return parse_inject();
    }
    Words known = context_words();
    known.insert(known.end(), {"run", "leap"});
    return fail("a command (" + list_words(known) + ")", known);
}

bool ScriptLine::parse_cpu() {
    const std::string& text = peek().text;
    const auto number = text.starts_with("cpu")
                            ? parse_digits(std::string_view(text).substr(3), names_.cpus - 1)
                            : std::nullopt;
    if (!number)
        return fail(names_.cpus == 1 ? "cpu0"
                                     : "a CPU from cpu0 to cpu" + std::to_string(names_.cpus - 1));
    command_.cpu = static_cast<CpuId>(*number);
    ++next_;
    return true;
}

bool ScriptLine::parse_run() {
    if (!parse_cpu()) return false;
    if (next_ == words_.size()) {
        command_.until = ScriptCommand::Until::none;
        return true;
    }
    if (accept("until")) return parse_until();
    const auto count = parse_digits(peek().text, static_cast<std::uint64_t>(kStepsMax));
    if (!count || *count == 0) return fail("`until` or a number of steps", {"until"});
    ++next_;
    if (!accept("steps") && !accept("step")) return fail("`steps`", {"steps"});
    command_.until = ScriptCommand::Until::steps;
    command_.count = static_cast<std::uint32_t>(*count);
    return true;
}

bool ScriptLine::parse_until() {
    static const Words kWords = {"holds", "point", "label", "waits", "exited"};
    using Until = ScriptCommand::Until;
    const auto word = index_of(kWords, peek().text);
    if (!word) return fail(list_words(kWords) + " after `until`", kWords);
    ++next_;
    constexpr Until kUntil[] = {Until::holds, Until::point, Until::label, Until::waits,
                                Until::exited};
    command_.until = kUntil[*word];
    if (command_.until == Until::holds) return parse_lock();
    if (command_.until == Until::point) return parse_until_point();
    if (command_.until == Until::label) return parse_until_label();
    return true;
}

bool ScriptLine::parse_lock() {
    const auto lock = index_of(names_.locks, peek().text);
    if (!lock) return fail("a lock", names_.locks);
    command_.lock = static_cast<LockId>(*lock);
    ++next_;
    return true;
}

bool ScriptLine::parse_until_point() {
    const auto point = index_of(point_words(), peek().text);
    if (!point) return fail("a lock point such as rq.pending.wait", point_words());
    command_.point = static_cast<PointId>(*point + 1);
    ++next_;
    if (next_ == words_.size()) return true;
    if (!accept("of")) return fail("`of` and a lock, or the end of the line");
    return parse_lock();
}

// `label worker.cs`, or `label cs` if only one program has such a label.
bool ScriptLine::parse_until_label() {
    const std::string& text = peek().text;
    const std::size_t dot = text.find('.');
    const std::string label = dot == std::string::npos ? text : text.substr(dot + 1);
    Words known;
    unsigned found = 0;
    for (std::size_t group = 0; group < names_.programs.size(); ++group) {
        const ProgramNames& program = names_.programs[group];
        for (std::size_t i = 0; i < program.labels.size(); ++i) {
            known.push_back(program.name + "." + program.labels[i]);
            if (program.labels[i] != label) continue;
            if (dot != std::string::npos && program.name != text.substr(0, dot)) continue;
            ++found;
            command_.program = static_cast<std::uint16_t>(group);
            command_.label = static_cast<std::uint16_t>(i);
        }
    }
    if (found > 1) return fail("program.label, several programs have this label");
    if (found == 0) return fail("a label such as worker.cs", known);
    ++next_;
    return true;
}

bool ScriptLine::parse_inject() {
    command_.verb = ScriptCommand::Verb::inject;
    if (!parse_cpu()) return false;
    if (!accept("run")) return true;
    const Words programs = names_.program_names();
    handler_ = index_of(programs, peek().text);
    if (!handler_) return fail("a program", programs);
    ++next_;
    return true;
}

bool ScriptLine::parse_leap() {
    command_.verb = ScriptCommand::Verb::leap;
    const auto duration = parse_duration(peek().text);
    if (!duration || *duration == 0) return fail("a duration such as 1ms");
    command_.duration = *duration;
    ++next_;
    return true;
}

bool ScriptLine::parse_end() {
    return next_ == words_.size() || fail("the end of the line");
}

// Gives every strike of the script one of the injections with `at: script`, in their order.
class ScriptInjections {
  public:
    ScriptInjections(const Scenario& scenario, const std::vector<std::uint16_t>& groups)
        : scenario_(scenario), groups_(groups), used_(scenario.injections.size(), 0) {}

    std::optional<std::uint32_t> take(const ScriptLine& line) {
        for (std::size_t i = 0; i < used_.size(); ++i) {
            const Injection& injection = scenario_.injections[i].injection;
            const bool fits = injection.at.kind == Trigger::Kind::script &&
                              injection.role == Role::none && injection.kind == line.kind() &&
                              injection.cpu == line.command().cpu && used_[i] < injection.times &&
                              (!line.handler() || groups_[i] == *line.handler());
            if (!fits) continue;
            ++used_[i];
            return static_cast<std::uint32_t>(i);
        }
        return std::nullopt;
    }
    bool unused(std::size_t index) const {
        return scenario_.injections[index].injection.at.kind == Trigger::Kind::script &&
               used_[index] == 0;
    }

  private:
    const Scenario& scenario_;
    const std::vector<std::uint16_t>& groups_;
    std::vector<std::uint32_t> used_;
};

}  // namespace

// REQUIRES: the injections are read and their programs compiled.
void ScenarioWalk::read_script(const Node& top) {
    const Node* script = list(top, "script");
    std::vector<std::uint16_t> groups(scenario_.injections.size(), 0);
    for (const HandlerUse& use : handlers_)
        if (use.injection < groups.size()) groups[use.injection] = use.group;
    ScriptInjections injections(scenario_, groups);
    if (script != nullptr)
        for (const Node& node : script->items) {
            if (!read_text(node, "a command such as `run cpu0 until holds A`")) continue;
            ScriptLine line(node, names_, problems_);
            if (!line.parse()) continue;
            ScriptCommand command = line.command();
            if (command.verb == ScriptCommand::Verb::inject) {
                const auto index = injections.take(line);
                const std::string kind = context_words()[static_cast<std::size_t>(line.kind())];
                if (!index)
                    problems_.add(line.at(), "no injection is left for this command",
                                  "add one under `inject:` with `ctx: " + kind + "`, `cpu: " +
                                      std::to_string(command.cpu) + "` and `at: script`");
                command.count = index.value_or(0);
            }
            scenario_.script.push_back(command);
        }
    for (std::size_t i = 0; i < scenario_.injections.size(); ++i)
        if (injections.unused(i))
            problems_.add({scenario_.injections[i].line, 1}, "the script never uses this injection",
                          "add a line such as `nmi cpu0` to `script:`");
}

}  // namespace lockstep
