// A worker: a forked copy of this process that does one piece of work, sends messages back and
// ends. Whatever happens to it, the parent finds out and goes on.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

namespace lockstep {

// What the worker's side may do. Lives in the worker only.
class WorkerPort {
  public:
    explicit WorkerPort(int pipe, volatile std::uint64_t* mark) : pipe_(pipe), mark_(mark) {}
    void send(const std::string& message);
    // Remembered even if the worker dies in the next instant.
    void set_mark(std::uint64_t mark) { *mark_ = mark; }

  private:
    int pipe_;
    volatile std::uint64_t* mark_;
};

struct WorkerEnd {
    enum class How : std::uint8_t {
        returned,     // the work came to its end; `code` is its return value
        signalled,    // killed by signal `code`
        exited,       // left by exit code `code` in the middle of its work
        interrupted,  // we stopped it because we were asked to
    };
    How how = How::returned;
    int code = 0;
    std::uint64_t mark = 0;  // the last one set
};

struct WorkerTask {
    std::function<int(WorkerPort&)> work;              // runs in the worker; returns 0..63
    std::function<void(const std::string&)> received;  // called here for every message
    // If set and not zero: stop. The worker itself then ignores SIGINT.
    const volatile std::sig_atomic_t* interrupted = nullptr;
};

// Returns when the worker has ended. Throws EngineBug for a damaged message.
WorkerEnd run_worker(const WorkerTask& task);

}  // namespace lockstep
