// Trials: guided executions of one scenario, made one after the other in a worker process, each
// answered with whether the failure we look for was there. A worker that the code under test takes
// down is replaced by a new one; the caller does not notice.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/guided_scheduler.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"

namespace lockstep {

// What makes two failures the same one although the text of the scenario, its line numbers and
// the picks may differ: kind, oracle, word, lock and what is said of it without its numbers, or
// the condition as it is written. Finer than signature(), which it never contradicts.
std::string failure_key(const Scenario& scenario, const Failure& failure);

// The place in the source where the failure was seen; of a place in the scenario itself, whose
// lines may move, only what is written there. Empty if it has none.
std::string site_of(const Scenario& scenario, const Failure& failure);

// Thrown when the caller's flag says that somebody wants an early end.
struct TrialsInterrupted {};

// Thrown when as many executions as allowed have been made.
struct TrialsExhausted {};

struct TrialGoal {
    std::string key;             // the failure that must be there ...
    std::string site;            // ... where its CPU was then, as site_of() names it ...
    std::set<std::string> also;  // ... before all others; these are the only ones (it included) ...
    // ... in an execution that is not much longer than this; 0: however long.
    std::uint64_t steps = 0;
};

struct TrialAnswer {
    bool reproduced = false;
    bool diverged = false;          // recorded picks did not fit
    std::vector<Failure> failures;  // if reproduced; the first is the one aimed at
    std::vector<Taken> taken;
};

// Of executions with consecutive seeds, how many had the failure (among whatever others).
struct Share {
    std::uint32_t failed = 0;
    std::uint32_t of = 0;
    bool all() const { return failed == of; }
};

struct Continuation {
    bool failed = false;  // among whatever others
    std::vector<Taken> taken;
};

class TrialBench {
  public:
    // `interrupted` may be nullptr. The port must outlive this.
    TrialBench(const Port& port, const volatile std::sig_atomic_t* interrupted)
        : port_(port), interrupted_(interrupted) {}
    ~TrialBench() { stop(); }
    TrialBench(const TrialBench&) = delete;
    TrialBench& operator=(const TrialBench&) = delete;

    // From here on trials are of this scenario, which must live until the next call.
    void use(const Scenario& scenario);
    void aim(const TrialGoal& goal);
    const TrialGoal& goal() const { return goal_; }
    std::uint64_t executions() const { return executions_; }
    // From here on so many more, then TrialsExhausted.
    void allow_executions(std::uint64_t more) { executions_max_ = executions_ + more; }
    // Of all of them: steps, and 400 more for each virtual millisecond, in which waiters spin
    // natively about as long.
    std::uint64_t effort() const { return effort_; }

    // REQUIRES: use(). A goal with an empty key is met by every execution that has a failure.
    TrialAnswer attempt(const Guide& guide, std::uint64_t seed = 0);
    Continuation follow(const Guide& guide);
    // With `until_miss` it ends at the first execution without the failure.
    Share sample(const Guide& guide, std::uint64_t seed_first, std::uint32_t count,
                 bool until_miss);

  private:
    struct Request;
    struct Response;
    class Executor;
    void start();
    void stop();
    [[noreturn]] void be_worker(int socket) const;
    void serve(int socket) const;
    Response answer(Executor& executor, const Request& request) const;
    // False if the worker died before it could answer.
    bool exchange(Request request, const Guide& guide, Response& response);

    const Port& port_;
    const volatile std::sig_atomic_t* interrupted_;
    const Scenario* scenario_ = nullptr;
    TrialGoal goal_;
    std::uint64_t executions_ = 0;
    std::uint64_t effort_ = 0;
    std::uint64_t executions_max_ = ~std::uint64_t{0};
    pid_t worker_ = 0;
    int socket_ = -1;
};

}  // namespace lockstep
