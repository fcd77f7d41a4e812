// The only signal handler of the command itself.
#include "tools/interrupt.h"

#include <ctime>

namespace lockstep {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
// Those that follow at once are one: a terminal, `timeout` and a shell may each send theirs.
constexpr std::time_t kOneSeconds = 2;

volatile std::sig_atomic_t interrupt_came = 0;
volatile std::time_t came_at = 0;

std::time_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

void on_interrupt(int signal) {
    if (interrupt_came == 0) came_at = now();
    interrupt_came = 1;
    if (now() - came_at < kOneSeconds) return;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

}  // namespace

InterruptGuard::InterruptGuard() {
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    for (std::size_t i = 0; i < before_.size(); ++i) {
        sigaction(kSignals[i], &action, &before_[i]);
        // Whoever started us with `nohup` or in the background of a script meant it.
        if (before_[i].sa_handler == SIG_IGN) sigaction(kSignals[i], &before_[i], nullptr);
    }
}

InterruptGuard::~InterruptGuard() {
    for (std::size_t i = 0; i < before_.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

const volatile std::sig_atomic_t* InterruptGuard::asked() {
    return &interrupt_came;
}

void InterruptGuard::forget() {
    interrupt_came = 0;
}

}  // namespace lockstep
