// The only signal handler of the command itself.
#include "tools/interrupt.h"

namespace lockstep {

namespace {

volatile std::sig_atomic_t interrupt_came = 0;

void on_interrupt(int) {
    interrupt_came = 1;
}

}  // namespace

InterruptGuard::InterruptGuard() {
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    // The constant is unsigned with some compilers and does not fit an int by itself.
    action.sa_flags |= static_cast<int>(unsigned{SA_RESETHAND});
    sigaction(SIGINT, &action, &before_);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &before_, nullptr);
}

const volatile std::sig_atomic_t* InterruptGuard::asked() {
    return &interrupt_came;
}

void InterruptGuard::forget() {
    interrupt_came = 0;
}

}  // namespace lockstep
