// The C compiler that builds kernel ports: found once, asked for its version, run with the flags
// a port needs. Always gcc where there is one, whatever built this program, so that every build of
// it runs the same machine code.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lockstep {

struct Compiler {
    std::string command;       // "gcc"
    std::string version;       // first line of --version
    std::string include_path;  // its own headers (stdint.h ...), the only ones besides ours
    bool clang = false;
};

struct ProcessResult {
    int status = 0;      // exit code; 127 = could not be started, 128 + n = killed by signal n
    std::string output;  // standard output and error
};

// Runs a program found in PATH, in `directory`, and waits for it.
ProcessResult run_process(const std::vector<std::string>& command,
                          const std::filesystem::path& directory);

// `wanted` empty: gcc, else cc, else clang. Throws PortError if there is none.
Compiler find_compiler(const std::string& wanted);

// $LOCKSTEP_COMPILER_LAUNCHER, such as ccache: what is to run the compiler; or nothing. The same
// port is built again and again by the tests.
std::vector<std::string> compiler_launcher();

// Flags every port is compiled with, and those that make plain accesses visible.
std::vector<std::string> common_flags(const Compiler& compiler);
std::vector<std::string> instrumentation_flags(const Compiler& compiler);

// What a compiler said, from its first error on; without one, from the beginning.
std::string first_errors(const std::string& output, unsigned lines);

}  // namespace lockstep
