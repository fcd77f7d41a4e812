// Compiles the C-like expressions of a scenario to the flat postfix form of scenario.h.
//
// Grammar, weakest first: `c ? a : b`, `||`, `&&`, `== !=`, `< <= > >=`, `+ -`, `*`, `! -`.
#pragma once

#include <optional>

#include "scenarios/body_lexer.h"

namespace lockstep {

// Where an expression stands decides what it may look at. A condition of a statement is evaluated
// without a step, so it may not look at memory that others write: only wait_until, which is looked
// at after every step, and expectations may.
enum class ExpressionPlace : std::uint8_t {
    features,  // if:, requires: only has(...) and logic
    body,      // if (...), assignments: registers, constants, has(...), at
    wait,      // wait_until(...): also locks, variables, exited(...), held(...)
    expect,    // everything but a program's own registers
};

struct ExpressionScope {
    const Names& names;
    ExpressionPlace place = ExpressionPlace::expect;
    const ProgramNames* program = nullptr;  // body, wait: whose registers
};

// Reads one expression and stops at the first token that cannot belong to it. Says what is wrong
// and returns nothing if there is a problem.
std::optional<Expression> compile_expression(TokenCursor& cursor, const ExpressionScope& scope,
                                             const Node& node, Problems& problems);

// The whole scalar is one expression.
std::optional<Expression> compile_expression(const Node& node, const ExpressionScope& scope,
                                             Problems& problems);

}  // namespace lockstep
