// lockstep replay --gdb: this process becomes gdb, which starts the replay and stops it where an
// oracle speaks. tools/gdb/lockstep.py has the commands that know about simulated CPUs.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/commands.h"

namespace lockstep {

namespace {

void add_what(std::vector<std::string>& words, const ReplayArguments& arguments) {
    words.push_back(arguments.what);
    if (!arguments.scenario.empty()) words.insert(words.end(), {"--scenario", arguments.scenario});
    if (!arguments.port.empty()) words.insert(words.end(), {"--port", arguments.port});
    for (const std::string& oracle : arguments.oracles)
        words.insert(words.end(), {"--oracle", oracle});
}

}  // namespace

int replay_in_gdb(const ReplayArguments& arguments) {
#if !defined(__x86_64__)
    throw UsageError("--gdb knows the stacks of x86-64 only");
#endif
    if (arguments.json) throw UsageError("--gdb has no --json");
    std::error_code error;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
    if (error) throw TryAgain("/proc/self/exe: " + error.message());
    const std::string script = LOCKSTEP_SOURCE_DIR "/tools/gdb/lockstep.py";
    if (!std::filesystem::exists(script, error)) throw TryAgain(script + " is not there");
    // What `lockstep-state` asks for the state of the lock.
    std::vector<std::string> step = {self, "step"};
    add_what(step, arguments);
    std::string lines;
    for (const std::string& word : step) lines += (lines.empty() ? "" : "\n") + word;
    setenv("LOCKSTEP_GDB_STEP", lines.c_str(), 1);
    std::vector<std::string> words = {"gdb",
                                      "-q",
                                      "-nx",
                                      "-ex",
                                      "set confirm off",
                                      "-ex",
                                      "set pagination off",
                                      "-ex",
                                      "source " + script,
                                      "-ex",
                                      "lockstep-stop",
                                      "--args",
                                      self,
                                      "replay"};
    add_what(words, arguments);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    execvp("gdb", pointers.data());
    throw TryAgain(std::string("cannot start gdb: ") + std::strerror(errno));
}

}  // namespace lockstep
