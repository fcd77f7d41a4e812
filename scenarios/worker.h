// A worker: a forked copy of this process that does one piece of work, sends messages back and
// ends. Whatever happens to it, the parent finds out and goes on.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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
    std::function<void(const WorkerEnd&)> ended;  // called here; may start another; or none
};

// Returns when the worker has ended. Throws EngineBug for a damaged message.
WorkerEnd run_worker(const WorkerTask& task);

// Several workers at a time. Whatever ends this object ends them too.
class WorkerGroup {
  public:
    WorkerGroup();
    ~WorkerGroup();
    WorkerGroup(const WorkerGroup&) = delete;
    WorkerGroup& operator=(const WorkerGroup&) = delete;

    void start(WorkerTask task);
    // Calls `received` and `ended` of all tasks here, one after the other, until no worker is left.
    // Throws EngineBug for a damaged message. `tick`, if given, is called a few times a second.
    void run(const std::function<void()>& tick = nullptr);
    // From within a callback: no further message is passed on, every worker is told to be gone.
    void stop();

  private:
    struct Running;
    void listen(Running& worker);
    void finish(std::size_t index);
    bool asked_to_stop() const;

    std::vector<std::unique_ptr<Running>> workers_;
    bool stopped_ = false;
};

// In a child: what would end the parent early goes to the whole group, and the parent decides.
void leave_signals_to_parent();

}  // namespace lockstep
