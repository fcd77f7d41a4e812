// Kernel source as text: comments blanked out, bodies of functions and whole statements found.
// Line numbers stay those of the file. Enough to read facts off; not a parser.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lockstep {

struct SourceRange {  // of text(), and of the text it was made from: positions are the same
    std::size_t begin = 0, end = 0;
};

class SourceText {
  public:
    explicit SourceText(const std::string& text);

    // What is between the outer braces of function `name` where it is defined.
    std::optional<std::string> function(const std::string& name) const;
    std::optional<SourceRange> function_range(const std::string& name) const;
    // The last definition of macro `name`, with its continuation lines.
    std::optional<SourceRange> macro_range(const std::string& name) const;
    // The definition of macro `name`, continuation lines joined. With several definitions (one
    // per configuration) the last.
    std::optional<std::string> macro(const std::string& name) const;
    // The statement that `line` (1-based) is a part of, its lines joined by a space.
    std::string statement_at(unsigned line) const;
    const std::string& text() const { return text_; }

  private:
    std::string text_;                // without comments
    std::vector<std::string> lines_;  // of text_
};

// The block in braces that follows the first occurrence of `head` in `body`.
std::optional<std::string> block_after(const std::string& body, const std::string& head);

}  // namespace lockstep
