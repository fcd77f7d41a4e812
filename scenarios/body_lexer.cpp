// The lexer of bodies and expressions: words, numbers with units, a few symbols, // comments.
#include "scenarios/body_lexer.h"

#include <algorithm>
#include <array>
#include <limits>

namespace lockstep {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word(char c) {
    return is_word_start(c) || is_digit(c);
}
bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}
bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::int64_t unit_ns(std::string_view unit) {
    if (unit == "ns") return 1;
    if (unit == "us") return static_cast<std::int64_t>(kNsPerUs);
    if (unit == "ms") return static_cast<std::int64_t>(kNsPerMs);
    return unit == "s" ? static_cast<std::int64_t>(kNsPerSec) : 0;
}

constexpr std::array<std::string_view, 8> kLongSymbols = {
    "==", "!=", "<=", ">=", "&&", "||", "//", "/*"};
constexpr std::size_t kTokensMax = 50'000;
constexpr std::string_view kSymbols = "()+-*!<>=:;,.@?{}";

class Lexer {
  public:
    Lexer(const Node& node, Problems& problems)
        : node_(node), text_(node.text), problems_(problems) {}

    std::vector<BodyToken> run() {
        while (offset_ < text_.size() && tokens_.size() < kTokensMax) step();
        if (offset_ < text_.size())
            problems_.add(position_of(offset_), "this text is too long, at most " +
                                                    std::to_string(kTokensMax) +
                                                    " words and symbols are allowed");
        offset_ = text_.size();
        add(BodyToken::Kind::end, offset_);
        return std::move(tokens_);
    }

  private:
    void step();
    void number();
    void symbol();
    BodyToken& add(BodyToken::Kind kind, std::size_t begin);
    bool inside_has() const;
    Position position_of(std::size_t offset);
    std::size_t word_end(std::size_t from, bool dashes) const;

    const Node& node_;
    std::string_view text_;
    Problems& problems_;
    std::vector<BodyToken> tokens_;
    std::size_t offset_ = 0;
    std::size_t placed_ = 0;  // up to here, place_ is counted
    Position place_;
};

// Counts on from the last answer: asking the node for every token would be quadratic.
// REQUIRES: not before the last answer.
Position Lexer::position_of(std::size_t offset) {
    if (!node_.exact) return node_.at;
    if (placed_ == 0) place_ = node_.text_at;
    for (; placed_ < offset; ++placed_) {
        if (text_[placed_] == '\n') {
            ++place_.line;
            place_.column = node_.text_at.column;
        } else if (!continues_character(text_[placed_])) {
            ++place_.column;
        }
    }
    return place_;
}

BodyToken& Lexer::add(BodyToken::Kind kind, std::size_t begin) {
    BodyToken token;
    token.kind = kind;
    token.text = text_.substr(begin, offset_ - begin);
    token.begin = static_cast<std::uint32_t>(begin);
    token.end = static_cast<std::uint32_t>(offset_);
    token.at = position_of(begin);
    tokens_.push_back(std::move(token));
    return tokens_.back();
}

bool Lexer::inside_has() const {
    const std::size_t count = tokens_.size();
    return count >= 2 && tokens_[count - 1].is("(") &&
           tokens_[count - 2].kind == BodyToken::Kind::word && tokens_[count - 2].text == "has";
}

std::size_t Lexer::word_end(std::size_t from, bool dashes) const {
    std::size_t end = from;
    while (end < text_.size() && (is_word(text_[end]) || (dashes && text_[end] == '-'))) ++end;
    return end;
}

void Lexer::step() {
    const char c = text_[offset_];
    const std::size_t begin = offset_;
    if (is_space(c)) {
        ++offset_;
    } else if (text_.substr(offset_, 2) == "//") {
        offset_ = std::min(text_.find('\n', offset_), text_.size());
    } else if (inside_has() && (is_word(c) || c == '-')) {
        offset_ = word_end(offset_, true);
        add(BodyToken::Kind::word, begin);
    } else if (is_word_start(c)) {
        offset_ = word_end(offset_, false);
        add(BodyToken::Kind::word, begin);
    } else if (is_digit(c)) {
        number();
    } else if (c == '$' && offset_ + 1 < text_.size() && is_word_start(text_[offset_ + 1])) {
        offset_ = word_end(offset_ + 1, false);
        add(BodyToken::Kind::parameter, begin).text.erase(0, 1);
    } else {
        symbol();
    }
}

