// Ctrl-C: asks a long command to end with what there is; a second one ends the program.
#pragma once

#include <csignal>

namespace lockstep {

// Lives as long as the command that can end early.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    // Not zero once Ctrl-C was pressed. One for the whole process, as signals are.
    static const volatile std::sig_atomic_t* asked();
    static void forget();

  private:
    struct sigaction before_ {};
};

}  // namespace lockstep
