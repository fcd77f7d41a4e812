// What expressions work on: constants, registers, lock fields, counters, functions.
#include "scenarios/expression_parser.h"
#include "scenarios/reader_keys.h"
#include "sim/points.h"

namespace lockstep {

const Words& errno_words() {
    static const Words kWords = {"EDEADLK", "ETIMEDOUT", "EBUSY"};
    return kWords;
}

const Words& point_words() {
    static const Words kWords = [] {
        Words words;
        for (PointId id = 1; id < kPointCount; ++id) words.emplace_back(kPoints[id].name);
        return words;
    }();
    return kWords;
}

namespace {

constexpr std::int64_t kErrnoValues[] = {kEdeadlk, kEtimedout, 16};

const Words& function_words() {
    static const Words kWords = {"has", "held", "events", "exited", "fired", "returned", "count"};
    return kWords;
}

const Words& global_words() {
    static const Words kWords = {"at", "max_wait_ns", "qnodes_in_use", "time_ns"};
    return kWords;
}

const Words& field_words() {
    static const Words kWords = {"word", "locked", "pending", "tail", "free"};
    return kWords;
}

std::string runs_where(const ProgramNames& program) {
    std::string list;
    for (unsigned cpu = 0; cpu < kCpusMax; ++cpu)
        if (program.runs_on(cpu)) list += (list.empty() ? "" : ", ") + std::to_string(cpu);
    return list.empty() ? "it runs nowhere" : "it runs on CPU " + list;
}

}  // namespace

void ExpressionParser::push_at(Code code, std::uint16_t a, std::uint16_t b, std::uint16_t c) {
    Operation operation;
    operation.code = code;
    operation.a = a;
    operation.b = b;
    operation.c = c;
    operations_.push_back(std::move(operation));
}

bool ExpressionParser::expect_symbol(std::string_view symbol) {
    if (cursor_.accept(symbol)) return true;
    return fail(cursor_.peek().at,
                "expected " + quoted(symbol) + ", found " + describe_token(cursor_.peek()));
}

std::optional<std::uint16_t> ExpressionParser::parse_index(const char* what, std::uint64_t limit) {
    const BodyToken& token = cursor_.peek();
    const bool number = token.kind == BodyToken::Kind::number && !token.duration;
    if (!number || static_cast<std::uint64_t>(token.value) >= limit) {
        const std::string range =
            limit == 0 ? ", but there is none" : " from 0 to " + std::to_string(limit - 1);
        fail(token.at,
             std::string("expected ") + what + range + ", found " + describe_token(token));
        return std::nullopt;
    }
    cursor_.take();
    return static_cast<std::uint16_t>(token.value);
}

std::optional<std::uint16_t> ExpressionParser::parse_program() {
    const BodyToken& token = cursor_.peek();
    const Words programs = scope_.names.program_names();
    if (token.kind == BodyToken::Kind::word)
        if (const auto group = index_of(programs, token.text)) {
            cursor_.take();
            return group;
        }
    fail(token.at, "expected a program, found " + describe_token(token),
         suggest_word(token.text, programs));
    return std::nullopt;
}

bool ExpressionParser::may_look(const BodyToken& token, const char* what) {
    if (scope_.place == ExpressionPlace::features)
        return fail(token.at, quoted(token.text) +
                                  " cannot stand in a condition over features, expected has(...)");
    if (scope_.place == ExpressionPlace::body)
        return fail(token.at,
                    std::string("only wait_until() and expectations can look at ") + what);
    return true;
}

bool ExpressionParser::parse_operand() {
    const BodyToken& token = cursor_.peek();
    if (token.kind == BodyToken::Kind::number) {
        if (scope_.place == ExpressionPlace::features) return may_look(token, "");
        cursor_.take();
        push(Code::constant, token.value);
        return true;
    }
    if (token.kind == BodyToken::Kind::parameter)
        return fail(token.at, "parameters can only be used in bodies");
    if (token.kind != BodyToken::Kind::word)
        return fail(token.at, "expected a value, found " + describe_token(token));
    cursor_.take();
    return parse_name(token);
}

bool ExpressionParser::parse_name(const BodyToken& name) {
    if (cursor_.peek().is("(")) return parse_function(name);
    if (cursor_.peek().is("@")) return parse_register_of(name);
    if (cursor_.peek().is(".")) {
        if (index_of(scope_.names.locks, name.text)) return parse_lock_field(name);
        if (index_of(scope_.names.program_names(), name.text)) return parse_register_of(name);
        if (name.text == "rq")
            return fail(name.at,
                        "a lock point can only be compared with `at`, "
                        "as in `at == rq.pending.wait`");
        Words known = scope_.names.locks;
        for (const std::string& program : scope_.names.program_names()) known.push_back(program);
        return fail(name.at, "there is no lock or program " + quoted(name.text),
                    suggest_word(name.text, known));
    }
    if (name.text == "at") return parse_at(name);
    if (const auto error = index_of(errno_words(), name.text)) {
        if (scope_.place == ExpressionPlace::features) return may_look(name, "");
        push(Code::constant, kErrnoValues[*error]);
        return true;
    }
    return parse_own_name(name);
}

// A word that stands alone: a register of the running program, a variable or a counter.
bool ExpressionParser::parse_own_name(const BodyToken& name) {
    const bool in_body =
        scope_.place == ExpressionPlace::body || scope_.place == ExpressionPlace::wait;
    if (in_body && scope_.program != nullptr)
        if (const auto index = index_of(scope_.program->registers, name.text)) {
            push_at(Code::body_register, *index);
            return true;
        }
    if (const auto variable = index_of(scope_.names.variables, name.text)) {
        if (scope_.place == ExpressionPlace::body)
            return fail(name.at, quoted(name.text) + " is a variable",
                        "read it with `r0 = READ_ONCE(" + name.text + ");` first");
        if (!may_look(name, "variables")) return false;
        push_at(Code::variable, *variable);
        return true;
    }
    if (index_of(global_words(), name.text)) {
        if (!may_look(name, "counters")) return false;
        push(name.text == "max_wait_ns"     ? Code::max_wait_ns
             : name.text == "qnodes_in_use" ? Code::qnodes_in_use
                                            : Code::time_ns);
        return true;
    }
    return unknown_name(name);
}

bool ExpressionParser::unknown_name(const BodyToken& name) {
    const bool in_body = scope_.program != nullptr;
    if (index_of(function_words(), name.text))
        return fail(name.at, quoted(name.text) + " needs an argument in parentheses");
    if (index_of(scope_.names.locks, name.text))
        return fail(name.at, quoted(name.text) + " is a lock, which has no value of its own",
                    "write " + name.text + ".word, .locked, .pending, .tail or .free");
    Words known = scope_.names.variables;
    for (const Words* words : {&errno_words(), &global_words(), &function_words()})
        known.insert(known.end(), words->begin(), words->end());
    if (in_body)
        known.insert(known.end(), scope_.program->registers.begin(),
                     scope_.program->registers.end());
    std::string suggestion = suggest_word(name.text, known);
    if (suggestion.empty() && !in_body && !scope_.names.programs.empty())
        suggestion = "a register is written program@cpu.register";
    return fail(name.at,
                in_body ? "nothing in this program assigns " + quoted(name.text)
                        : "unknown name " + quoted(name.text),
                suggestion);
}

// REQUIRES: `@` or `.` is next.
bool ExpressionParser::parse_register_of(const BodyToken& program_name) {
    const Words programs = scope_.names.program_names();
    const auto group = index_of(programs, program_name.text);
    if (!group)
        return fail(program_name.at, "there is no program " + quoted(program_name.text),
                    suggest_word(program_name.text, programs));
    if (!may_look(program_name, "registers of other programs")) return false;
    const ProgramNames& program = scope_.names.programs[*group];
    if (cursor_.peek().is("@")) {
        cursor_.take();
        const Position at = cursor_.peek().at;
        const auto cpu = parse_index("a CPU", scope_.names.cpus);
        if (!cpu) return false;
        if (!program.runs_on(*cpu))
            return fail(
                at,
                "program " + quoted(program.name) + " does not run on CPU " + std::to_string(*cpu),
                runs_where(program));
        return expect_symbol(".") && parse_register_name(*group, *cpu);
    }
    if (!counting_)
        return fail(program_name.at,
                    quoted(program.name + ".register") + " can only stand inside count(...)",
                    "name the CPU: " + program.name + "@0.register");
    if (counted_.value_or(*group) != *group)
        return fail(program_name.at, "count(...) is about one program, here are " +
                                         quoted(programs[*counted_]) + " and " +
                                         quoted(program.name));
    counted_ = group;
    return expect_symbol(".") && parse_register_name(*group, Operation::kThisTask);
}

bool ExpressionParser::parse_register_name(std::uint16_t group, std::uint16_t cpu) {
    const ProgramNames& program = scope_.names.programs[group];
    const BodyToken& token = cursor_.peek();
    if (token.kind == BodyToken::Kind::word) {
        if (token.text == "wait_ns" && !returned_) {
            cursor_.take();
            push_at(Code::task_wait_ns, group, 0, cpu);
            return true;
        }
        if (const auto index = index_of(program.registers, token.text)) {
            cursor_.take();
            push_at(returned_ ? Code::task_returned : Code::task_register, group, *index, cpu);
            return true;
        }
    }
    Words known = program.registers;
    if (!returned_) known.push_back("wait_ns");
    return fail(token.at,
                "program " + quoted(program.name) + " has no register " + describe_token(token) +
                    ", expected " + list_words(known),
                suggest_word(token.text, known));
}

bool ExpressionParser::parse_lock_field(const BodyToken& lock_name) {
    if (!may_look(lock_name, "locks")) return false;
    cursor_.take();  // the dot
    const BodyToken& token = cursor_.peek();
    const auto field =
        token.kind == BodyToken::Kind::word ? index_of(field_words(), token.text) : std::nullopt;
    if (!field)
        return fail(
            token.at,
            "a lock has no " + describe_token(token) + ", expected " + list_words(field_words()),
            suggest_word(token.text, field_words()));
    cursor_.take();
    push_at(Code::lock_field, *index_of(scope_.names.locks, lock_name.text), *field);
    return true;
}

std::optional<PointId> ExpressionParser::parse_point() {
    const BodyToken& first = cursor_.peek();
    if (first.kind != BodyToken::Kind::word) {
        fail(first.at, "expected a lock point, found " + describe_token(first));
        return std::nullopt;
    }
    std::string name = cursor_.take().text;
    while (cursor_.peek().is(".") && cursor_.peek(1).kind == BodyToken::Kind::word) {
        cursor_.take();
        name += "." + cursor_.take().text;
    }
    const PointId point = point_by_name(name);
    if (point == 0) {
        fail(first.at, "there is no lock point " + quoted(name), suggest_word(name, point_words()));
        return std::nullopt;
    }
    return point;
}

// `at` is only ever compared with one of the points of the scenario's injection.
bool ExpressionParser::parse_at(const BodyToken& at) {
    if (scope_.place == ExpressionPlace::features) return may_look(at, "");
    const Names& names = scope_.names;
    if (names.injections_with_points != 1)
        return fail(at.at, names.injections_with_points == 0
                               ? "`at` means the lock point of an injection, and none has one"
                               : "`at` is not clear: several injections have lock points");
    const bool equal = cursor_.peek().is("==");
    if (!equal && !cursor_.peek().is("!="))
        return fail(cursor_.peek().at, "expected `== point` or `!= point` after `at`, found " +
                                           describe_token(cursor_.peek()));
    cursor_.take();
    const Position point_at = cursor_.peek().at;
    const auto point = parse_point();
    if (!point) return false;
    bool used = false;
    for (const PointId family : names.family_points) used = used || family == *point;
    if (!used)
        return fail(point_at,
                    "the injection never strikes at " + quoted(std::string(kPoints[*point].name)));
    push(Code::at_point);
    push(Code::constant, *point);
    push(equal ? Code::equal : Code::not_equal);
    return true;
}

bool ExpressionParser::parse_function(const BodyToken& name) {
    const auto function = index_of(function_words(), name.text);
    if (!function)
        return fail(name.at, "there is no function " + quoted(name.text) + " in expressions",
                    suggest_word(name.text, function_words()));
    if (name.text != "has" && !may_look(name, "what others do")) return false;
    if (name.text == "count") return function_count(name);
    cursor_.take();  // the parenthesis
    const bool parsed = name.text == "has"      ? function_has()
                        : name.text == "held"   ? function_held()
                        : name.text == "events" ? function_events()
                        : name.text == "exited" ? function_exited()
                        : name.text == "fired"  ? function_fired()
                                                : function_returned();
    return parsed && expect_symbol(")");
}

bool ExpressionParser::function_has() {
    const BodyToken& token = cursor_.peek();
    const bool known = token.kind == BodyToken::Kind::word && index_of(feature_words(), token.text);
    if (!known)
        return fail(token.at,
                    "there is no feature " + describe_token(token) + "; expected " +
                        list_words(feature_words()),
                    suggest_word(token.text, feature_words()));
    cursor_.take();
    push(Code::has_feature);
    operations_.back().text = token.text;
    return true;
}

bool ExpressionParser::function_held() {
    const auto cpu = parse_index("a CPU", scope_.names.cpus);
    if (cpu) push_at(Code::held, *cpu);
    return cpu.has_value();
}

bool ExpressionParser::function_events() {
    const auto point = parse_point();
    if (point) push_at(Code::events, *point);
    return point.has_value();
}

bool ExpressionParser::function_exited() {
    const Position at = cursor_.peek().at;
    const auto group = parse_program();
    if (!group) return false;
    if (scope_.names.programs[*group].task_cpus == 0)
        return fail(at, "program " + quoted(scope_.names.programs[*group].name) +
                            " is no task of any CPU, so it never exits");
    push_at(Code::exited, *group);
    return true;
}

bool ExpressionParser::function_fired() {
    const auto index = parse_index("the number of an injection", scope_.names.injections);
    if (index) push_at(Code::fired, *index);
    return index.has_value();
}

bool ExpressionParser::function_returned() {
    const BodyToken& token = cursor_.peek();
    const BodyToken& next = cursor_.peek(1);
    if (token.kind != BodyToken::Kind::word || !(next.is("@") || next.is(".")))
        return fail(token.at,
                    "expected a register such as worker@0.r0, found " + describe_token(token));
    cursor_.take();
    returned_ = true;
    const bool parsed = parse_register_of(token);
    returned_ = false;
    return parsed;
}

bool ExpressionParser::function_count(const BodyToken& name) {
    if (counting_) return fail(name.at, "count(...) cannot stand inside count(...)");
    cursor_.take();  // the parenthesis
    counting_ = true;
    counted_.reset();
    const std::size_t index = operations_.size();
    push(Code::count);
    const bool parsed = parse_choice();
    counting_ = false;
    if (!parsed) return false;
    if (!counted_)
        return fail(name.at, "count(...) must name a register of the program it counts",
                    "for example count(worker.r0 == 0)");
    operations_[index].a = *counted_;
    operations_[index].b = static_cast<std::uint16_t>(index + 1);
    operations_[index].c = static_cast<std::uint16_t>(operations_.size() - index - 1);
    return expect_symbol(")");
}

}  // namespace lockstep
