// Signal handlers on a stack of their own. A handler does not unwind anything: it lets the
// interrupted fiber continue in crash_landing(), which ends the execution as BUG() does. That is
// ordinary code on an ordinary stack, so nothing in it has to be safe for signals.
#include "scenarios/crash_guard.h"

#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "sim/arena.h"
#include "sim/check.h"
#include "sim/kernel.h"

#ifdef LOCKSTEP_SANITIZE
#include <sanitizer/asan_interface.h>
#endif

namespace lockstep {

namespace {

constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t kStackBytes = std::size_t{256} << 10;
constexpr unsigned kTicksPerWatchdog = 2;
constexpr int kOurBug = 70;

alignas(64) std::byte signal_stack[kStackBytes];

struct Watch {
    volatile std::sig_atomic_t executing = 0;
    volatile std::sig_atomic_t crashed = 0;
    const char* volatile what = nullptr;
    std::uint64_t serial = 0;  // of executions, so that two short ones do not look like none
    std::uint64_t seen_serial = 0;
    std::uint64_t seen_steps = 0;
    unsigned idle_ticks = 0;
};
Watch watch;
CrashGuard* active = nullptr;
constexpr char kRunaway[] = "runaway loop: the code under test runs on without an access";

sim_site crash_site = {"", "", "", 0, 0, 0, 0};

[[noreturn]] void crash_landing() {
    crash_site.expression = watch.what;
    sim_bug(&crash_site);
}

// No raw addresses: the sentence must be the same in every process.
const char* describe(int signal, const siginfo_t* info) {
    const auto address = reinterpret_cast<std::uint64_t>(info->si_addr);
    switch (signal) {
        case SIGSEGV:
        case SIGBUS:
            if (arena::is_guard(address)) return "stack overflow in the code under test";
            if (address < 4096) return "memory fault in the code under test: a NULL pointer";
            return "memory fault in the code under test";
        case SIGILL:
            return "illegal instruction in the code under test";
        case SIGFPE:
            return "arithmetic fault in the code under test";
        default:
            return "the code under test aborted";
    }
}

[[noreturn]] void give_up() {
    constexpr char kText[] =
        "lockstep: bug in Lockstep itself: a crash outside the code under test\n";
    (void)!write(STDERR_FILENO, kText, sizeof(kText) - 1);
    _exit(kOurBug);
}

// The stack of the fiber that was interrupted; an overflow may have left it for the guard page.
arena::StackRange stack_around(std::uint64_t pointer) {
    for (TaskId task = 0; task < kTasksMax; ++task) {
        const arena::StackRange range = arena::stack_of(task);
        const auto bottom = reinterpret_cast<std::uint64_t>(range.bottom);
        if (pointer >= bottom - arena::kGuardSize &&
            pointer <= reinterpret_cast<std::uint64_t>(range.top))
            return range;
    }
    return {nullptr, nullptr};
}

// Makes the interrupted fiber go on in crash_landing(), from the top of its own stack: nothing
// that lies there will be returned to. A crash of ours, while landing or off the fibers, is our
// own bug.
void redirect(const char* what, void* context) {
    if (watch.crashed != 0) give_up();
    watch.crashed = 1;
    watch.what = what;
#if defined(__x86_64__)
    greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const arena::StackRange stack = stack_around(static_cast<std::uint64_t>(registers[REG_RSP]));
    if (stack.top == nullptr) give_up();
#ifdef LOCKSTEP_SANITIZE
    ASAN_UNPOISON_MEMORY_REGION(stack.bottom, static_cast<std::size_t>(stack.top - stack.bottom));
#endif
    // As if called: the stack pointer is 8 below a multiple of 16.
    const std::uint64_t top = reinterpret_cast<std::uint64_t>(stack.top) / 16 * 16 - 64;
    registers[REG_RSP] = static_cast<greg_t>(top - 8);
    registers[REG_RIP] = reinterpret_cast<greg_t>(&crash_landing);
#else
    (void)context;
    give_up();
#endif
}

void on_fault(int signal, siginfo_t* info, void* context) {
    if (watch.executing == 0) {
        // Not in simulated code: this process is broken. Die of the same signal on return.
        struct sigaction fallback = {};
        fallback.sa_handler = SIG_DFL;
        sigaction(signal, &fallback, nullptr);
        if (info->si_code <= 0) raise(signal);
        return;
    }
    redirect(describe(signal, info), context);
}

void on_tick(int, siginfo_t*, void* context) {
    if (watch.executing == 0) return;
    const std::uint64_t steps = Machine::instance().steps();
    if (watch.seen_serial != watch.serial || watch.seen_steps != steps) {
        watch.seen_serial = watch.serial;
        watch.seen_steps = steps;
        watch.idle_ticks = 0;
        return;
    }
    if (++watch.idle_ticks >= kTicksPerWatchdog) redirect(kRunaway, context);
}

void set_timer(unsigned interval_ms) {
    itimerval timer = {};
    timer.it_interval.tv_sec = interval_ms / 1000;
    timer.it_interval.tv_usec = static_cast<suseconds_t>(interval_ms % 1000) * 1000;
    timer.it_value = timer.it_interval;
    SIM_CHECK(setitimer(ITIMER_VIRTUAL, &timer, nullptr) == 0);
}

}  // namespace

CrashGuard::CrashGuard(unsigned watchdog_ms) {
    SIM_CHECK_MSG(active == nullptr, "one CrashGuard at a time");
    active = this;
    stack_t stack = {};
    stack.ss_sp = signal_stack;
    stack.ss_size = kStackBytes;
    SIM_CHECK(sigaltstack(&stack, nullptr) == 0);
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = on_fault;
    for (const int signal : kFaults) SIM_CHECK(sigaction(signal, &action, nullptr) == 0);
    action.sa_sigaction = on_tick;
    action.sa_flags |= SA_RESTART;
    SIM_CHECK(sigaction(SIGVTALRM, &action, nullptr) == 0);
    if (watchdog_ms > 0) set_timer(watchdog_ms / kTicksPerWatchdog + 1);
}

CrashGuard::~CrashGuard() {
    set_timer(0);
    struct sigaction fallback = {};
    fallback.sa_handler = SIG_DFL;
    for (const int signal : kFaults) sigaction(signal, &fallback, nullptr);
    fallback.sa_handler = SIG_IGN;
    sigaction(SIGVTALRM, &fallback, nullptr);
    stack_t stack = {};
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, nullptr);
    active = nullptr;
}

ExecutionResult CrashGuard::run(Machine& machine, std::uint64_t seed, bool comparable) {
    // A run that might be paused begins with clear stacks; this step is never reached.
    return run_until(machine, seed, comparable ? Machine::kNoPause - 1 : Machine::kNoPause);
}

ExecutionResult CrashGuard::run_until(Machine& machine, std::uint64_t seed, std::uint64_t step) {
    watch.crashed = 0;
    ++watch.serial;
    watch.executing = 1;
    ExecutionResult result = machine.run_until(seed, step);
    watch.executing = 0;
    return result;
}

void CrashGuard::during(const std::function<void()>& work) {
    recover();
    watch.executing = 1;
    work();
    watch.executing = 0;
}

void CrashGuard::moved() {
    ++watch.serial;
}

void CrashGuard::recover() {
    watch.crashed = 0;
}

std::string CrashGuard::crash() const {
    return watch.crashed != 0 ? watch.what : "";
}

bool CrashGuard::runaway() const {
    return watch.crashed != 0 && watch.what == kRunaway;
}

}  // namespace lockstep
