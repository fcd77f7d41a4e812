// Reports a broken invariant of our own and ends the process with exit code 70.
#include "sim/check.h"

#include <unistd.h>

#include <cstdio>

namespace lockstep {

void check_failed(const char* expression, const char* file, int line, const char* message) {
    std::fprintf(stderr, "lockstep: bug in Lockstep itself: %s:%d: %s%s%s\n", file, line,
                 expression, message != nullptr ? ": " : "", message != nullptr ? message : "");
    std::fflush(stderr);
    _exit(70);
}

}  // namespace lockstep
