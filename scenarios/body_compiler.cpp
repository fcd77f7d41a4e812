// The parser of bodies. After a problem it goes on behind the next `;`, so that one file tells all
// of its problems at once.
#include "scenarios/body_compiler.h"

#include <algorithm>

#include "scenarios/expression_compiler.h"

namespace lockstep {
namespace {

using Code = Statement::Code;

class BodyParser {
  public:
    BodyParser(const Node& node, const std::vector<BodyToken>& tokens, const Names& names,
               const ProgramNames& program, Problems& problems)
        : node_(node), cursor_(tokens), names_(names), program_(program), problems_(problems) {}

    std::vector<Statement> run();

  private:
    bool parse_line();
    bool parse_label(Statement& statement);
    bool parse_condition(Statement& statement);
    bool parse_repeat(Statement& statement);
    bool parse_action(Statement& statement);
    bool parse_result(Statement& statement);
    bool parse_call(Statement& statement);
    bool parse_arguments(const BodyOperation& operation, Statement& statement);
    bool parse_argument(ArgumentKind kind, const BodyOperation& operation, Statement& statement);
    bool parse_lock(Statement& statement);
    bool parse_flags(ArgumentKind kind, Statement& statement);
    bool parse_amount(const BodyOperation& operation, Statement& statement);
    bool parse_parties(Statement& statement);
    bool parse_variable(Statement& statement);
    bool parse_expression(ExpressionPlace place, Statement& statement);
    bool check_place(const BodyOperation& operation, const BodyToken& name);
    bool open_loop(Statement& statement, std::size_t first);
    bool close_loop();
    bool finish(Statement& statement, std::size_t first);
    void recover();
    bool expect_symbol(std::string_view symbol);
    bool fail(const BodyToken& token, const std::string& message,
              const std::string& suggestion = "") {
        problems_.add(token.at, message, suggestion);
        return false;
    }

