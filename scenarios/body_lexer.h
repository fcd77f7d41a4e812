// Splits bodies and expressions into tokens that know their place in the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/body_names.h"
#include "scenarios/reader_nodes.h"

namespace lockstep {

struct BodyToken {
    enum class Kind : std::uint8_t { word, number, symbol, parameter, end };
    Kind kind = Kind::end;
    std::string text;         // as written; a parameter has no `$`
    std::int64_t value = 0;   // number; a duration in nanoseconds
    bool duration = false;    // number with a unit
    std::uint32_t begin = 0;  // offsets in the text of the node
    std::uint32_t end = 0;
    Position at;
    bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
};

// All tokens of a scalar node, closed by an end token. What is no token is a problem and left out.
// The word in has(...) may contain dashes.
std::vector<BodyToken> split_tokens(const Node& node, Problems& problems);

// Replaces every $parameter by its value on `cpu`. An unknown parameter is a problem.
std::vector<BodyToken> substitute(const std::vector<BodyToken>& tokens, const Names& names,
                                  unsigned cpu, Problems& problems);

// Reads along a token list. Never runs past the end token.
class TokenCursor {
  public:
    explicit TokenCursor(const std::vector<BodyToken>& tokens) : tokens_(tokens) {}
    const BodyToken& peek(std::size_t ahead = 0) const {
        const std::size_t index = next_ + ahead;
        return index < tokens_.size() ? tokens_[index] : tokens_.back();
    }
    const BodyToken& take() {
        const BodyToken& token = peek();
        if (token.kind != BodyToken::Kind::end) ++next_;
        return token;
    }
    bool accept(std::string_view symbol) {
        if (!peek().is(symbol)) return false;
        take();
        return true;
    }
    bool at_end() const { return peek().kind == BodyToken::Kind::end; }
    std::size_t index() const { return next_; }
    const std::vector<BodyToken>& tokens() const { return tokens_; }

  private:
    const std::vector<BodyToken>& tokens_;
    std::size_t next_ = 0;
};

// "`x`" or "the end of the text".
std::string describe_token(const BodyToken& token);
// The source between two tokens, first to one before last, as one line.
std::string token_text(const std::vector<BodyToken>& tokens, std::size_t first, std::size_t last,
                       const Node& node);

}  // namespace lockstep
