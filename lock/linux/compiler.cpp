// Starting the compiler and reading what it says.
#include "lock/linux/compiler.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "lock/port.h"

extern char** environ;

namespace lockstep {

namespace {

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// Reads until the writing end is closed everywhere.
std::string drain(int descriptor) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t got = read(descriptor, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command,
                          const std::filesystem::path& directory) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {127, "no pipe can be made"};
    std::vector<char*> arguments;
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    // Messages in one language, whatever the user's is: parts of them are shown and compared.
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (std::string(*entry).compare(0, 3, "LC_") != 0) environment.push_back(*entry);
    std::string locale = "LC_ALL=C";
    environment.push_back(locale.data());
    environment.push_back(nullptr);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    ProcessResult result;
    if (error != 0) {
        result.status = 127;
    } else {
        result.output = drain(ends[0]);
        result.status = wait_for(child);
    }
    close(ends[0]);
    return result;
}

Compiler find_compiler(const std::string& wanted) {
    const std::vector<std::string> candidates = wanted.empty()
                                                    ? std::vector<std::string>{"gcc", "cc", "clang"}
                                                    : std::vector<std::string>{wanted};
    for (const std::string& command : candidates) {
        const ProcessResult version = run_process({command, "--version"}, "/");
        if (version.status != 0) continue;
        Compiler compiler;
        compiler.command = command;
        compiler.version = first_line(version.output);
        compiler.clang = version.output.find("clang") != std::string::npos;
        const ProcessResult path = compiler.clang
                                       ? run_process({command, "-print-resource-dir"}, "/")
                                       : run_process({command, "-print-file-name=include"}, "/");
        if (path.status != 0) continue;
        compiler.include_path = first_line(path.output) + (compiler.clang ? "/include" : "");
        return compiler;
    }
    throw PortError{
        wanted.empty() ? std::string("no C compiler was found to build the kernel's file")
                       : "the C compiler `" + wanted + "` cannot be run",
        "install gcc (Debian: apt-get install gcc); the built-in ports work without it"};
}

std::vector<std::string> common_flags(const Compiler& compiler) {
    std::vector<std::string> flags = {
        "-std=gnu11", "-O2", "-g", "-fPIC", "-fvisibility=hidden", "-nostdinc", "-ffreestanding",
        // What the kernel itself is built with and its code relies on.
        "-fno-strict-aliasing", "-fno-common", "-fshort-wchar", "-funsigned-char",
        "-fno-delete-null-pointer-checks", "-fno-strict-overflow",
        // Frames as the instrumentation and a reader of a backtrace expect them.
        "-fno-optimize-sibling-calls", "-fno-omit-frame-pointer", "-fno-stack-protector",
        "-Wno-misleading-indentation", "-Wno-pointer-sign", "-Werror=implicit-function-declaration",
        "-isystem", compiler.include_path};
    if (!compiler.clang) flags.push_back("-fno-allow-store-data-races");
    return flags;
}

std::vector<std::string> compiler_launcher() {
    const char* const launcher = std::getenv("LOCKSTEP_COMPILER_LAUNCHER");
    if (launcher == nullptr || *launcher == '\0') return {};
    return {launcher};
}

std::vector<std::string> instrumentation_flags(const Compiler& compiler) {
    if (compiler.clang)
        return {"-fsanitize=thread", "-mllvm", "-tsan-distinguish-volatile", "-mllvm",
                "-tsan-instrument-read-before-write"};
    return {"-fsanitize=thread", "--param", "tsan-distinguish-volatile=1", "-Wno-tsan"};
}

std::string first_errors(const std::string& output, unsigned lines) {
    const std::size_t error = std::min(output.find("error:"), output.size());
    const std::size_t before = error == output.size() ? 0 : output.rfind('\n', error) + 1;
    std::istringstream stream(output.substr(before));
    std::string shown;
    unsigned count = 0;
    for (std::string line; count < lines && std::getline(stream, line); ++count)
        shown += (count == 0 ? "" : "\n") + line;
    return shown;
}

}  // namespace lockstep
