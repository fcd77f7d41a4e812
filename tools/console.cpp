// The loop around standard input.
#include "tools/console.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tools/interrupt.h"

namespace lockstep {

namespace {

constexpr std::size_t kTypedMax = 4096;

// One line without its end; nothing at the end of the input. What does not print becomes `?`.
std::optional<std::string> read_typed() {
    std::string line;
    int next = 0;
    while ((next = std::getchar()) != EOF && next != '\n') {
        if (next == '\r') continue;
        if (line.size() > kTypedMax) continue;
        const bool prints = next == '\t' || (next >= ' ' && next < 0x7f);
        line += prints ? static_cast<char>(next) : '?';
    }
    if (next == EOF && line.empty()) return std::nullopt;
    return line;
}

std::string trimmed(const std::string& line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) return "";
    return line.substr(begin, line.find_last_not_of(" \t") - begin + 1);
}

void print_console_json(Output& output, const std::string& command, const Answer& answer) {
    const nlohmann::ordered_json json = {
        {"command", command}, {"refused", answer.refused}, {"lines", answer.lines}};
    output.line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_answer(const ConsoleOptions& options, Output& output, const std::string& command,
                  const Answer& answer) {
    if (options.json) return print_console_json(output, command, answer);
    for (const std::string& line : answer.lines) output.line(line);
}

}  // namespace

Answer refuse(const std::string& why) {
    Answer answer;
    answer.lines = {why};
    answer.refused = true;
    return answer;
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

std::string rest_of(const std::vector<std::string>& words, std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < words.size(); ++i) text += (i == first ? "" : " ") + words[i];
    return text;
}

void print_json_answer(Output& output, const std::string& command,
                       const std::vector<std::string>& lines) {
    Answer answer;
    answer.lines = lines;
    print_console_json(output, command, answer);
}

int converse(const ConsoleOptions& options, Output& output,
             const std::function<Answer(const std::string&)>& answer) {
    const bool person = isatty(STDIN_FILENO) == 1;
    bool refused = false;
    std::string last;
    InterruptGuard guard;
    while (*InterruptGuard::asked() == 0) {
        if (person && !options.json) {
            output.write(options.prompt);
            std::fflush(stdout);
        }
        const std::optional<std::string> typed = read_typed();
        if (!typed) break;
        std::string command = trimmed(*typed);
        if (command.starts_with("#")) continue;
        if (command.empty()) command = last;
        if (command.empty()) continue;
        const Answer given =
            typed->size() > kTypedMax
                ? refuse("a line is at most " + std::to_string(kTypedMax) + " characters long")
                : answer(command);
        if (!given.refused) last = command;
        refused = refused || given.refused;
        if (!person && !options.json) output.line(options.prompt + command.substr(0, 200));
        print_answer(options, output, command.substr(0, 200), given);
        if (given.quit) break;
    }
    return refused && !person ? kExitUsage : kExitAsExpected;
}

}  // namespace lockstep
