// See source_text.h.
#include "lock/linux/source_text.h"

#include <algorithm>
#include <sstream>

#include "lock/linux/pattern.h"

namespace lockstep {

namespace {

// Comments become spaces; newlines stay, so that lines keep their numbers.
std::string without_comments(const std::string& text) {
    enum class In { code, line_comment, comment, quotes } in = In::code;
    std::string out = text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool pair = i + 1 < text.size();
        if (in == In::code && pair && text[i] == '/' && text[i + 1] == '/') in = In::line_comment;
        if (in == In::code && pair && text[i] == '/' && text[i + 1] == '*') {
            in = In::comment;
            out[i] = out[i + 1] = ' ';
            ++i;
            continue;
        }
        if (in == In::comment && pair && text[i] == '*' && text[i + 1] == '/') {
            in = In::code;
            out[i] = out[i + 1] = ' ';
            ++i;
            continue;
        }
        if (in == In::line_comment && text[i] == '\n') in = In::code;
        if (in == In::quotes && text[i] == '\\') {
            ++i;
            continue;
        }
        if (text[i] == '"' && in == In::code) {
            in = In::quotes;
        } else if (text[i] == '"' && in == In::quotes) {
            in = In::code;
        }
        if ((in == In::comment || in == In::line_comment) && text[i] != '\n') out[i] = ' ';
    }
    return out;
}

std::string trimmed(const std::string& line) {
    const std::size_t begin = line.find_first_not_of(" \t\r\\");
    if (begin == std::string::npos) return "";
    return line.substr(begin, line.find_last_not_of(" \t\r\\") - begin + 1);
}

// A line after which a new statement begins.
bool ends_statement(const std::string& line) {
    if (line.empty() || line[0] == '#') return true;
    const char last = line.back();
    return last == ';' || last == '{' || last == '}' || last == ':';
}

// From the opening brace at `open` to its partner, both left out.
std::optional<SourceRange> braced_range(const std::string& text, std::size_t open) {
    unsigned depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth == 0) return SourceRange{open + 1, i};
    }
    return std::nullopt;
}

std::optional<std::string> part_of(const std::string& text,
                                   const std::optional<SourceRange>& range) {
    if (!range) return std::nullopt;
    return text.substr(range->begin, range->end - range->begin);
}

}  // namespace

SourceText::SourceText(const std::string& text) : text_(without_comments(text)) {
    std::istringstream stream(text_);
    for (std::string line; std::getline(stream, line);) lines_.push_back(line);
}

std::optional<std::string> SourceText::function(const std::string& name) const {
    return part_of(text_, function_range(name));
}

std::optional<SourceRange> SourceText::function_range(const std::string& name) const {
    // A definition: the name, its parameters, and then a brace instead of a semicolon.
    const boost::regex head = kernel_regex("\\b" + name + "\\s*\\([^;{}()]*\\)\\s*\\{");
    Match match;
    for (std::size_t at = text_.find(name); at != std::string::npos;
         at = text_.find(name, at + 1)) {
        const auto from = text_.begin() + static_cast<std::ptrdiff_t>(at);
        constexpr auto kHere = boost::match_continuous;
        const auto flags = at == 0 ? kHere : kHere | boost::match_prev_avail;
        if (!boost::regex_search(from, text_.end(), match, head, flags)) continue;
        return braced_range(text_, at + static_cast<std::size_t>(match.length()) - 1);
    }
    return std::nullopt;
}

std::optional<SourceRange> SourceText::macro_range(const std::string& name) const {
    const boost::regex head = kernel_regex("^\\s*#\\s*define\\s+" + name + "\\b.*$");
    std::optional<SourceRange> found;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const std::size_t start = begin;
        begin += lines_[i].size() + 1;
        if (lines_[i].find(name) == std::string::npos || !boost::regex_match(lines_[i], head))
            continue;
        while (!lines_[i].empty() && lines_[i].back() == '\\' && i + 1 < lines_.size())
            begin += lines_[++i].size() + 1;
        found = SourceRange{start, std::min(begin, text_.size())};
    }
    return found;
}

std::optional<std::string> SourceText::macro(const std::string& name) const {
    const boost::regex head = kernel_regex("^\\s*#\\s*define\\s+" + name + "\\b(.*)$");
    std::optional<std::string> found;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        Match match;
        if (lines_[i].find(name) == std::string::npos ||
            !boost::regex_match(lines_[i], match, head))
            continue;
        std::string body = match[1];
        while (!body.empty() && body.back() == '\\' && i + 1 < lines_.size()) {
            body.back() = ' ';
            body += lines_[++i];
        }
        found = body;
    }
    return found;
}

std::string SourceText::statement_at(unsigned line) const {
    if (line == 0 || line > lines_.size()) return "";
    std::size_t first = line - 1;
    std::size_t last = first;
    while (first > 0 && !ends_statement(trimmed(lines_[first - 1]))) --first;
    while (last + 1 < lines_.size() && !ends_statement(trimmed(lines_[last]))) ++last;
    std::string statement;
    for (std::size_t i = first; i <= last; ++i) {
        if (!statement.empty()) statement += ' ';
        statement += trimmed(lines_[i]);
    }
    return statement;
}

std::optional<std::string> block_after(const std::string& body, const std::string& head) {
    Match match;
    if (!boost::regex_search(body, match, kernel_regex(head))) return std::nullopt;
    const auto from = static_cast<std::size_t>(match.position() + match.length());
    const std::size_t open = body.find('{', from);
    const std::size_t end = body.find(';', from);
    if (open == std::string::npos || end < open) return std::nullopt;
    return part_of(body, braced_range(body, open));
}

}  // namespace lockstep
