// Running the commands of chapters.
#include "tools/lesson_shell.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "lock/port.h"
#include "scenarios/text_lines.h"
#include "tools/commands.h"
#include "tools/console.h"
#include "tools/library.h"

namespace lockstep {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kOutputMax = 16 << 20;

// Becomes /bin/sh; only calls that are safe behind fork.
[[noreturn]] void become_shell(const std::string& folder, const char* line, int out) {
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in < 0 || chdir(folder.c_str()) != 0) _exit(127);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", line, static_cast<char*>(nullptr));
    _exit(127);
}

std::string read_all(int end) {
    std::string text;
    std::array<char, 65536> bytes{};
    for (;;) {
        const ssize_t count = read(end, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return text;
        if (text.size() < kOutputMax) text.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

LessonShell::LessonShell() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "lockstep-learn-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw TryAgain("cannot make a folder " + pattern + ": " + std::strerror(errno));
    folder_ = pattern;
    fs::create_directory(folder_ + "/tools", error);
    fs::create_symlink(fs::read_symlink("/proc/self/exe", error), folder_ + "/tools/lockstep",
                       error);
    const std::string scenarios = library_root();
    if (!scenarios.empty())
        fs::create_symlink(fs::absolute(scenarios), folder_ + "/scenarios", error);
    if (error) throw TryAgain("cannot prepare " + folder_ + ": " + error.message());
}

LessonShell::~LessonShell() {
    std::error_code error;
    fs::remove_all(folder_, error);
}

CommandRun LessonShell::run(const std::string& line) const {
    // Scenarios are found through the link, however the reader's own setting is written.
    const std::string whole =
        "PATH=\"$PWD/tools:$PATH\" XDG_STATE_HOME=\"$PWD/tools/state\" NO_COLOR=1 "
        "LOCKSTEP_SCENARIOS=\"$PWD/scenarios\"\n"
        "export PATH XDG_STATE_HOME NO_COLOR LOCKSTEP_SCENARIOS\n" +
        line;
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0)
        throw TryAgain(std::string("no pipe: ") + std::strerror(errno));
    const pid_t child = fork();
    if (child < 0) throw TryAgain(std::string("cannot start a shell: ") + std::strerror(errno));
    if (child == 0) become_shell(folder_, whole.c_str(), pipe_ends[1]);
    close(pipe_ends[1]);
    CommandRun run;
    run.output = read_all(pipe_ends[0]);
    close(pipe_ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return run;
}

std::vector<std::string> LessonShell::written() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error))
        if (entry.is_regular_file(error)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string check_command(const LessonCommand& command, const CommandRun& run) {
    if (run.exit_code != command.exit_code) {
        const std::vector<std::string> lines = split_lines(run.output);
        return "exit code " + std::to_string(run.exit_code) + ", expected " +
               std::to_string(command.exit_code) + (lines.empty() ? "" : ": " + lines.back());
    }
    for (const LessonQuote& quote : command.quotes) {
        const std::string mismatch = quote_mismatch(quote.lines, split_lines(run.output));
        if (!mismatch.empty())
            return "the output quoted at line " + std::to_string(quote.line) + ": " + mismatch;
    }
    return "";
}

std::string missing_port(const std::string& line) {
    const std::vector<Port> ports = list_ports();
    for (const std::string& word : words_of(line)) {
        if (!word.starts_with("linux/")) continue;
        const bool there = std::any_of(ports.begin(), ports.end(), [&](const Port& port) {
            return port.name == word || port.alias == word;
        });
        if (!there) return word;
    }
    return "";
}

}  // namespace lockstep
