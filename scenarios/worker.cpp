// Fork, a pipe for messages, a shared page for the mark. A message is a magic number, a length,
// a checksum and the bytes: a worker that went wild cannot pass garbage for a result.
#include "scenarios/worker.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scenarios/runner.h"
#include "sim/check.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMessageMagic = 0x6c6f636b73746570ULL;
constexpr std::uint64_t kMessageMax = std::uint64_t{1} << 30;
constexpr int kReturned = 100;  // exit codes from here on are return values of the work
constexpr int kBroken = 70;
constexpr int kPollMs = 200;

struct Header {
    std::uint64_t magic;
    std::uint64_t length;
    std::uint64_t checksum;
};

void write_all(int file, const void* bytes, std::size_t length) {
    const char* at = static_cast<const char*>(bytes);
    while (length > 0) {
        const ssize_t written = write(file, at, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) _exit(kBroken);  // the parent is gone
        at += written;
        length -= static_cast<std::size_t>(written);
    }
}

// Cuts whole messages off the front of what has been read so far.
class Assembler {
  public:
    void feed(const char* bytes, std::size_t length) { buffer_.append(bytes, length); }
    bool next(std::string& message) {
        Header header;
        if (buffer_.size() < sizeof(header)) return false;
        std::memcpy(&header, buffer_.data(), sizeof(header));
        if (header.magic != kMessageMagic || header.length > kMessageMax)
            throw EngineBug("a worker sent something that is not a message");
        if (buffer_.size() - sizeof(header) < header.length) return false;
        message.assign(buffer_, sizeof(header), header.length);
        buffer_.erase(0, sizeof(header) + header.length);
        if (XXH64(message.data(), message.size(), 0) != header.checksum)
            throw EngineBug("a worker's message was damaged on the way");
        return true;
    }

  private:
    std::string buffer_;
};

// The shared page. Unmapped when the parent has read the last mark.
class Mark {
  public:
    Mark() {
        void* const page = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        SIM_CHECK(page != MAP_FAILED);
        place_ = static_cast<std::uint64_t*>(page);
    }
    ~Mark() { munmap(const_cast<std::uint64_t*>(place_), sizeof(std::uint64_t)); }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    volatile std::uint64_t* place() const { return place_; }

  private:
    volatile std::uint64_t* place_ = nullptr;
};

}  // namespace

void leave_signals_to_parent() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction inherited {};
        sigaction(signal, nullptr, &inherited);
        if (inherited.sa_handler != SIG_DFL) std::signal(signal, SIG_IGN);
    }
}

namespace {

[[noreturn]] void be_worker(const WorkerTask& task, int pipe, volatile std::uint64_t* mark,
                            pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kBroken);  // it died before we said so
    leave_signals_to_parent();
    WorkerPort port(pipe, mark);
    int code = kBroken;
    try {
        code = kReturned + task.work(port);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lockstep: a worker failed: %s\n", error.what());
    } catch (...) {
        std::fprintf(stderr, "lockstep: a worker failed\n");
    }
    // No destructors, no exit handlers: they are the parent's.
    std::fflush(stderr);
    _exit(code);
}

int reap(pid_t worker) {
    int status = 0;
    while (waitpid(worker, &status, 0) < 0) SIM_CHECK(errno == EINTR);
    return status;
}

}  // namespace

void WorkerPort::send(const std::string& message) {
    const Header header = {kMessageMagic, message.size(), XXH64(message.data(), message.size(), 0)};
    write_all(pipe_, &header, sizeof(header));
    write_all(pipe_, message.data(), message.size());
}

struct WorkerGroup::Running {
    WorkerTask task;
    Mark mark;
    Assembler assembler;
    pid_t process = -1;
    int pipe = -1;
    bool silent = false;  // it closed its end
};

WorkerGroup::WorkerGroup() = default;

