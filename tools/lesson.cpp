// Reading chapters and comparing what they quote.
#include "tools/lesson.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "scenarios/reader_walk.h"
#include "scenarios/text_lines.h"
#include "tools/library.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace fs = std::filesystem;

namespace {

constexpr const char* kExitMark = "# exit code ";
constexpr const char* kElision = "...";

// Reads one chapter line by line; a fence is read as a whole.
class LessonReader {
  public:
    LessonReader(const std::string& path, const std::string& text,
                 std::vector<std::string>& problems)
        : problems_(problems) {
        lesson_.path = path;
        lesson_.text = split_lines(text);
    }

    Lesson read() {
        read_title();
        for (at_ = 1; at_ < lesson_.text.size(); ++at_) {
            const std::string& line = lesson_.text[at_];
            if (line.starts_with("> ") && lesson_.summary.empty()) lesson_.summary = line.substr(2);
            if (line.starts_with("```")) read_fence(line.substr(3));
        }
        if (lesson_.summary.empty()) complain_at(1, "no line `> ...` that sums the chapter up");
        if (lesson_.commands.empty()) complain_at(1, "no command to try");
        return lesson_;
    }

  private:
    void complain_at(std::size_t line, const std::string& what) {
        problems_.push_back(lesson_.path + ":" + std::to_string(line) + ": " + what);
    }

    void read_title() {
        const std::string first = lesson_.text.empty() ? "" : lesson_.text[0];
        const std::size_t dot = first.find(". ");
        const auto number = first.starts_with("# ") && dot != std::string::npos
                                ? parse_digits(first.substr(2, dot - 2), 999)
                                : std::nullopt;
        if (!number || *number == 0)
            return complain_at(1, "expected `# NUMBER. TITLE` as the first line");
        lesson_.number = static_cast<unsigned>(*number);
        lesson_.title = first.substr(dot + 2);
    }

    // The lines up to the closing fence; at_ is moved there.
    std::vector<std::string> body() {
        const std::size_t opened = at_;
        std::vector<std::string> lines;
        for (++at_; at_ < lesson_.text.size(); ++at_) {
            if (lesson_.text[at_].starts_with("```")) return lines;
            lines.push_back(lesson_.text[at_]);
        }
        complain_at(opened + 1, "this fence is never closed");
        return lines;
    }

    void read_fence(const std::string& info) {
        const std::size_t opened = at_ + 1;
        const std::vector<std::string> lines = body();
        LessonQuote quote;
        quote.line = static_cast<unsigned>(opened + 1);
        quote.lines = lines;
        if (info == "sh") return read_commands(lines, opened + 1);
        if (lines.empty()) return complain_at(opened, "an empty fence");
        if (info == "text") {
            if (lesson_.commands.empty()) return complain_at(opened, "output of which command?");
            return lesson_.commands.back().quotes.push_back(quote);
        }
        const std::size_t blank = info.find(' ');
        const std::string kind = info.substr(0, blank);
        if ((kind == "cpp" || kind == "yaml") && blank != std::string::npos) {
            quote.from_file = info.substr(blank + 1);
            return lesson_.file_quotes.push_back(quote);
        }
        complain_at(opened, "a fence is `sh`, `text`, `cpp FILE` or `yaml FILE`; found `" + info +
                                "`, which nothing could check");
    }

    void read_commands(const std::vector<std::string>& lines, std::size_t first_line) {
        bool goes_on = false;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            std::string line = trim_right(lines[i]);
            const bool more = line.ends_with("\\") || line.ends_with("|");
            if (goes_on) {
                lesson_.commands.back().text += "\n" + line;
            } else if (!line.empty() && !line.starts_with("#")) {
                lesson_.commands.push_back({static_cast<unsigned>(first_line + i), line, 0, {}});
            }
            goes_on = more && !line.empty() && !lesson_.commands.empty();
            if (!goes_on && !line.empty()) read_exit_code(line, first_line + i);
        }
        if (goes_on) complain_at(first_line + lines.size(), "nothing follows the last line");
    }

