// Lesson shell: runs the commands of a chapter as a reader would, each in /bin/sh, with this very
// binary as `lockstep` and `./tools/lockstep`, in a folder of its own that is gone afterwards.
#pragma once

#include <string>
#include <vector>

#include "tools/lesson.h"

namespace lockstep {

struct CommandRun {
    int exit_code = -1;  // 128 + signal if a signal ended it
    std::string output;  // standard output and error, as they came
};

class LessonShell {
  public:
    // Throws TryAgain if there can be no folder.
    LessonShell();
    ~LessonShell();
    LessonShell(const LessonShell&) = delete;
    LessonShell& operator=(const LessonShell&) = delete;

    CommandRun run(const std::string& line) const;
    // The files the commands have written, by name; links to the project are not among them.
    std::vector<std::string> written() const;
    std::string path_of(const std::string& name) const { return folder_ + "/" + name; }

  private:
    std::string folder_;
};

// What is wrong with the run, or an empty string.
std::string check_command(const LessonCommand& command, const CommandRun& run);
// The name of a kernel port in the command that is not there, or an empty string.
std::string missing_port(const std::string& line);

}  // namespace lockstep