WorkerGroup::~WorkerGroup() {
    for (const std::unique_ptr<Running>& worker : workers_) {
        kill(worker->process, SIGKILL);
        close(worker->pipe);
        reap(worker->process);
    }
}

void WorkerGroup::start(WorkerTask task) {
    if (stopped_) return;
    auto worker = std::make_unique<Running>();
    worker->task = std::move(task);
    int pipes[2];
    SIM_CHECK(pipe(pipes) == 0);
    std::fflush(stdout);
    std::fflush(stderr);
    const pid_t parent = getpid();
    worker->process = fork();
    if (worker->process < 0) {
        close(pipes[0]);
        close(pipes[1]);
        throw NoWorker(std::string("cannot start a worker: ") + std::strerror(errno));
    }
    if (worker->process == 0) {
        close(pipes[0]);
        be_worker(worker->task, pipes[1], worker->mark.place(), parent);
    }
    close(pipes[1]);
    worker->pipe = pipes[0];
    workers_.push_back(std::move(worker));
}

bool WorkerGroup::asked_to_stop() const {
    if (stopped_) return true;
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) {
        return worker->task.interrupted != nullptr && *worker->task.interrupted != 0;
    });
}

void WorkerGroup::stop() {
    stopped_ = true;
}

// Reads what there is and passes whole messages on.
void WorkerGroup::listen(Running& worker) {
    char bytes[65536];
    const ssize_t length = read(worker.pipe, bytes, sizeof(bytes));
    if (length < 0 && errno == EINTR) return;
    if (length <= 0) {
        worker.silent = true;
        return;
    }
    worker.assembler.feed(bytes, static_cast<std::size_t>(length));
    std::string message;
    while (!stopped_ && worker.assembler.next(message)) worker.task.received(message);
}

// Takes a worker off the books and tells how it ended.
void WorkerGroup::finish(std::size_t index) {
    const std::unique_ptr<Running> worker = std::move(workers_[index]);
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(index));
    WorkerEnd end;
    if (!worker->silent) {
        kill(worker->process, SIGKILL);
        end.how = WorkerEnd::How::interrupted;
    }
    close(worker->pipe);
    const int status = reap(worker->process);
    end.mark = *worker->mark.place();
    if (end.how != WorkerEnd::How::interrupted) {
        if (WIFSIGNALED(status)) {
            end.how = WorkerEnd::How::signalled;
            end.code = WTERMSIG(status);
        } else if (WEXITSTATUS(status) >= kReturned) {
            end.code = WEXITSTATUS(status) - kReturned;
        } else {
            end.how = WorkerEnd::How::exited;
            end.code = WEXITSTATUS(status);
        }
    }
    if (worker->task.ended) worker->task.ended(end);
}

void WorkerGroup::run(const std::function<void()>& tick) {
    while (!workers_.empty()) {
        if (asked_to_stop()) {
            stopped_ = true;
            while (!workers_.empty()) finish(workers_.size() - 1);
            return;
        }
        std::vector<pollfd> waiting;
        for (const std::unique_ptr<Running>& worker : workers_)
            waiting.push_back({worker->pipe, POLLIN, 0});
        const int ready = poll(waiting.data(), waiting.size(), kPollMs);
        if (ready < 0 && errno != EINTR) throw EngineBug("poll failed on a worker's pipe");
        if (tick) tick();
        if (ready <= 0) continue;
        for (std::size_t i = 0; i < waiting.size(); ++i)
            if (waiting[i].revents != 0) listen(*workers_[i]);
        for (std::size_t i = workers_.size(); i-- > 0;)
            if (workers_[i]->silent) finish(i);  // others may be started at the end meanwhile
    }
}

WorkerEnd run_worker(const WorkerTask& task) {
    WorkerEnd end;
    WorkerTask told = task;
    told.ended = [&end, &task](const WorkerEnd& how) {
        end = how;
        if (task.ended) task.ended(how);
    };
    WorkerGroup group;
    group.start(std::move(told));
    group.run();
    return end;
}

}  // namespace lockstep
