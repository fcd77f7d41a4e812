// A recursive-descent parser: operators here, the things they work on in expression_operands.cpp.
#include "scenarios/expression_compiler.h"

#include <algorithm>
#include <array>

#include "scenarios/expression_parser.h"

namespace lockstep {
namespace {

using Opcode = Operation::Code;

struct BinaryOperator {
    std::string_view symbol;
    unsigned level;  // a higher one binds tighter
    Opcode code;
};
constexpr std::array<BinaryOperator, 11> kBinaryOperators = {{
    {"||", 1, Opcode::logical_or},
    {"&&", 2, Opcode::logical_and},
    {"==", 3, Opcode::equal},
    {"!=", 3, Opcode::not_equal},
    {"<", 4, Opcode::less},
    {"<=", 4, Opcode::less_equal},
    {">", 4, Opcode::greater},
    {">=", 4, Opcode::greater_equal},
    {"+", 5, Opcode::add},
    {"-", 5, Opcode::subtract},
    {"*", 6, Opcode::multiply},
}};

const BinaryOperator* binary_operator(const BodyToken& token) {
    for (const BinaryOperator& candidate : kBinaryOperators)
        if (token.is(candidate.symbol)) return &candidate;
    return nullptr;
}

bool compares(const BinaryOperator& op) {
    return op.level == 3 || op.level == 4;
}

constexpr unsigned kDepthMax = 64;
constexpr std::size_t kOperationsMax = 512;

// How deep the stack of evaluate() gets; a count and its sub-expression leave one value.
std::size_t stack_needed(const std::vector<Operation>& operations, std::size_t begin,
                         std::size_t end) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const Operation& operation = operations[i];
        if (operation.code == Opcode::count) {
            const std::size_t inner_end = std::size_t{operation.b} + operation.c;
            deepest = std::max(deepest, stack_needed(operations, operation.b, inner_end));
            i = inner_end - 1;
            ++depth;
        } else if (operation.code == Opcode::select) {
            depth -= 2;
        } else if (operation.code >= Opcode::add) {
            --depth;
        } else if (operation.code != Opcode::negate && operation.code != Opcode::logical_not) {
            ++depth;
        }
        deepest = std::max(deepest, depth);
    }
    return deepest;
}

}  // namespace

bool ExpressionParser::fail(Position at, const std::string& message,
                            const std::string& suggestion) {
    problems_.add(at, message, suggestion);
    failed_ = true;
    return false;
}

void ExpressionParser::push(Opcode code, std::int64_t value) {
    Operation operation;
    operation.code = code;
    operation.value = value;
    operations_.push_back(std::move(operation));
}

bool ExpressionParser::deeper() {
    if (++depth_ <= kDepthMax && operations_.size() < kOperationsMax) return true;
    return fail(cursor_.peek().at, "this expression is too complicated",
                "split it into several conditions");
}

bool ExpressionParser::parse_choice() {
    if (!deeper()) return false;
    if (!parse_binary(1)) return false;
    if (cursor_.peek().is("?")) {
        if (scope_.place == ExpressionPlace::features)
            return fail(cursor_.peek().at, "`?:` cannot stand in a condition over features");
        cursor_.take();
        if (!parse_choice()) return false;
        if (!cursor_.accept(":"))
            return fail(cursor_.peek().at, "expected `:`, found " + describe_token(cursor_.peek()));
        if (!parse_choice()) return false;
        push(Opcode::select);
    }
    --depth_;
    return true;
}

bool ExpressionParser::parse_binary(unsigned level) {
    if (!parse_unary()) return false;
    bool compared = false;
    while (const BinaryOperator* op = binary_operator(cursor_.peek())) {
        if (op->level < level) break;
        const BodyToken& symbol = cursor_.peek();
        if (scope_.place == ExpressionPlace::features && op->level > 2)
            return fail(symbol.at, quoted(symbol.text) +
                                       " cannot stand in a condition over features, "
                                       "expected has(...), `!`, `&&` or `||`");
        if (compares(*op) && compared)
            return fail(symbol.at, "comparisons cannot be chained", "write `a < b && b < c`");
        compared = compares(*op);
        cursor_.take();
        if (!parse_binary(op->level + 1)) return false;
        push(op->code);
    }
    return true;
}

bool ExpressionParser::parse_unary() {
    if (!deeper()) return false;
    const BodyToken& token = cursor_.peek();
    if (token.is("!") || token.is("-")) {
        if (token.is("-") && scope_.place == ExpressionPlace::features)
            return fail(token.at, "`-` cannot stand in a condition over features");
        const Opcode code = token.is("!") ? Opcode::logical_not : Opcode::negate;
        cursor_.take();
        if (!parse_unary()) return false;
        // Folded, so that `-EDEADLK` is one constant.
        Operation& last = operations_.back();
        if (code == Opcode::negate && last.code == Opcode::constant)
            last.value = -last.value;
        else
            push(code);
    } else if (cursor_.accept("(")) {
        if (!parse_choice()) return false;
        if (!cursor_.accept(")"))
            return fail(cursor_.peek().at, "expected `)`, found " + describe_token(cursor_.peek()));
    } else if (!parse_operand()) {
        return false;
    }
    --depth_;
    return true;
}

std::optional<Expression> ExpressionParser::parse(const Node& node) {
    const std::size_t first = cursor_.index();
    const Position at = cursor_.peek().at;
    if (!parse_choice() || failed_) return std::nullopt;
    const bool too_deep = stack_needed(operations_, 0, operations_.size()) > kExpressionStackMax;
    if (too_deep || operations_.size() > kOperationsMax) {
        fail(at, "this expression is too complicated", "split it into several conditions");
        return std::nullopt;
    }
    Expression expression;
    expression.operations = std::move(operations_);
    expression.text = token_text(cursor_.tokens(), first, cursor_.index(), node);
    expression.line = at.line;
    expression.column = at.column;
    return expression;
}

std::optional<Expression> compile_expression(TokenCursor& cursor, const ExpressionScope& scope,
                                             const Node& node, Problems& problems) {
    return ExpressionParser(cursor, scope, problems).parse(node);
}

std::optional<Expression> compile_expression(const Node& node, const ExpressionScope& scope,
                                             Problems& problems) {
    const std::size_t problems_before = problems.size();
    const std::vector<BodyToken> tokens = split_tokens(node, problems);
    TokenCursor cursor(tokens);
    std::optional<Expression> expression = compile_expression(cursor, scope, node, problems);
    if (!expression.has_value()) return std::nullopt;
    if (!cursor.at_end()) {
        const bool assignment = cursor.peek().is("=");
        problems.add(cursor.peek().at,
                     "expected the end of the condition, found " + describe_token(cursor.peek()),
                     assignment ? "equality is written ==" : "");
        return std::nullopt;
    }
    if (problems.size() != problems_before) return std::nullopt;
    return expression;
}

}  // namespace lockstep
