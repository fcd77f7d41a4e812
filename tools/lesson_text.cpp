// Markdown to lines. Only what chapters use: headings, paragraphs, lists, fences, tables, links,
// pictures, code and emphasis.
#include "tools/lesson_text.h"

#include <algorithm>

#include "tools/text_columns.h"

namespace lockstep {

namespace {

// A filled paragraph keeps its marks until the end, as zero-width bytes would spoil the filling:
// the marks are single control bytes while lines are measured.
constexpr char kCodeOn = '\x01', kCodeOff = '\x02', kBoldOn = '\x03', kBoldOff = '\x04';

bool is_mark(char c) {
    return c >= kCodeOn && c <= kBoldOff;
}

// `[text](target)` becomes its text; `![text](target)` names the picture.
std::string without_links(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool picture = text[i] == '!' && i + 1 < text.size() && text[i + 1] == '[';
        const std::size_t open = picture ? i + 1 : i;
        const std::size_t close = text[open] == '[' ? text.find("](", open) : std::string::npos;
        const std::size_t end =
            close == std::string::npos ? std::string::npos : text.find(')', close);
        if (end == std::string::npos) {
            out += text[i];
            continue;
        }
        const std::string shown = text.substr(open + 1, close - open - 1);
        const std::string target = text.substr(close + 2, end - close - 2);
        out += picture ? "[picture docs/learn/" + target + ": " + shown + "]" : shown;
        i = end;
    }
    return out;
}

std::string with_marks(const std::string& text) {
    std::string out;
    bool code = false, bold = false, emphasis = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '`') {
            out += code ? kCodeOff : kCodeOn;
            code = !code;
        } else if (!code && text.compare(i, 2, "**") == 0) {
            out += bold ? kBoldOff : kBoldOn;
            bold = !bold;
            ++i;
        } else if (!code && text[i] == '*') {
            out += emphasis ? kBoldOff : kBoldOn;
            emphasis = !emphasis;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::size_t columns_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return !is_mark(c) && (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::vector<std::string> fill(const std::string& text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line, word;
    const auto flush_word = [&] {
        if (word.empty()) return;
        const bool fits = line.empty() || columns_of(line) + 1 + columns_of(word) <= width;
        if (!fits) lines.push_back(line);
        line = fits && !line.empty() ? line + " " + word : word;
        word.clear();
    };
    for (char c : text) {
        if (c == ' ')
            flush_word();
        else
            word += c;
    }
    flush_word();
    if (!line.empty()) lines.push_back(line);
    return lines;
}

class LessonPrinter {
  public:
    LessonPrinter(const Output& output, std::size_t width, std::size_t code_width)
        : output_(output), width_(width), code_width_(code_width) {}

    std::vector<std::string> print(const std::vector<std::string>& text) {
        for (const std::string& line : text) take(line);
        end_paragraph();
        while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
        return lines_;
    }

  private:
    void take(const std::string& line) {
        if (line.starts_with("```")) {
            end_paragraph();
            in_fence_ = !in_fence_;
            commands_ = line == "```sh";
            return;
        }
        if (in_fence_) return take_code(line);
        if (line.empty()) return end_paragraph(), blank();
        if (line.starts_with("#")) return take_heading(line);
        if (line.starts_with("|"))
            return end_paragraph(), lines_.push_back(colour(with_marks(line)));
        if (line.starts_with("- ") || line.starts_with("> ")) {
            end_paragraph();
            hang_ = 2;
        }
        paragraph_ += (paragraph_.empty() ? "" : " ") + line;
    }

    void take_code(const std::string& line) {
        const std::string shown = commands_ && !line.starts_with(" ") ? "$ " + line : line;
        lines_.push_back(line.empty() ? ""
                                      : "    " + (commands_ ? output_.paint(Colour::bold, shown)
                                                            : cut(shown, code_width_ - 4)));
    }

    void take_heading(const std::string& line) {
        end_paragraph();
        const std::string words = line.substr(line.find(' ') + 1);
        lines_.push_back(output_.paint(Colour::bold, words));
        if (line.starts_with("# ")) lines_.push_back(std::string(columns_of(words), '='));
    }

    void end_paragraph() {
        const std::vector<std::string> filled =
            fill(with_marks(without_links(paragraph_)), width_ - hang_);
        for (std::size_t i = 0; i < filled.size(); ++i)
            lines_.push_back((i > 0 ? std::string(hang_, ' ') : "") + colour(filled[i]));
        paragraph_.clear();
        hang_ = 0;
    }

    void blank() {
        if (!lines_.empty() && !lines_.back().empty()) lines_.emplace_back();
    }

    // A mark that stays open at the end of a line goes on in the next.
    std::string colour(const std::string& text) {
        std::string out, part;
        const auto flush = [&] {
            if (!part.empty()) out += output_.paint(now_, part);
            part.clear();
        };
        for (char c : text) {
            if (!is_mark(c)) {
                part += c;
                continue;
            }
            flush();
            now_ = c == kCodeOn ? Colour::cyan : c == kBoldOn ? Colour::bold : Colour::none;
        }
        flush();
        return out;
    }

    const Output& output_;
    std::size_t width_, code_width_;
    std::vector<std::string> lines_;
    std::string paragraph_;
    std::size_t hang_ = 0;
    Colour now_ = Colour::none;
    bool in_fence_ = false, commands_ = false;
};

}  // namespace

std::vector<std::string> lesson_lines(const Lesson& lesson, const Output& output, std::size_t width,
                                      std::size_t code_width) {
    return LessonPrinter(output, width, code_width).print(lesson.text);
}

}  // namespace lockstep
