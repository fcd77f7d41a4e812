// Ctrl-C, SIGTERM and SIGHUP: ask a long command to end with what there is. Pressed again two
// seconds later, Ctrl-C ends the program.
#pragma once

#include <array>
#include <csignal>

namespace lockstep {

// Why something has no result of its own: a plan that was told is kept to all the same.
constexpr const char* kLeftOut = "left out: interrupted";

// Lives as long as the command that can end early.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    // Not zero once it was asked to. One for the whole process, as signals are.
    static const volatile std::sig_atomic_t* asked();
    static void forget();

  private:
    std::array<struct sigaction, 3> before_{};  // SIGINT, SIGTERM, SIGHUP
};

}  // namespace lockstep
