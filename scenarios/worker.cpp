// Fork, a pipe for messages, a shared page for the mark. A message is a magic number, a length,
// a checksum and the bytes: a worker that went wild cannot pass garbage for a result.
#include "scenarios/worker.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scenarios/runner.h"
#include "sim/check.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMagic = 0x6c6f636b73746570ULL;
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
        if (header.magic != kMagic || header.length > kMessageMax)
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

[[noreturn]] void be_worker(const WorkerTask& task, int pipe, volatile std::uint64_t* mark,
                            pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kBroken);  // it died before we said so
    if (task.interrupted != nullptr) std::signal(SIGINT, SIG_IGN);
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

// Passes messages on until the worker closes its end. Returns false if we were interrupted.
bool receive(const WorkerTask& task, int pipe) {
    Assembler assembler;
    std::string message;
    char bytes[65536];
    for (;;) {
        if (task.interrupted != nullptr && *task.interrupted != 0) return false;
        pollfd waiting = {pipe, POLLIN, 0};
        const int ready = poll(&waiting, 1, kPollMs);
        if (ready < 0 && errno != EINTR) throw EngineBug("poll failed on a worker's pipe");
        if (ready <= 0) continue;
        const ssize_t length = read(pipe, bytes, sizeof(bytes));
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return true;
        assembler.feed(bytes, static_cast<std::size_t>(length));
        while (assembler.next(message)) task.received(message);
    }
}

int reap(pid_t worker) {
    int status = 0;
    while (waitpid(worker, &status, 0) < 0) SIM_CHECK(errno == EINTR);
    return status;
}

}  // namespace

void WorkerPort::send(const std::string& message) {
    const Header header = {kMagic, message.size(), XXH64(message.data(), message.size(), 0)};
    write_all(pipe_, &header, sizeof(header));
    write_all(pipe_, message.data(), message.size());
}

WorkerEnd run_worker(const WorkerTask& task) {
    int pipes[2];
    SIM_CHECK(pipe(pipes) == 0);
    const Mark mark;
    std::fflush(stdout);
    std::fflush(stderr);
    const pid_t parent = getpid();
    const pid_t worker = fork();
    if (worker < 0) {
        close(pipes[0]);
        close(pipes[1]);
        throw EngineBug(std::string("cannot start a worker: ") + std::strerror(errno));
    }
    if (worker == 0) {
        close(pipes[0]);
        be_worker(task, pipes[1], mark.place(), parent);
    }
    close(pipes[1]);
    WorkerEnd end;
    try {
        if (!receive(task, pipes[0])) {
            kill(worker, SIGKILL);
            end.how = WorkerEnd::How::interrupted;
        }
    } catch (...) {
        kill(worker, SIGKILL);
        close(pipes[0]);
        reap(worker);
        throw;
    }
    close(pipes[0]);
    const int status = reap(worker);
    end.mark = *mark.place();
    if (end.how == WorkerEnd::How::interrupted) return end;
    if (WIFSIGNALED(status)) {
        end.how = WorkerEnd::How::signalled;
        end.code = WTERMSIG(status);
    } else if (WEXITSTATUS(status) >= kReturned) {
        end.code = WEXITSTATUS(status) - kReturned;
    } else {
        end.how = WorkerEnd::How::exited;
        end.code = WEXITSTATUS(status);
    }
    return end;
}

}  // namespace lockstep
