// Writing and reading tokens. The reader works on untrusted text: it checks before it believes.
#include "sim/token.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "sim/check.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kBoundMax = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t kRunTimesMax = std::numeric_limits<std::uint32_t>::max();

// "`x`" for the character at `offset`, or "the end".
std::string found_at(std::string_view text, std::size_t offset) {
    if (offset >= text.size()) return "the end";
    const char c = text[offset];
    if (c < ' ' || c > '~') return "an unprintable character";
    return std::string("`") + c + "`";
}

class TokenReader {
  public:
    TokenReader(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

    bool read_head(Token& token);
    bool read_picks(std::vector<PickRun>& picks);
    const TokenProblem& problem() const { return problem_; }

  private:
    bool read_scenario(std::string& name);
    bool read_hash(std::string& hash);
    bool read_run(PickRun& run);
    bool read_number(const char* what, std::uint64_t most, std::uint64_t& value);
    bool expect(char c, const char* what);
    bool fail(std::size_t offset, const std::string& message) {
        problem_ = {static_cast<std::uint32_t>(offset + 1), message};
        return false;
    }

    std::string_view text_;
    std::size_t offset_;
    TokenProblem problem_;
};

bool TokenReader::expect(char c, const char* what) {
    if (offset_ >= text_.size() || text_[offset_] != c)
        return fail(offset_, std::string("expected `") + c + "` " + what + ", found " +
                                 found_at(text_, offset_));
    ++offset_;
    return true;
}

bool TokenReader::read_scenario(std::string& name) {
    constexpr std::size_t kLengthMax = 63;
    const std::size_t begin = offset_;
    while (offset_ < text_.size()) {
        const char c = text_[offset_];
        const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        if (!fits) break;
        ++offset_;
    }
    const std::size_t length = offset_ - begin;
    if (length < 2 || length > kLengthMax || text_[begin] == '-')
        return fail(begin,
                    "expected the name of a scenario: 2 to 63 lower-case letters, digits "
                    "and dashes");
    name = text_.substr(begin, length);
    return true;
}

bool TokenReader::read_hash(std::string& hash) {
    constexpr std::size_t kDigits = 8;
    for (std::size_t i = 0; i < kDigits; ++i) {
        const std::size_t at = offset_ + i;
        const bool digit = at < text_.size() && ((text_[at] >= '0' && text_[at] <= '9') ||
                                                 (text_[at] >= 'a' && text_[at] <= 'f'));
        if (!digit)
            return fail(at, "expected the hash of the scenario, eight digits 0-9 a-f, found " +
                                found_at(text_, at));
    }
    hash = text_.substr(offset_, kDigits);
    offset_ += kDigits;
    return true;
}

bool TokenReader::read_head(Token& token) {
    if (!text_.starts_with("v1:")) {
        const bool other = text_.size() > 2 && text_[0] == 'v' && text_[1] >= '0' &&
                           text_[1] <= '9' && text_.find(':') != std::string_view::npos;
        return fail(0, other ? "unknown version of token, expected `v1:`"
                             : "expected a token, which starts with `v1:`");
    }
    offset_ = 3;
    return read_scenario(token.scenario) && expect(':', "after the name of the scenario") &&
           read_hash(token.hash) && expect(':', "after the hash");
}

bool TokenReader::read_number(const char* what, std::uint64_t most, std::uint64_t& value) {
    const std::size_t begin = offset_;
    value = 0;
    while (offset_ < text_.size() && text_[offset_] >= '0' && text_[offset_] <= '9') {
        value = value * 10 + static_cast<std::uint64_t>(text_[offset_] - '0');
        if (value > most)
            return fail(begin,
                        std::string("the ") + what + " is larger than " + std::to_string(most));
        ++offset_;
    }
    if (offset_ == begin)
        return fail(begin, std::string("expected the ") + what + ", a number, found " +
                               found_at(text_, begin));
    if (text_[begin] == '0' && offset_ - begin > 1)
        return fail(begin, std::string("the ") + what + " has a leading zero");
    return true;
}

// index/bound or index/bound*times
bool TokenReader::read_run(PickRun& run) {
    const std::size_t begin = offset_;
    std::uint64_t index = 0;
    std::uint64_t bound = 0;
    std::uint64_t times = 1;
    if (!read_number("index", kBoundMax, index)) return false;
    if (!expect('/', "between index and bound")) return false;
    if (!read_number("bound", kBoundMax, bound)) return false;
    if (bound < 2) return fail(begin, "the bound is below 2: one option is no choice");
    if (index >= bound)
        return fail(begin, "the index " + std::to_string(index) + " is not below the bound " +
                               std::to_string(bound));
    if (offset_ < text_.size() && text_[offset_] == '*') {
        ++offset_;
        const std::size_t times_at = offset_;
        if (!read_number("number of times", kRunTimesMax, times)) return false;
        if (times < 2) return fail(times_at, "the number of times after `*` is at least 2");
    }
    SIM_CHECK(index < bound);
    run = {static_cast<std::uint16_t>(index), static_cast<std::uint16_t>(bound),
           static_cast<std::uint32_t>(times)};
    return true;
}

bool TokenReader::read_picks(std::vector<PickRun>& picks) {
    if (text_.substr(offset_) == "-") return true;
    std::uint64_t total = 0;
    while (true) {
        const std::size_t begin = offset_;
        PickRun run;
        if (!read_run(run)) return false;
        total += run.times;
        if (total > kPicksMax)
            return fail(begin, "these are more than " + std::to_string(kPicksMax) + " picks");
        if (picks.size() >= kPickRunsMax)
            return fail(begin, "these are more than " + std::to_string(kPickRunsMax) + " runs");
        picks.push_back(run);
        if (offset_ == text_.size()) return true;
        if (!expect('.', "between two runs of picks")) return false;
    }
}

}  // namespace

std::string write_picks(const std::vector<PickRun>& picks) {
    std::string text;
    for (std::size_t i = 0; i < picks.size();) {
        const PickRun& run = picks[i];
        SIM_CHECK(run.index < run.bound);
        std::uint64_t times = 0;
        for (; i < picks.size() && picks[i].index == run.index && picks[i].bound == run.bound; ++i)
            times += picks[i].times;
        for (; times > 0; times -= std::min(times, kRunTimesMax)) {
            const std::uint64_t part = std::min(times, kRunTimesMax);
            if (!text.empty()) text += '.';
            text += std::to_string(run.index) + "/" + std::to_string(run.bound);
            if (part > 1) text += "*" + std::to_string(part);
        }
    }
    return text.empty() ? "-" : text;
}

std::string write_token(const Token& token) {
    return "v1:" + token.scenario + ":" + token.hash + ":" + write_picks(token.picks);
}

std::variant<Token, TokenProblem> read_token(const std::string& text) {
    TokenReader reader(text, 0);
    Token token;
    if (!reader.read_head(token) || !reader.read_picks(token.picks)) return reader.problem();
    return token;
}

std::variant<std::vector<PickRun>, TokenProblem> read_picks(const std::string& text) {
    TokenReader reader(text, 0);
    std::vector<PickRun> picks;
    if (!reader.read_picks(picks)) return reader.problem();
    return picks;
}

}  // namespace lockstep
