// Output to standard output and error, and files that are either whole or not there.
#include "tools/output.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lockstep {

namespace {

constexpr std::int64_t kProgressEveryMs = 100;

std::int64_t wall_ms() {
    // Only for how often the progress line is drawn; no decision of a run sees it.
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool dumb_terminal() {
    const char* term = std::getenv("TERM");
    return term == nullptr || std::strcmp(term, "dumb") == 0;
}

const char* colour_code(Colour colour) {
    switch (colour) {
        case Colour::bold:
            return "\033[1m";
        case Colour::dim:
            return "\033[2m";
        case Colour::red:
            return "\033[31m";
        case Colour::green:
            return "\033[32m";
        case Colour::yellow:
            return "\033[33m";
        case Colour::cyan:
            return "\033[36m";
        case Colour::none:
            break;
    }
    return "";
}

std::string write_all(int file, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        ssize_t n = ::write(file, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::strerror(errno);
        done += static_cast<std::size_t>(n);
    }
    if (::fsync(file) != 0 && errno != EINVAL) return std::strerror(errno);
    return "";
}

}  // namespace

Output::Output() {
    terminal_ = ::isatty(STDOUT_FILENO) == 1;
    const char* no_color = std::getenv("NO_COLOR");
    colour_ = terminal_ && !dumb_terminal() && (no_color == nullptr || *no_color == '\0');
    winsize size{};
    if (terminal_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width_ = std::clamp<unsigned>(size.ws_col, 60, 400);
}

void Output::write(std::string_view text) {
    if (failed_) return;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
        failed_ = true;
        error_ = errno;
    }
}

void Output::line(std::string_view text) {
    write(text);
    write("\n");
}

std::string Output::paint(Colour colour, std::string_view text) const {
    if (!colour_ || colour == Colour::none) return std::string(text);
    return colour_code(colour) + std::string(text) + "\033[0m";
}

int Output::finish(int code) {
    if (!failed_ && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)) {
        failed_ = true;
        error_ = errno;
    }
    if (!failed_) return code;
    if (error_ == EPIPE) return code;  // the reader had seen enough
    complain(std::string("cannot write to standard output: ") + std::strerror(error_));
    return kExitTryAgain;
}

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1 && !dumb_terminal()) {}

Progress::~Progress() {
    clear();
}

void Progress::show(const std::string& text) {
    if (!terminal_) return;
    std::int64_t now = wall_ms();
    if (now - last_ms_ < kProgressEveryMs) return;
    last_ms_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
}

void Progress::clear() {
    if (!shown_) return;
    shown_ = false;
    std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
}

void complain(const std::string& text) {
    std::fprintf(stderr, "lockstep: %s\n", text.c_str());
}

std::string write_file_safely(const std::string& path, const std::string& text) {
    // A rename would put a file in the place of a device or a pipe.
    struct stat there {};
    if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
        return path + ": there is something that is not a regular file";
    std::string temporary = path + ".XXXXXX";
    int file = ::mkstemp(temporary.data());
    if (file < 0) return path + ": " + std::strerror(errno);
    std::string problem = write_all(file, text);
    if (::fchmod(file, 0644) != 0 && problem.empty()) problem = std::strerror(errno);
    if (::close(file) != 0 && problem.empty()) problem = std::strerror(errno);
    if (problem.empty() && std::rename(temporary.c_str(), path.c_str()) != 0)
        problem = std::strerror(errno);
    if (problem.empty()) return "";
    ::unlink(temporary.c_str());
    return path + ": " + problem;
}

}  // namespace lockstep
