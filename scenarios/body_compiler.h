// Compiles the C-like body of a program to statements.
//
// First scan_body() collects the registers and labels of every program, so that any expression may
// name them; then compile_body() makes the statements, once for each set of parameter values.
#pragma once

#include <vector>

#include "scenarios/body_lexer.h"
#include "scenarios/body_operations.h"

namespace lockstep {

constexpr std::size_t kStatementsMax = 2'000;  // per program
constexpr std::int64_t kRepeatMax = 1'000'000;

// Fills in the registers and labels of `program`.
void scan_body(const std::vector<BodyToken>& tokens, const Names& names, ProgramNames& program,
               Problems& problems);

// One compiled copy of the program for `cpu`. Problems leave an incomplete list of statements.
std::vector<Statement> compile_body(const Node& node, const std::vector<BodyToken>& tokens,
                                    const Names& names, const ProgramNames& program, unsigned cpu,
                                    Problems& problems);

}  // namespace lockstep