    const Node& node_;
    TokenCursor cursor_;
    const Names& names_;
    const ProgramNames& program_;
    Problems& problems_;
    std::vector<Statement> statements_;
    std::vector<std::size_t> loops_;  // open ones: index of loop_begin
    std::vector<Position> braces_;
    unsigned skipped_braces_ = 0;  // opened by a loop that was given up
};

bool BodyParser::expect_symbol(std::string_view symbol) {
    if (cursor_.accept(symbol)) return true;
    return fail(cursor_.peek(),
                "expected " + quoted(symbol) + ", found " + describe_token(cursor_.peek()));
}

void BodyParser::recover() {
    while (!cursor_.at_end()) {
        if (cursor_.peek().is("}")) return;
        const BodyToken& token = cursor_.take();
        if (token.is("{")) ++skipped_braces_;
        if (token.is(";") || token.is("{")) return;
    }
}

bool BodyParser::parse_label(Statement& statement) {
    const BodyToken& name = cursor_.peek();
    if (name.kind != BodyToken::Kind::word || !cursor_.peek(1).is(":")) return true;
    if (const auto label = index_of(program_.labels, name.text)) statement.label = *label;
    cursor_.take();
    cursor_.take();
    const BodyToken& next = cursor_.peek();
    if (next.kind == BodyToken::Kind::end || next.is("}"))
        return fail(next, "expected a statement after the label " + quoted(name.text) + ", found " +
                              describe_token(next));
    if (next.kind == BodyToken::Kind::word && cursor_.peek(1).is(":"))
        return fail(next, "a statement has at most one label, this is the second");
    return true;
}

bool BodyParser::parse_condition(Statement& statement) {
    const BodyToken& name = cursor_.peek();
    if (name.kind != BodyToken::Kind::word || name.text != "if") return true;
    cursor_.take();
    if (!expect_symbol("(")) return false;
    auto condition =
        compile_expression(cursor_, {names_, ExpressionPlace::body, &program_}, node_, problems_);
    if (!condition) return false;
    statement.condition = std::move(condition);
    if (cursor_.peek().is("="))
        return fail(cursor_.peek(), "expected `)`, found `=`", "equality is written ==");
    return expect_symbol(")");
}

bool BodyParser::parse_repeat(Statement& statement) {
    cursor_.take();
    if (!expect_symbol("(")) return false;
    const BodyToken& count = cursor_.peek();
    const bool fits = count.kind == BodyToken::Kind::number && !count.duration &&
                      count.value >= 1 && count.value <= kRepeatMax;
    if (!fits)
        return fail(count, "expected a constant from 1 to " + std::to_string(kRepeatMax) +
                               " as the number of rounds, found " + describe_token(count));
    statement.count = static_cast<std::uint64_t>(cursor_.take().value);
    return expect_symbol(")");
}

bool BodyParser::parse_variable(Statement& statement) {
    const BodyToken& token = cursor_.peek();
    const auto variable =
        token.kind == BodyToken::Kind::word ? index_of(names_.variables, token.text) : std::nullopt;
    if (!variable)
        return fail(token, "expected a variable, found " + describe_token(token),
                    names_.variables.empty() ? "declare it under `variables:`"
                                             : suggest_word(token.text, names_.variables));
    cursor_.take();
    statement.variable = *variable;
    return true;
}

bool BodyParser::parse_lock(Statement& statement) {
    const BodyToken& token = cursor_.peek();
    const auto lock =
        token.kind == BodyToken::Kind::word ? index_of(names_.locks, token.text) : std::nullopt;
    if (!lock)
        return fail(token, "expected a lock, found " + describe_token(token),
                    suggest_word(token.text, names_.locks));
    cursor_.take();
    statement.lock = static_cast<std::uint8_t>(*lock);
    return true;
}

bool BodyParser::parse_flags(ArgumentKind kind, Statement& statement) {
    const BodyToken& token = cursor_.peek();
    const auto slot = token.kind == BodyToken::Kind::word ? index_of(program_.registers, token.text)
                                                          : std::nullopt;
    if (!slot)
        return fail(token,
                    kind == ArgumentKind::flags_in && token.kind == BodyToken::Kind::word
                        ? "nothing in this program saves irq flags in " + describe_token(token)
                        : "expected a register for the irq flags, found " + describe_token(token),
                    suggest_word(token.text, program_.registers));
    cursor_.take();
    statement.flags_slot = *slot;
    return true;
}

bool BodyParser::parse_amount(const BodyOperation& operation, Statement& statement) {
    const BodyToken& token = cursor_.peek();
    if (token.kind != BodyToken::Kind::number)
        return fail(token, "expected a constant, found " + describe_token(token));
    if (token.duration)
        return fail(token, "expected a number without a unit, found " + describe_token(token),
                    std::string(operation.name) + " says the unit by its name");
    constexpr std::int64_t kHourNs = 3'600'000'000'000;
    const std::int64_t unit = operation.code == Code::ndelay   ? 1
                              : operation.code == Code::udelay ? std::int64_t{kNsPerUs}
                                                               : std::int64_t{kNsPerMs};
    if (token.value > kHourNs / unit)
        return fail(token, describe_token(token) + " is longer than an hour");
    statement.count = static_cast<std::uint64_t>(cursor_.take().value);
    return true;
}

bool BodyParser::parse_parties(Statement& statement) {
    const BodyToken& token = cursor_.peek();
    const bool fits = token.kind == BodyToken::Kind::number && !token.duration &&
                      token.value >= 1 && token.value <= static_cast<std::int64_t>(kTasksMax);
    if (!fits)
        return fail(token, "expected how many tasks meet, from 1 to " + std::to_string(kTasksMax) +
                               ", found " + describe_token(token));
    if (static_cast<std::uint64_t>(token.value) > names_.tasks && !program_.in_interrupt)
        return fail(token, "a barrier of " + std::to_string(token.value) +
                               " opens never, the scenario has " + std::to_string(names_.tasks) +
                               (names_.tasks == 1 ? " task" : " tasks"));
    statement.count = static_cast<std::uint64_t>(cursor_.take().value);
    return true;
}

bool BodyParser::parse_expression(ExpressionPlace place, Statement& statement) {
    statement.argument = compile_expression(cursor_, {names_, place, &program_}, node_, problems_);
    return statement.argument.has_value();
}

bool BodyParser::parse_argument(ArgumentKind kind, const BodyOperation& operation,
                                Statement& statement) {
    switch (kind) {
        case ArgumentKind::lock:
            return parse_lock(statement);
        case ArgumentKind::flags_out:
        case ArgumentKind::flags_in:
            return parse_flags(kind, statement);
        case ArgumentKind::amount:
            return parse_amount(operation, statement);
        case ArgumentKind::parties:
            return parse_parties(statement);
        case ArgumentKind::condition:
            return parse_expression(ExpressionPlace::wait, statement);
        case ArgumentKind::variable:
            return parse_variable(statement);
        case ArgumentKind::value:
            break;
    }
    return parse_expression(ExpressionPlace::body, statement);
}

bool BodyParser::parse_arguments(const BodyOperation& operation, Statement& statement) {
    if (!expect_symbol("(")) return false;
    for (std::size_t i = 0; i < operation.arguments.size(); ++i) {
        const BodyToken& next = cursor_.peek();
        const bool missing = i == 0 ? next.is(")") : !cursor_.accept(",");
        if (missing)
            return fail(next,
                        i == 0 || next.is(")")
                            ? quoted(operation.name) + " needs " +
                                  std::to_string(operation.arguments.size()) +
                                  (operation.arguments.size() == 1 ? " argument" : " arguments")
                            : "expected `,`, found " + describe_token(next),
                        "the form is " + std::string(operation.form));
        if (!parse_argument(operation.arguments[i], operation, statement)) return false;
    }
    const BodyToken& last = cursor_.peek();
    if (last.is(",") || (operation.arguments.empty() && !last.is(")")))
        return fail(last, quoted(operation.name) + " has too many arguments",
                    "the form is " + std::string(operation.form));
    return expect_symbol(")");
}

bool BodyParser::check_place(const BodyOperation& operation, const BodyToken& name) {
    using Locks = BodyOperation::Locks;
    const bool resilient = names_.family == LockFamily::resilient;
    if (operation.locks == Locks::plain && resilient)
        return fail(name,
                    quoted(name.text) + " is for plain locks, the locks here are " +
                        quoted(names_.lock_class),
                    "did you mean `res_" + name.text + "`?");
    if (operation.locks == Locks::resilient && !resilient)
        return fail(name,
                    quoted(name.text) + " is for resilient locks, the locks here are " +
                        quoted(names_.lock_class),
                    "did you mean `" + name.text.substr(4) + "`?");
    if (operation.task_only && program_.in_interrupt)
        return fail(
            name,
            quoted(name.text) + " sleeps, and " + quoted(program_.name) + " is run by an injection",
            "only tasks may sleep");
    return true;
}

bool BodyParser::parse_call(Statement& statement) {
    const BodyToken& name = cursor_.peek();
    const BodyOperation* operation = body_operation(name.text);
    if (operation == nullptr) {
        Words known = body_operation_words();
        known.insert(known.end(), {"if", "repeat"});
        return fail(name, "there is no operation " + quoted(name.text),
                    suggest_word(name.text, known));
    }
    if (statement.result >= 0 && !operation->returns)
        return fail(name, quoted(name.text) + " returns nothing",
                    "the form is " + std::string(operation->form));
    if (!check_place(*operation, name)) return false;
    cursor_.take();
    statement.code = operation->code;
    return parse_arguments(*operation, statement);
}

bool BodyParser::parse_result(Statement& statement) {
    const BodyToken& name = cursor_.peek();
    if (!cursor_.peek(1).is("=")) return true;
    if (index_of(names_.variables, name.text))
        return fail(name, quoted(name.text) + " is a variable, not a register",
                    "write it with WRITE_ONCE(" + name.text + ", ...)");
    const auto result = index_of(program_.registers, name.text);
    if (!result)  // scan_body() said why
        return fail(name, quoted(name.text) + " cannot be the name of a register");
    statement.result = *result;
    cursor_.take();
    cursor_.take();
    return true;
}

// [reg =] op(args)  or  reg = expression
bool BodyParser::parse_action(Statement& statement) {
    const BodyToken& first = cursor_.peek();
    if (first.kind != BodyToken::Kind::word)
        return fail(first, "expected a statement, found " + describe_token(first));
    if (first.text == "else" || first.text == "while" || first.text == "for" ||
        first.text == "return" || first.text == "goto")
        return fail(first, "there is no " + quoted(first.text) + " in bodies",
                    "use if (...) and repeat (N) { ... }");
    if (!parse_result(statement)) return false;
    const BodyToken& name = cursor_.peek();
    const bool call = name.kind == BodyToken::Kind::word && cursor_.peek(1).is("(");
    if (call && (statement.result < 0 || body_operation(name.text) != nullptr ||
                 !index_of(reserved_words(), name.text)))
        return parse_call(statement);
    if (statement.result < 0)
        return fail(cursor_.peek(1),
                    "expected `(` or `=` after " + describe_token(name) + ", found " +
                        describe_token(cursor_.peek(1)),
                    suggest_word(name.text, body_operation_words()));
    statement.code = Code::assign;
    return parse_expression(ExpressionPlace::body, statement);
}

bool BodyParser::finish(Statement& statement, std::size_t first) {
    statement.text = token_text(cursor_.tokens(), first, cursor_.index(), node_);
    statement.loop_depth = static_cast<std::uint8_t>(loops_.size());
    if (statements_.size() >= kStatementsMax)
        return fail(cursor_.peek(),
                    "a body has at most " + std::to_string(kStatementsMax) + " statements");
    statements_.push_back(std::move(statement));
    return true;
}

bool BodyParser::open_loop(Statement& statement, std::size_t first) {
    if (loops_.size() >= kLoopsMax) {
        ++skipped_braces_;
        return fail(cursor_.peek(), "at most " + std::to_string(kLoopsMax) +
                                        " loops and blocks can stand inside each other");
    }
    statement.code = Code::loop_begin;
    braces_.push_back(cursor_.tokens()[cursor_.index() - 1].at);
    loops_.push_back(statements_.size());
    const bool kept = finish(statement, first);
    if (kept) statements_.back().loop_depth = static_cast<std::uint8_t>(loops_.size() - 1);
    return kept;
}

bool BodyParser::close_loop() {
    const BodyToken& brace = cursor_.take();
    if (skipped_braces_ > 0) {
        --skipped_braces_;
        return true;
    }
    if (loops_.empty()) return fail(brace, "this `}` closes nothing");
    Statement statement;
    statement.code = Code::loop_end;
    statement.line = brace.at.line;
    statement.text = "}";
    statement.loop_depth = static_cast<std::uint8_t>(loops_.size() - 1);
    statement.target = static_cast<std::int32_t>(loops_.back());
    if (loops_.back() < statements_.size())
        statements_[loops_.back()].target = static_cast<std::int32_t>(statements_.size() + 1);
    loops_.pop_back();
    braces_.pop_back();
    statements_.push_back(std::move(statement));
    return true;
}

bool BodyParser::parse_line() {
    if (cursor_.peek().is("}")) return close_loop();
    const std::size_t first = cursor_.index();
    Statement statement;
    statement.line = cursor_.peek().at.line;
    if (!parse_label(statement) || !parse_condition(statement)) return false;
    const BodyToken& next = cursor_.peek();
    if (next.kind == BodyToken::Kind::word && next.text == "repeat") {
        if (!parse_repeat(statement)) return false;
        if (!expect_symbol("{")) return false;
        return open_loop(statement, first);
    }
    if (next.is("{")) {
        cursor_.take();
        if (!statement.condition) ++skipped_braces_;
        if (!statement.condition)
            return fail(next, "expected a statement, found `{`",
                        "a block follows if (...) or repeat (N)");
        statement.count = 1;
        return open_loop(statement, first);
    }
    return parse_action(statement) && expect_symbol(";") && finish(statement, first);
}

std::vector<Statement> BodyParser::run() {
    while (!cursor_.at_end()) {
        const std::size_t before = cursor_.index();
        if (!parse_line() && statements_.size() < kStatementsMax) recover();
        if (statements_.size() >= kStatementsMax) break;
        // A `}` that recover() stopped at is taken by the next round; nothing else stands still.
        if (cursor_.index() == before && !cursor_.peek().is("}")) cursor_.take();
    }
    if (!braces_.empty()) problems_.add(braces_.back(), "nothing closes the block that opens here");
    if (statements_.empty() && problems_.empty())
        problems_.add(node_.at, "this body has no statement");
    return std::move(statements_);
}

void add_register(const BodyToken& token, const Names& names, ProgramNames& program,
                  Problems& problems) {
    if (token.kind != BodyToken::Kind::word || index_of(program.registers, token.text)) return;
    if (index_of(names.variables, token.text)) return;  // the parser says what to do instead
    const bool lower = std::all_of(token.text.begin(), token.text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!lower || index_of(reserved_words(), token.text)) {
        problems.add(token.at, quoted(token.text) + " cannot be the name of a register",
                     "a register is a lower-case word such as r0");
        return;
    }
    if (program.registers.size() < kRegistersMax)
        program.registers.push_back(token.text);
    else
        problems.add(token.at,
                     "a program has at most " + std::to_string(kRegistersMax) + " registers");
}

void add_label(const BodyToken& token, ProgramNames& program, Problems& problems) {
    const bool lower = token.text[0] >= 'a' && token.text[0] <= 'z';
    if (!lower || index_of(reserved_words(), token.text))
        problems.add(token.at, quoted(token.text) + " cannot be a label",
                     "a label is a lower-case word such as cs");
    else if (index_of(program.labels, token.text))
        problems.add(token.at, "the label " + quoted(token.text) + " stands here twice");
    else
        program.labels.push_back(token.text);
}

}  // namespace

void scan_body(const std::vector<BodyToken>& tokens, const Names& names, ProgramNames& program,
               Problems& problems) {
    const BodyToken end;
    auto at = [&](std::size_t index) -> const BodyToken& {
        return index < tokens.size() ? tokens[index] : end;
    };
    bool choice = false;  // inside `c ? a : b`, where a colon makes no label
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].is("?")) choice = true;
        if (tokens[i].is(";") || tokens[i].is("{") || tokens[i].is("}")) choice = false;
        if (tokens[i].kind != BodyToken::Kind::word) continue;
        if (at(i + 1).is("=")) add_register(tokens[i], names, program, problems);
        if (at(i + 1).is(":") && !choice) add_label(tokens[i], program, problems);
        const BodyOperation* operation = body_operation(tokens[i].text);
        if (operation == nullptr || !at(i + 1).is("(")) continue;
        // Arguments before the flags are single words: the n-th stands at i + 2 + 2 * n.
        for (std::size_t n = 0; n < operation->arguments.size(); ++n)
            if (operation->arguments[n] == ArgumentKind::flags_out)
                add_register(at(i + 2 + 2 * n), names, program, problems);
    }
}

std::vector<Statement> compile_body(const Node& node, const std::vector<BodyToken>& tokens,
                                    const Names& names, const ProgramNames& program, unsigned cpu,
                                    Problems& problems) {
    const std::vector<BodyToken> replaced = substitute(tokens, names, cpu, problems);
    return BodyParser(node, replaced, names, program, problems).run();
}

}  // namespace lockstep
