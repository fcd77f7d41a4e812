// Each process takes the next number from a shared page and answers through a pipe of its own.
#include "tools/cell_pool.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "scenarios/runner.h"
#include "tools/commands.h"

namespace lockstep {

namespace {

constexpr int kPollMs = 200;

struct Header {
    std::uint32_t cell;
    std::uint32_t length;
};

struct Process {
    pid_t id = -1;
    int pipe = -1;
    std::string buffer;
};

bool write_all(int file, const char* bytes, std::size_t length) {
    while (length > 0) {
        const ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        length -= static_cast<std::size_t>(written);
    }
    return true;
}

// The body of a process. Nothing of the parent's may be flushed or destroyed here.
[[noreturn]] void work_until_done(const CellPool& pool, std::atomic<std::uint32_t>& next, int file,
                                  pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    signal(SIGINT, SIG_DFL);
    for (;;) {
        const std::uint32_t cell = next.fetch_add(1);
        if (cell >= pool.cells) _exit(0);
        const std::string answer = pool.work(cell);
        const Header header{cell, static_cast<std::uint32_t>(answer.size())};
        char bytes[sizeof header];
        std::memcpy(bytes, &header, sizeof header);
        if (!write_all(file, bytes, sizeof bytes)) _exit(1);
        if (!write_all(file, answer.data(), answer.size())) _exit(1);
    }
}

class Pool {
  public:
    explicit Pool(const CellPool& pool) : pool_(pool) {
        void* const page = mmap(nullptr, sizeof(std::atomic<std::uint32_t>), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) throw TryAgain("no memory to share with worker processes");
        next_ = new (page) std::atomic<std::uint32_t>(0);
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() {
        for (Process& process : processes_) {
            if (process.id > 0) kill(process.id, SIGKILL);
            end(process);
        }
        munmap(next_, sizeof *next_);
    }

    void run() {
        for (unsigned i = 0; i < pool_.processes; ++i) start();
        while (answered_ < pool_.cells && !asked_to_stop() && receive()) {
        }
        if (answered_ < pool_.cells && !asked_to_stop())
            throw EngineBug("a worker process ended in the middle of its work");
    }

  private:
    bool asked_to_stop() const { return pool_.interrupted != nullptr && *pool_.interrupted != 0; }

    void start() {
        int ends[2];
        const pid_t parent = getpid();
        if (pipe(ends) != 0) throw TryAgain("no pipe for a worker process");
        const pid_t child = fork();
        if (child < 0) throw TryAgain("no room for a worker process");
        if (child == 0) {
            close(ends[0]);
            work_until_done(pool_, *next_, ends[1], parent);
        }
        close(ends[1]);
        processes_.push_back({child, ends[0], {}});
    }

    static void end(Process& process) {
        if (process.pipe >= 0) close(process.pipe);
        if (process.id > 0) waitpid(process.id, nullptr, 0);
        process = {};
    }

    // False when no process is left.
    bool receive() {
        std::vector<pollfd> waiting;
        std::vector<Process*> who;
        for (Process& process : processes_) {
            if (process.pipe < 0) continue;
            waiting.push_back({process.pipe, POLLIN, 0});
            who.push_back(&process);
        }
        if (waiting.empty()) return false;
        if (poll(waiting.data(), waiting.size(), kPollMs) <= 0) return true;
        for (std::size_t i = 0; i < waiting.size(); ++i)
            if (waiting[i].revents != 0) read_from(*who[i]);
        return true;
    }

    void read_from(Process& process) {
        char bytes[4096];
        const ssize_t length = read(process.pipe, bytes, sizeof bytes);
        if (length < 0 && errno == EINTR) return;
        if (length <= 0) return end(process);
        process.buffer.append(bytes, static_cast<std::size_t>(length));
        Header header;
        while (process.buffer.size() >= sizeof header) {
            std::memcpy(&header, process.buffer.data(), sizeof header);
            if (process.buffer.size() - sizeof header < header.length) return;
            ++answered_;
            pool_.received(header.cell, process.buffer.substr(sizeof header, header.length));
            process.buffer.erase(0, sizeof header + header.length);
        }
    }

    const CellPool& pool_;
    std::atomic<std::uint32_t>* next_ = nullptr;
    std::vector<Process> processes_;
    std::uint32_t answered_ = 0;
};

}  // namespace

void run_cells(const CellPool& pool) {
    Pool(pool).run();
}

}  // namespace lockstep
