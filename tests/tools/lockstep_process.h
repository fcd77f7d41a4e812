// Runs the lockstep binary as a user would: in a folder of its own, with a home and a state folder
// that start empty, but with the user's cache, so that registered kernel ports are there.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace lockstep {

struct Ran {
    int code = -1;  // 128 + signal if a signal ended it
    std::string out, err;
};

struct HowToRun {
    std::string folder;                    // to start in; empty: the sandbox's own
    std::vector<std::string> environment;  // "NAME=value", on top of the sandbox's
    std::string out_to;                    // a device for standard output; empty: captured
    bool terminal = false;                 // standard output is a terminal
    std::string interrupt_at;              // SIGINT once standard output holds this text
};

// One child with its two ends that are read here.
class ChildProcess {
  public:
    ChildProcess(const std::vector<std::string>& words, const HowToRun& how) {
        std::array<int, 2> out{}, err{};
        const bool opened = how.terminal ? openpty(&out[0], &out[1], nullptr, nullptr, nullptr) == 0
                                         : pipe2(out.data(), O_CLOEXEC) == 0;
        if (!opened || pipe2(err.data(), O_CLOEXEC) != 0) std::abort();
        child_ = fork();
        if (child_ == 0) become(words, how, out[1], err[1]);
        setpgid(child_, child_);
        close(out[1]);
        close(err[1]);
        ends_ = {pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        for (const pollfd& end : ends_)
            if (end.fd >= 0) close(end.fd);
    }

    Ran wait(const HowToRun& how) {
        Ran ran;
        bool interrupted = how.interrupt_at.empty();
        while (ends_[0].fd >= 0 || ends_[1].fd >= 0) {
            if (poll(ends_.data(), ends_.size(), -1) < 0) break;
            read_some(ends_[0], ran.out);
            read_some(ends_[1], ran.err);
            if (!interrupted && ran.out.find(how.interrupt_at) != std::string::npos) {
                usleep(1'000'000);  // the text comes before the first execution; let some be made
                kill(-child_, SIGINT);  // as a terminal does: to the program and its workers
                interrupted = true;
            }
        }
        int status = 0;
        waitpid(child_, &status, 0);
        ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return ran;
    }

  private:
    [[noreturn]] static void become(const std::vector<std::string>& words, const HowToRun& how,
                                    int out, int err) {
        setpgid(0, 0);
        if (!how.out_to.empty()) out = open(how.out_to.c_str(), O_WRONLY | O_CLOEXEC);
        const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (chdir(how.folder.c_str()) != 0 || out < 0 || in < 0) _exit(127);
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        for (const std::string& setting : how.environment) {
            const std::size_t equals = setting.find('=');
            setenv(setting.substr(0, equals).c_str(), setting.c_str() + equals + 1, 1);
        }
        std::vector<char*> arguments;
        for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        execv(arguments[0], arguments.data());
        _exit(127);
    }

    // A closed terminal ends in an error where a pipe ends in nothing to read.
    static void read_some(pollfd& end, std::string& text) {
        if (end.fd < 0 || end.revents == 0) return;
        std::array<char, 65536> bytes{};
        const ssize_t count = read(end.fd, bytes.data(), bytes.size());
        if (count > 0) {
            text.append(bytes.data(), static_cast<std::size_t>(count));
            return;
        }
        close(end.fd);
        end.fd = -1;
    }

    pid_t child_ = -1;
    std::array<pollfd, 2> ends_{};
};

class Sandbox {
  public:
    Sandbox() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "lockstep-cli-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
        for (const char* folder : {"home", "work", "elsewhere"})
            std::filesystem::create_directory(path_ / folder);
    }
    ~Sandbox() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    // Runs `lockstep <words>`.
    Ran run(const std::vector<std::string>& words, HowToRun how = {}) const {
        std::vector<std::string> all = {LOCKSTEP_BINARY};
        all.insert(all.end(), words.begin(), words.end());
        return run_program(all, std::move(how));
    }

    // Runs a line of shell in which `lockstep` means the binary under test.
    Ran shell(const std::string& line, HowToRun how = {}) const {
        const std::string setup = "lockstep() { \"" LOCKSTEP_BINARY "\" \"$@\"; }; ";
        return run_program({"/bin/sh", "-c", setup + line}, std::move(how));
    }

    std::filesystem::path path(const std::string& name) const { return path_ / name; }
    // Writes `text` to a file of the working folder; returns its path.
    std::string write(const std::string& name, const std::string& text) const {
        const std::filesystem::path path = path_ / "work" / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    static std::string read(const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    // Every file below the sandbox, relative to it.
    std::vector<std::string> files() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
            if (entry.is_regular_file())
                found.push_back(entry.path().lexically_relative(path_).string());
        return found;
    }
    // The user's cache folder, as the binary sees it.
    static std::filesystem::path cache() {
        const char* const given = std::getenv("XDG_CACHE_HOME");
        if (given != nullptr && given[0] == '/') return given;
        const char* const home = std::getenv("HOME");
        return std::filesystem::path(home == nullptr ? "/" : home) / ".cache";
    }

  private:
    Ran run_program(const std::vector<std::string>& words, HowToRun how) const {
        if (how.folder.empty()) how.folder = (path_ / "work").string();
        std::vector<std::string> all = {
            "XDG_CACHE_HOME=" + cache().string(), "HOME=" + (path_ / "home").string(),
            "XDG_STATE_HOME=" + (path_ / "state").string(), "LOCKSTEP_SCENARIOS=", "TERM=xterm"};
        all.insert(all.end(), how.environment.begin(), how.environment.end());
        how.environment = std::move(all);
        return ChildProcess(words, how).wait(how);
    }

    std::filesystem::path path_;
};

// Parts of `text` between line ends.
inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', begin)) {
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    if (begin < text.size()) lines.push_back(text.substr(begin));
    return lines;
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The first line with `part` in it; empty if none has.
inline std::string line_with(const std::string& text, const std::string& part) {
    for (const std::string& line : lines_of(text))
        if (has(line, part)) return line;
    return "";
}

// Refused as bad input, with nothing on the standard output and `why` in the message.
inline void expect_refused(const Ran& ran, const std::string& why) {
    EXPECT_EQ(ran.code, 64) << ran.out << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(has(ran.err, why)) << "expected `" << why << "` in: " << ran.err;
}

}  // namespace lockstep
