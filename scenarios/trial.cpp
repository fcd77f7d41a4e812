// One worker, one socket: a request is a guide and a range of seeds, a response what came of it.
// Both are read only by the program that wrote them.
#include "scenarios/trial.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <regex>
#include <type_traits>
#include <utility>

#include "scenarios/coverage.h"
#include "scenarios/crash_guard.h"
#include "scenarios/family_scheduler.h"
#include "scenarios/harvest.h"
#include "scenarios/judge.h"
#include "scenarios/prepare.h"
#include "sim/check.h"

namespace lockstep {

struct TrialBench::Request {
    std::uint64_t seed = 0;
    std::uint32_t count = 1;
    bool sampling = false;    // any failure may come first, and only the share is wanted ...
    bool wants_picks = true;  // ... and these
    bool until_miss = false;
    bool inner_after = false;
    std::uint64_t recorded = 0, wanted = 0;  // lengths
};

struct TrialBench::Response {
    struct Head {
        Share share;
        std::uint64_t effort = 0;
        bool crashed = false;  // the worker has left
        bool diverged = false;
        std::uint64_t picks = 0, failure = 0;  // lengths of what is behind it on the wire
    } head;
    std::vector<Taken> picks;
    std::string failure;
};

namespace {

constexpr int kTrialBroken = 70;
constexpr TimeNs kNsPerStep = kNsPerMs / 400;
constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr unsigned kWatchdogMs = 500;  // an execution that is only too slow is merely not taken

bool send_all(int file, const void* bytes, std::size_t length) {
    const char* at = static_cast<const char*>(bytes);
    while (length > 0) {
        const ssize_t written = send(file, at, length, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        at += written;
        length -= static_cast<std::size_t>(written);
    }
    return true;
}

bool receive_all(int file, void* bytes, std::size_t length) {
    char* at = static_cast<char*>(bytes);
    while (length > 0) {
        const ssize_t got = read(file, at, length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        length -= static_cast<std::size_t>(got);
    }
    return true;
}

template <typename T>
bool write_list(int file, const std::vector<T>& list) {
    static_assert(std::is_trivially_copyable_v<T>);
    return send_all(file, list.data(), list.size() * sizeof(T));
}

template <typename T>
bool read_list(int file, std::vector<T>& list, std::uint64_t size) {
    static_assert(std::is_trivially_copyable_v<T>);
    list.resize(size);
    return receive_all(file, list.data(), list.size() * sizeof(T));
}

// Leaving something out makes an execution somewhat longer at most, unless what was left out ends
// it: a scenario without its unlock spins until the limit of the machine.
std::uint64_t steps_allowed(const TrialGoal& goal) {
    constexpr std::uint64_t kTimes = 8, kMore = 10'000;
    return goal.steps == 0 ? kNoLimit : goal.steps * kTimes + kMore;
}

}  // namespace

// The worker's side: one machine, and what came of the last execution on it.
class TrialBench::Executor {
  public:
    Executor(const Scenario& scenario, const Port& port)
        : scenario_(scenario),
          prepared_(scenario, port),
          judge_(prepared_),
          guard_(kWatchdogMs),
          sites_(port),
          entry_(guided_scheduler(family_scheduler(*find_scheduler("random")))) {
        judge_.set_sites([this](std::size_t n) { return sites_.site_of_finding(n); });
    }

    // `sampling`: whether the failure is there is all that is wanted, and an execution goes no
    // further than to it. Otherwise it goes no further than to a failure that must not be there,
    // and where findings are made is noted, which is slower.
    void aim(const TrialGoal& goal, bool sampling) {
        Machine& machine = Machine::instance();
        goal_ = goal;
        sampling_ = sampling;
        machine.set_trace(sampling ? nullptr : &sites_);
        if (goal.key.empty()) return machine.stop_at(nullptr);
        machine.stop_at([this](const Finding& finding) {
            if (judge_.allows(finding)) return false;
            const std::string key = failure_key(scenario_, failure_of(finding));
            if (!sampling_) return !goal_.also.contains(key);
            seen_ = seen_ || key == goal_.key;
            return seen_;
        });
    }

    // True if the execution shows what we are aimed at.
    bool execute(std::uint64_t seed) {
        Machine& machine = Machine::instance();
        machine.set_scheduler(entry_);
        sites_.begin_execution();
        seen_ = false;
        const ExecutionResult result =
            guard_.run_until(machine, seed, sampling_ ? kNoLimit : steps_allowed(goal_));
        const PlannedExecution planned{"guided", seed};
        diverged_ = result.diverged_at != 0;
        effort_ = result.steps + result.time / kNsPerStep;
        failures_.clear();
        if (crashed()) {
            judge_.crashed(planned, result, guard_);
        } else if (result.paused) {
            return seen_ && !diverged_;
        } else {
            judge_.execution(planned, result);
        }
        failures_ = judge_.take().failures;
        return sampling_ ? has_goal() : meets_goal();
    }
    bool crashed() const { return !guard_.crash().empty(); }
    bool diverged() const { return diverged_; }
    std::uint64_t effort() const { return effort_; }
    const std::vector<Failure>& failures() const { return failures_; }

  private:
    bool meets_goal() const {
        if (diverged_ || failures_.empty()) return false;
        if (goal_.key.empty()) return true;
        if (failure_key(scenario_, failures_.front()) != goal_.key) return false;
        if (site_of(scenario_, failures_.front()) != goal_.site) return false;
        for (const Failure& failure : failures_)
            if (!goal_.also.contains(failure_key(scenario_, failure))) return false;
        return true;
    }
    bool has_goal() const {
        for (const Failure& failure : failures_)
            if (!diverged_ && failure_key(scenario_, failure) == goal_.key) return true;
        return false;
    }

    const Scenario& scenario_;
    PreparedScenario prepared_;
    Judge judge_;
    CrashGuard guard_;
    Coverage sites_;  // where findings are made
    const SchedulerEntry& entry_;
    TrialGoal goal_;
    bool sampling_ = false;
    bool seen_ = false;  // the failure we sample for, as a finding
    std::vector<Failure> failures_;
    bool diverged_ = false;
    std::uint64_t effort_ = 0;
};

namespace {

std::string text_of_line(const std::string& text, std::uint32_t line) {
    std::size_t begin = 0;
    for (std::uint32_t i = 1; i < line && begin != std::string::npos; ++i) {
        begin = text.find('\n', begin);
        if (begin != std::string::npos) ++begin;
    }
    if (begin == std::string::npos) return "";
    begin = text.find_first_not_of(" -", begin);
    return begin == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

// The first clause, with "#" for each number: which CPU it was and how much is not what failed.
std::string without_numbers(const std::string& text) {
    static const std::regex kNumber("0x[0-9a-f]+|[0-9]+");
    return std::regex_replace(text.substr(0, text.find(';')), kNumber, "#");
}

}  // namespace

std::string failure_key(const Scenario& scenario, const Failure& failure) {
    std::string key = std::to_string(static_cast<int>(failure.kind)) + '|' + failure.oracle + '|' +
                      failure.word + '|';
    switch (failure.kind) {
        case Failure::Kind::finding:
            if (failure.finding && failure.finding->lock < scenario.locks.size())
                key += scenario.locks[failure.finding->lock].name;
            return key + '|' + without_numbers(failure.text);
        case Failure::Kind::expectation:
            return key + failure.text.substr(0, failure.text.rfind(" ("));
        case Failure::Kind::script_stuck:
            return key + text_of_line(scenario.text, failure.line);
        default:
            return key + failure.text;
    }
}

std::string site_of(const Scenario& scenario, const Failure& failure) {
    if (!failure.site.starts_with(scenario.name + ".yaml:")) return failure.site;
    return failure.site.substr(std::min(failure.site.find(' '), failure.site.size()));
}

void TrialBench::use(const Scenario& scenario) {
    stop();
    scenario_ = &scenario;
}

void TrialBench::aim(const TrialGoal& goal) {
    stop();
    goal_ = goal;
}

void TrialBench::start() {
    SIM_CHECK_MSG(scenario_ != nullptr, "a trial of no scenario");
    int sockets[2];
    SIM_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
    std::fflush(stdout);
    std::fflush(stderr);
    const pid_t parent = getpid();
    worker_ = fork();
    if (worker_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(kTrialBroken);
        leave_signals_to_parent();
        close(sockets[0]);
        be_worker(sockets[1]);
    }
    close(sockets[1]);
    socket_ = sockets[0];
    if (worker_ > 0) return;
    close(socket_);
    socket_ = -1;
    worker_ = 0;
    throw NoWorker(std::string("cannot start a worker: ") + std::strerror(errno));
}

void TrialBench::be_worker(int socket) const {
    int code = 0;
    try {
        serve(socket);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lockstep: a worker failed: %s\n", error.what());
        code = kTrialBroken;
    }
    // No destructors, no exit handlers: they are the parent's.
    std::fflush(stderr);
    _exit(code);
}

void TrialBench::stop() {
    if (worker_ == 0) return;
    close(socket_);
    kill(worker_, SIGKILL);
    while (waitpid(worker_, nullptr, 0) < 0) SIM_CHECK(errno == EINTR);
    worker_ = 0;
    socket_ = -1;
}

TrialBench::Response TrialBench::answer(Executor& executor, const Request& request) const {
    Response response;
    Response::Head& head = response.head;
    executor.aim(goal_, request.sampling);
    for (std::uint32_t i = 0; i < request.count && !head.crashed; ++i) {
        const bool met = executor.execute(request.seed + i);
        ++head.share.of;
        head.effort += executor.effort();
        if (met) ++head.share.failed;
        head.crashed = executor.crashed();
        if (request.until_miss && !met) break;
    }
    head.diverged = executor.diverged();
    if (request.wants_picks) response.picks = guided_picks();
    if (!request.sampling && head.share.failed == 1) {
        Harvest harvest;
        harvest.failures = executor.failures();
        response.failure = pack(harvest);
    }
    head.picks = response.picks.size();
    head.failure = response.failure.size();
    return response;
}

// Leaves the process when the other end is closed, or after a crash.
void TrialBench::serve(int socket) const {
    Executor executor(*scenario_, port_);
    for (bool alive = true; alive;) {
        Request request;
        Guide guide;
        alive = receive_all(socket, &request, sizeof(request)) &&
                read_list(socket, guide.recorded, request.recorded) &&
                read_list(socket, guide.wanted, request.wanted);
        if (!alive) return;
        guide.inner_after = request.inner_after;
        set_guide(guide);
        const Response response = answer(executor, request);
        alive = send_all(socket, &response.head, sizeof(response.head)) &&
                write_list(socket, response.picks) &&
                send_all(socket, response.failure.data(), response.failure.size()) &&
                !response.head.crashed;
    }
}

bool TrialBench::exchange(Request request, const Guide& guide, Response& response) {
    request.inner_after = guide.inner_after;
    request.recorded = guide.recorded.size();
    request.wanted = guide.wanted.size();
    if (interrupted_ != nullptr && *interrupted_ != 0) throw TrialsInterrupted{};
    if (executions_ >= executions_max_) throw TrialsExhausted{};
    if (worker_ == 0) start();
    response = {};
    const bool answered = send_all(socket_, &request, sizeof(request)) &&
                          write_list(socket_, guide.recorded) &&
                          write_list(socket_, guide.wanted) &&
                          receive_all(socket_, &response.head, sizeof(response.head)) &&
                          read_list(socket_, response.picks, response.head.picks);
    if (answered) response.failure.resize(response.head.failure);
    const bool whole =
        answered && receive_all(socket_, response.failure.data(), response.failure.size());
    if (!whole || response.head.crashed) stop();
    effort_ += response.head.effort;
    executions_ += whole ? response.head.share.of : 1;
    return whole;
}

TrialAnswer TrialBench::attempt(const Guide& guide, std::uint64_t seed) {
    Request request;
    request.seed = seed;
    Response response;
    TrialAnswer answer;
    if (!exchange(request, guide, response)) return answer;
    answer.diverged = response.head.diverged;
    answer.taken = std::move(response.picks);
    if (response.failure.empty()) return answer;
    answer.reproduced = true;
    answer.failures = unpack(response.failure).failures;
    return answer;
}

Continuation TrialBench::follow(const Guide& guide) {
    Request request;
    request.sampling = true;
    Response response;
    Continuation made;
    if (!exchange(request, guide, response)) return made;
    made.failed = response.head.share.failed == 1;
    made.taken = std::move(response.picks);
    return made;
}

Share TrialBench::sample(const Guide& guide, std::uint64_t seed_first, std::uint32_t count,
                         bool until_miss) {
    Share share;
    while (share.of < count && !(until_miss && !share.all())) {
        Request request;
        request.seed = seed_first + share.of;
        request.count = count - share.of;
        request.sampling = true;
        request.wants_picks = false;
        request.until_miss = until_miss;
        Response response;
        const bool answered = exchange(request, guide, response);
        // A worker that could not answer counts as an execution without the failure.
        share.failed += answered ? response.head.share.failed : 0;
        share.of += answered ? response.head.share.of : 1;
    }
    return share;
}

}  // namespace lockstep
