// The text that replays an execution: v1:<scenario>:<hash8>:<run-length picks>.
//
// Picks are written as `index/bound` or `index/bound*times`, joined by dots; an execution without
// a choice has the picks `-`. Example: v1:aa-nmi:1f00c0de:0/2*14.1/3.0/2.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sim/scheduler.h"

namespace lockstep {

struct Token {
    std::string scenario;
    std::string hash;  // 8 hex digits
    std::vector<PickRun> picks;
};

struct TokenProblem {
    std::uint32_t column = 0;  // 1-based
    std::string message;
};

std::string write_token(const Token& token);
std::variant<Token, TokenProblem> read_token(const std::string& text);

std::string write_picks(const std::vector<PickRun>& picks);

}  // namespace lockstep
