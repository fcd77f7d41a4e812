// Collecting problems and finding the word somebody probably meant.
#include "scenarios/reader_problems.h"

#include <algorithm>
#include <numeric>

namespace lockstep {
namespace {

// Letters to add, drop, change or swap, where adding or dropping a '-', '_' or '.' is one too.
std::size_t letters_apart(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before_last(to.size() + 1);
    std::vector<std::size_t> last(to.size() + 1);
    std::vector<std::size_t> current(to.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                current[j] = std::min(current[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(current);
    }
    return last[to.size()];
}

}  // namespace

std::string suggest_word(std::string_view word, const Words& known) {
    constexpr std::size_t kWordMax = 64;  // a longer word is no misspelling of ours
    if (word.empty() || word.size() > kWordMax) return "";
    const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    std::size_t best = allowed + 1;
    const std::string* nearest = nullptr;
    for (const std::string& candidate : known) {
        std::size_t distance = letters_apart(word, candidate);
        // A name cut short is near, however much is missing.
        if (word.size() >= 3 && candidate.starts_with(word)) distance = 1;
        if (distance == 0 || distance >= best) continue;
        // Two names of one letter have nothing in common.
        if (distance >= std::max(word.size(), candidate.size())) continue;
        best = distance;
        nearest = &candidate;
    }
    return nearest == nullptr ? "" : "did you mean `" + *nearest + "`?";
}

std::string list_words(const Words& words) {
    constexpr std::size_t kShown = 12;
    std::string list;
    const std::size_t shown = std::min(words.size(), kShown);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
        list += "`" + words[i] + "`";
    }
    if (shown < words.size()) list += " ...";
    return list.empty() ? "nothing" : list;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string shown;
    for (const char c : text) {
        // Cut before a character starts, never inside one.
        if (shown.size() >= kShown && (static_cast<unsigned char>(c) & 0xc0) != 0x80) {
            shown += "...";
            break;
        }
        shown += c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
    }
    return "`" + shown + "`";
}

void Problems::add(Position at, const std::string& message, const std::string& suggestion) {
    if (problems_.size() > kProblemsMax) return;
    for (const Problem& problem : problems_)
        if (problem.line == at.line && problem.column == at.column && problem.message == message)
            return;
    if (problems_.size() == kProblemsMax)
        problems_.push_back({at.line, at.column, "there are more problems than these", ""});
    else
        problems_.push_back({at.line, at.column, message, suggestion});
}

std::vector<Problem> Problems::in_file_order() const {
    std::vector<Problem> sorted = problems_;
    const auto limit = sorted.size() > kProblemsMax ? sorted.end() - 1 : sorted.end();
    std::stable_sort(sorted.begin(), limit, [](const Problem& a, const Problem& b) {
        return a.line != b.line ? a.line < b.line : a.column < b.column;
    });
    return sorted;
}

std::string describe_problem(const std::string& path, const Problem& problem) {
    std::string text = path + ":" + std::to_string(problem.line) + ":" +
                       std::to_string(problem.column) + ": " + problem.message;
    if (!problem.suggestion.empty()) text += "; " + problem.suggestion;
    return text;
}

}  // namespace lockstep
