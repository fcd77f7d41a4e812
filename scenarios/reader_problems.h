// Problems of a scenario file: collected in one pass, told in file order, each with the nearest
// known word where one is near.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/scenario.h"

namespace lockstep {

struct Position {
    std::uint32_t line = 1, column = 1;  // 1-based; columns count characters, not bytes
};

using Words = std::vector<std::string>;

// "did you mean `x`?" for the nearest of the known words, or empty when none is near.
std::string suggest_word(std::string_view word, const Words& known);
// "`a`, `b` or `c`"; a long list is cut.
std::string list_words(const Words& words);
// The text in back quotes, on one line and cut when long, so that it fits in a message.
std::string quoted(std::string_view text);

class Problems {
  public:
    static constexpr std::size_t kProblemsMax = 100;

    // The same problem at the same place is kept once: a body is compiled for several CPUs.
    void add(Position at, const std::string& message, const std::string& suggestion = "");
    bool empty() const { return problems_.empty(); }
    std::size_t size() const { return problems_.size(); }
    std::vector<Problem> in_file_order() const;

  private:
    std::vector<Problem> problems_;
};

}  // namespace lockstep