void Lexer::number() {
    const std::size_t begin = offset_;
    const bool hexadecimal = text_.substr(offset_, 2) == "0x";
    if (hexadecimal) offset_ += 2;
    std::uint64_t value = 0;
    bool too_large = false;
    bool digits = false;
    for (; offset_ < text_.size(); ++offset_) {
        const char c = text_[offset_];
        std::uint64_t digit = 0;
        if (is_digit(c)) {
            digit = static_cast<std::uint64_t>(c - '0');
        } else if (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            digit = static_cast<std::uint64_t>((c | 0x20) - 'a') + 10;
        } else {
            break;
        }
        digits = true;
        const std::uint64_t base = hexadecimal ? 16 : 10;
        too_large = too_large || __builtin_mul_overflow(value, base, &value) ||
                    __builtin_add_overflow(value, digit, &value);
    }
    const std::size_t unit_begin = offset_;
    offset_ = word_end(offset_, false);
    const std::string_view unit = text_.substr(unit_begin, offset_ - unit_begin);
    BodyToken& token = add(BodyToken::Kind::number, begin);
    if (!digits || (!unit.empty() && (hexadecimal || unit_ns(unit) == 0))) {
        problems_.add(token.at, "the number " + quoted(token.text) + " has no unit we know",
                      "a time is written as 250ms, 2us, 20ns or 1s");
        return;
    }
    token.duration = !unit.empty();
    const auto scale = static_cast<std::uint64_t>(unit.empty() ? 1 : unit_ns(unit));
    too_large = too_large || __builtin_mul_overflow(value, scale, &value) ||
                value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (too_large)
        problems_.add(token.at, "the number " + quoted(token.text) + " does not fit in 64 bits");
    else
        token.value = static_cast<std::int64_t>(value);
}

void Lexer::symbol() {
    const std::size_t begin = offset_;
    for (const std::string_view symbol : kLongSymbols) {
        if (text_.substr(offset_, 2) != symbol) continue;
        if (symbol == "/*") break;
        offset_ += 2;
        add(BodyToken::Kind::symbol, begin);
        return;
    }
    if (kSymbols.find(text_[offset_]) != std::string_view::npos) {
        ++offset_;
        add(BodyToken::Kind::symbol, begin);
        return;
    }
    // A character of several bytes is one problem.
    do {
        ++offset_;
    } while (offset_ < text_.size() && continues_character(text_[offset_]));
    const std::string found = quoted(text_.substr(begin, offset_ - begin));
    const char c = text_[begin];
    const bool comment = c == '#' || c == '/';
    problems_.add(position_of(begin), "unexpected " + found,
                  comment ? "comments in a body start with //" : "");
    // A comment in another language is not worth a problem per word.
    if (comment) offset_ = std::min(text_.find('\n', offset_), text_.size());
}

}  // namespace

std::vector<BodyToken> split_tokens(const Node& node, Problems& problems) {
    return Lexer(node, problems).run();
}

std::vector<BodyToken> substitute(const std::vector<BodyToken>& tokens, const Names& names,
                                  unsigned cpu, Problems& problems) {
    std::vector<BodyToken> replaced = tokens;
    for (BodyToken& token : replaced) {
        if (token.kind != BodyToken::Kind::parameter) continue;
        const ParameterNames* found = nullptr;
        Words known;
        for (const ParameterNames& parameter : names.params) {
            known.push_back(parameter.name);
            if (parameter.name == token.text) found = &parameter;
        }
        if (found == nullptr) {
            problems.add(token.at, "there is no parameter " + quoted("$" + token.text),
                         suggest_word(token.text, known));
            token.kind = BodyToken::Kind::word;
            continue;
        }
        if (cpu >= found->values.size()) {  // the wrong length is already a problem
            token.kind = BodyToken::Kind::word;
            continue;
        }
        token.text = found->values[cpu];
        token.kind = BodyToken::Kind::word;
        if (is_digit(token.text[0])) {
            token.kind = BodyToken::Kind::number;
            token.value = 0;
            for (const char c : token.text) token.value = token.value * 10 + (c - '0');
        }
    }
    return replaced;
}

std::string describe_token(const BodyToken& token) {
    return token.kind == BodyToken::Kind::end ? "the end of the text" : quoted(token.text);
}

std::string token_text(const std::vector<BodyToken>& tokens, std::size_t first, std::size_t last,
                       const Node& node) {
    std::string text;
    for (std::size_t i = first; i < last && i < tokens.size(); ++i) {
        const BodyToken& token = tokens[i];
        // Spaces stand where the author put some, comments and line ends become one.
        if (i > first && token.begin > tokens[i - 1].end) text += ' ';
        const std::string_view source =
            std::string_view(node.text).substr(token.begin, token.end - token.begin);
        text += source.starts_with('$') ? token.text : std::string(source);
    }
    return text;
}

}  // namespace lockstep
