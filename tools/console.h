// Console: reads commands line by line and prints the answers, for people and for pipes. To a pipe
// each command is printed before its answer, so that the output reads as a transcript.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/output.h"

namespace lockstep {

struct Answer {
    std::vector<std::string> lines;
    bool refused = false;  // the command was bad
    bool quit = false;
};
Answer refuse(const std::string& why);

// What was typed, in words.
std::vector<std::string> words_of(const std::string& line);
// The words from `first` on, joined by spaces.
std::string rest_of(const std::vector<std::string>& words, std::size_t first);

struct ConsoleOptions {
    std::string prompt;  // "(step) "
    bool json = false;   // one JSON document per command and line
};

// An answer to nothing that was typed, as one JSON document in a line.
void print_json_answer(Output& output, const std::string& command,
                       const std::vector<std::string>& lines);

// Until `quit`, the end of the input or Ctrl-C. An empty line repeats the last command; what
// begins with `#` is a comment. Returns 64 if standard input is no terminal and a command was
// refused, otherwise 0.
int converse(const ConsoleOptions& options, Output& output,
             const std::function<Answer(const std::string&)>& answer);

}  // namespace lockstep
