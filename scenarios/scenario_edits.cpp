// Pieces by indentation, loops by their braces, numbers and one-line lists by their characters:
//
//   cpus:                         removed as a whole, or
//     0: { task: owner }          this entry, or
//     1-4: { task: waiter }       this one, or 1-2, 1-3, 2-4 instead
#include "scenarios/scenario_edits.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <utility>

#include "scenarios/text_lines.h"

namespace lockstep {

namespace {

using Lines = std::vector<std::string>;

struct Piece {
    std::size_t begin = 0, end = 0;  // lines, end not included
    std::size_t indent = 0;
};

bool blank(const std::string& line) {
    return line.find_first_not_of(" \t\r") == std::string::npos;
}

std::size_t indent_of(const std::string& line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

bool is_item(const std::string& line) {
    return line.compare(indent_of(line), 2, "- ") == 0;
}

class Editor {
  public:
    explicit Editor(const std::string& text) : lines_(split_lines(text)) {}
    std::vector<ScenarioEdit> edits();
    ScenarioEdit without(const std::vector<std::uint32_t>& numbers);

  private:
    std::size_t end_of_piece(std::size_t begin) const;
    std::vector<Piece> pieces() const;
    std::optional<std::size_t> closing_brace(std::size_t line) const;
    void add_nothing_expected();
    void add_removals();
    void add_unwrapping();
    void add_smaller_numbers();
    void add_shorter_lists();
    void replace(std::size_t line, const std::string& with);
    void add(const std::vector<bool>& keep, const Lines& lines);

    Lines lines_;
    std::vector<ScenarioEdit> edits_;
    std::set<std::string> seen_;
};

void Editor::add(const std::vector<bool>& keep, const Lines& lines) {
    ScenarioEdit edit;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        edit.line_after.push_back(keep[i] ? ++number : 0);
        if (!keep[i]) continue;
        edit.text += lines[i] + "\n";
        number += static_cast<std::uint32_t>(std::count(lines[i].begin(), lines[i].end(), '\n'));
    }
    if (seen_.insert(edit.text).second) edits_.push_back(std::move(edit));
}

void Editor::replace(std::size_t line, const std::string& with) {
    Lines lines = lines_;
    lines[line] = with;
    add(std::vector<bool>(lines.size(), true), lines);
}

// A list may stand directly below its key, without indentation.
std::size_t Editor::end_of_piece(std::size_t begin) const {
    const std::size_t indent = indent_of(lines_[begin]);
    const bool item = is_item(lines_[begin]);
    std::size_t end = begin + 1;
    for (std::size_t i = begin + 1; i < lines_.size(); ++i) {
        if (blank(lines_[i])) continue;
        const bool below = indent_of(lines_[i]) > indent ||
                           (!item && indent_of(lines_[i]) == indent && is_item(lines_[i]));
        if (!below) break;
        end = i + 1;
    }
    const std::optional<std::size_t> closing = closing_brace(begin);
    return closing ? std::max(end, *closing + 1) : end;
}

// Of a body's line that opens a block: the line that closes it.
std::optional<std::size_t> Editor::closing_brace(std::size_t line) const {
    if (lines_[line].empty() || lines_[line].back() != '{') return std::nullopt;
    int depth = 0;
    for (std::size_t i = line; i < lines_.size(); ++i) {
        for (const char c : lines_[i]) depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (depth <= 0) return i;
    }
    return std::nullopt;
}

std::vector<Piece> Editor::pieces() const {
    std::vector<Piece> found;
    for (std::size_t i = lines_.size(); i-- > 0;)
        if (!blank(lines_[i])) found.push_back({i, end_of_piece(i), indent_of(lines_[i])});
    std::stable_sort(found.begin(), found.end(),
                     [](const Piece& a, const Piece& b) { return a.indent < b.indent; });
    return found;
}

// What an oracle finds needs no expectation, but a scenario has to have one.
void Editor::add_nothing_expected() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (!lines_[i].starts_with("expect:")) continue;
        std::vector<bool> keep(lines_.size(), true);
        for (std::size_t below = i + 1; below < end_of_piece(i); ++below) keep[below] = false;
        Lines lines = lines_;
        lines[i] = "expect:\n  always:\n    - 1 == 1";
        add(keep, lines);
    }
}

// A CPU less may also mean a party less at every barrier.
void Editor::add_removals() {
    static const std::regex kBarrier("barrier\\(([0-9]+)\\)");
    Lines fewer_parties = lines_;
    for (std::string& line : fewer_parties) {
        std::smatch match;
        if (!std::regex_search(line, match, kBarrier) || match[1].length() > 3) continue;
        line = match.prefix().str() + "barrier(" + std::to_string(std::stoul(match[1]) - 1) + ")" +
               match.suffix().str();
    }
    for (const Piece& piece : pieces()) {
        std::vector<bool> keep(lines_.size(), true);
        for (std::size_t i = piece.begin; i < piece.end; ++i) keep[i] = false;
        add(keep, lines_);
        if (fewer_parties != lines_ && piece.indent > 0) add(keep, fewer_parties);
    }
}

