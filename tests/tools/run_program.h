// Runs the lockstep binary (or any shell line) and keeps what it printed.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lockstep {

struct ProgramRun {
    int code = -1;
    std::string out, err;
};

// A folder of this test's own, empty at first and gone afterwards.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "lockstep-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~ScratchFolder() { std::filesystem::remove_all(path_); }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    const std::string& path() const { return path_; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ + "/" + name, std::ios::binary) << text;
        return path_ + "/" + name;
    }

  private:
    std::string path_;
};

inline std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// `line` is what a person would type after `lockstep `, run in a folder of its own whose state
// folder is `state` (so that no repro file of a test ends up in the user's).
inline ProgramRun run_lockstep(const std::string& line, const std::string& state = "",
                               const std::string& folder = "/") {
    ScratchFolder scratch;
    std::string home = state.empty() ? scratch.path() : state;
    std::string command = "cd '" + folder + "' && XDG_STATE_HOME='" + home +
                          "' '" LOCKSTEP_BINARY "' " + line + " >'" + scratch.path() + "/out' 2>'" +
                          scratch.path() + "/err' </dev/null";
    int status = std::system(command.c_str());
    ProgramRun run;
    run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    run.out = read_whole(scratch.path() + "/out");
    run.err = read_whole(scratch.path() + "/err");
    return run;
}

}  // namespace lockstep
