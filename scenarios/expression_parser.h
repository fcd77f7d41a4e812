// The parser of one expression. Internal to expression_compiler.cpp and expression_operands.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/expression_compiler.h"

namespace lockstep {

class ExpressionParser {
  public:
    ExpressionParser(TokenCursor& cursor, const ExpressionScope& scope, Problems& problems)
        : cursor_(cursor), scope_(scope), problems_(problems) {}

    std::optional<Expression> parse(const Node& node);

  private:
    using Code = Operation::Code;

    // All parse functions return false after a problem; then the expression is given up.
    bool parse_choice();
    bool parse_binary(unsigned level);
    bool parse_unary();

    bool parse_operand();
    bool parse_name(const BodyToken& name);
    bool parse_function(const BodyToken& name);
    bool parse_register_of(const BodyToken& program_name);
    bool parse_register_name(std::uint16_t group, std::uint16_t cpu);
    bool parse_lock_field(const BodyToken& lock_name);
    bool parse_at(const BodyToken& at);
    bool parse_own_name(const BodyToken& name);
    bool unknown_name(const BodyToken& name);
    std::optional<PointId> parse_point();

    bool function_has();
    bool function_held();
    bool function_events();
    bool function_exited();
    bool function_fired();
    bool function_returned();
    bool function_count(const BodyToken& name);

    bool expect_symbol(std::string_view symbol);
    std::optional<std::uint16_t> parse_index(const char* what, std::uint64_t limit);
    std::optional<std::uint16_t> parse_program();
    bool may_look(const BodyToken& token, const char* what);
    bool fail(Position at, const std::string& message, const std::string& suggestion = "");
    bool deeper();
    void push(Code code, std::int64_t value = 0);
    void push_at(Code code, std::uint16_t a, std::uint16_t b = 0, std::uint16_t c = 0);

    TokenCursor& cursor_;
    const ExpressionScope& scope_;
    Problems& problems_;
    std::vector<Operation> operations_;
    unsigned depth_ = 0;
    bool failed_ = false;
    bool returned_ = false;                 // inside returned(...)
    bool counting_ = false;                 // inside count(...)
    std::optional<std::uint16_t> counted_;  // its program, once one was named
};

}  // namespace lockstep
