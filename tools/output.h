// Output: standard output with colour on request, and the promise that a full disk is noticed.
// Progress goes to standard error and only to a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep {

// Exit codes of the command (sysexits.h where it has a word for it).
enum ExitCode : int {
    kExitAsExpected = 0,
    kExitNotAsExpected = 1,
    kExitAllSkipped = 4,
    kExitUsage = 64,  // usage or bad input
    kExitOurBug = 70,
    kExitTryAgain = 75,  // disk full, no such folder, a search that is not complete ...
};

enum class Colour : std::uint8_t { none, bold, dim, red, green, yellow, cyan };

class Output {
  public:
    Output();
    void write(std::string_view text);
    void line(std::string_view text);
    // `text` in that colour if standard output is a terminal and NO_COLOR is not set.
    std::string paint(Colour colour, std::string_view text) const;
    bool terminal() const { return terminal_; }
    unsigned width() const { return width_; }  // columns of the terminal; 100 in a pipe
    // Flushes; `code`, or kExitTryAgain with a message when something could not be written.
    int finish(int code);

  private:
    bool terminal_ = false;
    bool colour_ = false;
    unsigned width_ = 100;
    bool failed_ = false;
    int error_ = 0;
};

// One line on a terminal's standard error that is overwritten in place; silent otherwise.
class Progress {
  public:
    Progress();
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(const std::string& text);
    void clear();

  private:
    bool terminal_ = false;
    bool shown_ = false;
    std::int64_t last_ms_ = 0;
};

// A message of the program itself, to standard error: "lockstep: <text>".
void complain(const std::string& text);

// Writes to a temporary name, fsyncs and renames. Returns what went wrong, or an empty string.
std::string write_file_safely(const std::string& path, const std::string& text);

}  // namespace lockstep
