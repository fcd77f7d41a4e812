// The text that replays an execution: v1:<scenario>:<hash8>:<run-length picks>.
//
// Picks are written as `index/bound` or `index/bound*times`, joined by dots; an execution without
// a choice has the picks `-`. Example: v1:aa-nmi:1f00c0de:0/2*14.1/3.0/2.
// The reader is strict: index < bound, 2 <= bound <= 65535, at least two times after `*`, no sign,
// no leading zero, no space, and limits on the number of runs and picks. Neither function throws.
#pragma once

#include <cstddef>
#include <cstdint>
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

// Equal neighbours are joined, so that equal picks always give the same text.
std::string write_picks(const std::vector<PickRun>& picks);
// Only the part behind the last colon. Columns count from the start of `text`.
std::variant<std::vector<PickRun>, TokenProblem> read_picks(const std::string& text);

constexpr std::size_t kPickRunsMax = 1'000'000;
constexpr std::uint64_t kPicksMax = 4'000'000'000;

}  // namespace lockstep