    void read_exit_code(const std::string& line, std::size_t number) {
        const std::size_t mark = line.find(kExitMark);
        if (mark == std::string::npos || lesson_.commands.empty()) return;
        const auto code = parse_digits(line.substr(mark + std::string(kExitMark).size()), 255);
        if (!code) return complain_at(number, "expected a number behind `# exit code`");
        lesson_.commands.back().exit_code = static_cast<int>(*code);
    }

    std::vector<std::string>& problems_;
    Lesson lesson_;
    std::size_t at_ = 0;
};

bool is_chapter(const std::string& name) {
    return name.size() > 6 && name.ends_with(".md") && name[2] == '-' &&
           parse_digits(name.substr(0, 2), 99).has_value();
}

// Does the line fit the quoted one, in which `...` stands for any text?
bool line_fits(const std::string& quoted, const std::string& actual) {
    std::size_t from = 0, at = 0;
    bool first = true;
    for (;;) {
        const std::size_t dots = quoted.find(kElision, from);
        const std::string part =
            quoted.substr(from, dots == std::string::npos ? dots : dots - from);
        if (dots == std::string::npos && !first)
            return actual.size() >= at + part.size() && actual.ends_with(part);
        if (dots == std::string::npos) return actual == part;
        const std::size_t found = actual.find(part, at);
        if (found == std::string::npos || (first && found != 0)) return false;
        at = found + part.size();
        from = dots + 3;
        first = false;
    }
}

// Do the quoted lines from `quoted` on fit the actual ones from `at` on, each the next?
bool fits_from(const std::vector<std::string>& lines, std::size_t quoted,
               const std::vector<std::string>& actual, std::size_t at, std::size_t& deepest) {
    for (; quoted < lines.size(); ++quoted, ++at) {
        deepest = std::max(deepest, quoted);
        if (lines[quoted] == kElision) {
            for (std::size_t next = at; next <= actual.size(); ++next)
                if (fits_from(lines, quoted + 1, actual, next, deepest)) return true;
            return false;
        }
        if (at >= actual.size() || !line_fits(lines[quoted], actual[at])) return false;
    }
    return true;
}

}  // namespace

std::string lessons_root() {
    const char* const given = std::getenv("LOCKSTEP_LESSONS");
    std::string root =
        given != nullptr && *given != '\0' ? given : LOCKSTEP_SOURCE_DIR "/docs/learn";
    std::error_code error;
    return fs::is_directory(root, error) ? root : "";
}

Lesson read_lesson(const std::string& path, const std::string& text,
                   std::vector<std::string>& problems) {
    return LessonReader(path, text, problems).read();
}

LessonBook read_lessons(const std::string& root) {
    LessonBook book;
    book.root = root;
    std::error_code error;
    for (fs::directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
        const std::string path = at->path().string();
        if (!is_chapter(at->path().filename().string())) continue;
        std::string problem;
        const std::optional<std::string> text = read_text_file(path, problem);
        if (text)
            book.lessons.push_back(read_lesson(path, *text, book.problems));
        else
            book.problems.push_back(problem);
    }
    std::sort(book.lessons.begin(), book.lessons.end(),
              [](const Lesson& a, const Lesson& b) { return a.number < b.number; });
    for (std::size_t i = 1; i < book.lessons.size(); ++i)
        if (book.lessons[i].number == book.lessons[i - 1].number)
            book.problems.push_back(book.lessons[i].path + ":1: there are two chapters " +
                                    std::to_string(book.lessons[i].number));
    return book;
}

std::string quote_mismatch(const std::vector<std::string>& lines,
                           const std::vector<std::string>& actual) {
    std::vector<std::string> quoted, printed;
    for (const std::string& line : lines) quoted.push_back(trim_right(line));
    for (const std::string& line : actual) printed.push_back(trim_right(line));
    std::size_t deepest = 0;
    for (std::size_t at = 0; at <= printed.size(); ++at)
        if (fits_from(quoted, 0, printed, at, deepest)) return "";
    return "quoted line " + std::to_string(deepest + 1) + " is not there" +
           (deepest > 0 ? " (behind the lines before it)" : "") + ": " + quoted[deepest];
}

}  // namespace lockstep
