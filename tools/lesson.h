// Lesson: a chapter of docs/learn as data: its words, its commands with the output quoted below
// each, and what it quotes from files. The text is Markdown for people; what is checked is:
//
//     # 5. Pending                     number and title, the first line
//     > One line for the list.         the first quotation
//     ```sh                            commands, one a line, `\` goes on; `# exit code 1` behind
//     one
//     ```text                          what the last command prints; `...` leaves out
//     ```cpp lock/tas.cpp              lines of a file; also yaml
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep {

struct LessonQuote {
    unsigned line = 0;      // of the first quoted line in the chapter
    std::string from_file;  // relative to the project; empty: from the command before
    std::vector<std::string> lines;
};

struct LessonCommand {
    unsigned line = 0;
    std::string text;  // as for a shell
    int exit_code = 0;
    std::vector<LessonQuote> quotes;
};

struct Lesson {
    unsigned number = 0;
    std::string title, summary, path;
    std::vector<std::string> text;  // the lines of the file
    std::vector<LessonCommand> commands;
    std::vector<LessonQuote> file_quotes;
};

struct LessonBook {
    std::string root;
    std::vector<Lesson> lessons;        // by number
    std::vector<std::string> problems;  // "path:line: what is wrong"
};

// docs/learn of the source tree, or $LOCKSTEP_LESSONS; empty if there is none.
std::string lessons_root();
// One chapter. Problems are added to `problems`; what could be read is returned.
Lesson read_lesson(const std::string& path, const std::string& text,
                   std::vector<std::string>& problems);
// Every NN-*.md of the folder.
LessonBook read_lessons(const std::string& root);

// Why `lines` is not a quotation of `actual`, or an empty string. A quoted line `...` stands for
// any number of lines, `...` inside a line for any text; blanks at the end of a line do not count.
std::string quote_mismatch(const std::vector<std::string>& lines,
                           const std::vector<std::string>& actual);

}  // namespace lockstep