// The content of a loop or condition without it.
void Editor::add_unwrapping() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const std::optional<std::size_t> closing = closing_brace(i);
        if (!closing || *closing == i || indent_of(lines_[*closing]) >= lines_[*closing].size())
            continue;
        std::vector<bool> keep(lines_.size(), true);
        keep[i] = keep[*closing] = false;
        Lines lines = lines_;
        const std::size_t outer = indent_of(lines_[i]);
        const std::size_t inner = indent_of(lines_[i + 1]);
        for (std::size_t inside = i + 1; inside < *closing && inner > outer; ++inside)
            lines[inside].erase(0, std::min(inner - outer, indent_of(lines[inside])));
        add(keep, lines);
    }
}

void Editor::add_smaller_numbers() {
    static const std::regex kLoop("repeat *\\(([0-9]{1,6})\\)");
    static const std::regex kCpus("^(machine:.*\\bcpus: *|  cpus: *)([0-9]{1,3})(.*)$");
    static const std::regex kRange("^( +)([0-9]{1,3})-([0-9]{1,3})(:.*)$");
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        std::smatch match;
        const std::string& line = lines_[i];
        if (std::regex_search(line, match, kLoop) && std::stoul(match[1]) > 1)
            for (const unsigned long times : {std::stoul(match[1]) / 2, std::stoul(match[1]) - 1})
                replace(i, match.prefix().str() + "repeat (" + std::to_string(times) + ")" +
                               match.suffix().str());
        if (std::regex_match(line, match, kCpus) && std::stoul(match[2]) > 1)
            for (const unsigned long cpus : {std::stoul(match[2]) / 2, std::stoul(match[2]) - 1})
                replace(i, match[1].str() + std::to_string(cpus) + match[3].str());
        if (!std::regex_match(line, match, kRange)) continue;
        const unsigned long first = std::stoul(match[2]), last = std::stoul(match[3]);
        const auto range = [&](unsigned long from, unsigned long to) {
            const std::string end = from == to ? "" : "-" + std::to_string(to);
            replace(i, match[1].str() + std::to_string(from) + end + match[4].str());
        };
        if (first >= last) continue;
        range(first, first + (last - first) / 2);
        range(first, last - 1);
        range(first + 1, last);
    }
}

// `locks: { A: rqspinlock, B: rqspinlock }` without one of its entries.
void Editor::add_shorter_lists() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const std::string& line = lines_[i];
        const std::size_t open = line.find_first_of("{[");
        const bool fits = open != std::string::npos && indent_of(line) == 0 && line[0] != '#' &&
                          (line.back() == '}' || line.back() == ']');
        if (!fits) continue;
        std::vector<std::size_t> commas = {open};
        int depth = 0;
        for (std::size_t at = open + 1; at + 1 < line.size(); ++at) {
            if (line[at] == '{' || line[at] == '[') ++depth;
            if (line[at] == '}' || line[at] == ']') --depth;
            if (line[at] == ',' && depth == 0) commas.push_back(at);
        }
        commas.push_back(line.size() - 1);
        if (commas.size() < 3) continue;
        for (std::size_t entry = commas.size() - 1; entry-- > 0;) {
            const bool first = entry == 0;
            const std::size_t begin = first ? commas[0] + 1 : commas[entry];
            const std::size_t end = first ? commas[1] + 1 : commas[entry + 1];
            const bool last = entry + 2 == commas.size();
            const std::string gap = last && line.back() == '}' ? " " : "";
            replace(i, line.substr(0, begin) + gap + line.substr(end));
        }
    }
}

std::vector<ScenarioEdit> Editor::edits() {
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    seen_.insert(all);
    add_nothing_expected();
    add_removals();
    add_unwrapping();
    add_smaller_numbers();
    add_shorter_lists();
    return std::move(edits_);
}

ScenarioEdit Editor::without(const std::vector<std::uint32_t>& numbers) {
    std::vector<bool> keep(lines_.size(), true);
    for (const std::uint32_t number : numbers) {
        if (number == 0 || number > lines_.size()) continue;
        for (std::size_t i = number - 1; i < end_of_piece(number - 1); ++i) keep[i] = false;
    }
    add(keep, lines_);
    return edits_.back();
}

}  // namespace

ScenarioEdit without_pieces(const ScenarioEdit& edit, const std::vector<std::uint32_t>& lines) {
    ScenarioEdit more = Editor(edit.text).without(lines);
    const std::vector<std::uint32_t> after = std::move(more.line_after);
    more.line_after = edit.line_after;
    for (std::uint32_t& line : more.line_after)
        if (line != 0) line = line <= after.size() ? after[line - 1] : 0;
    return more;
}

std::vector<ScenarioEdit> scenario_edits(const std::string& text) {
    return Editor(text).edits();
}

}  // namespace lockstep
