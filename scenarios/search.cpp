// search(): starts the workers, watches limits, writes checkpoints, and turns what came of it into
// a report.
#include "scenarios/search.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>

#include "scenarios/alike.h"
#include "scenarios/repro.h"
#include "scenarios/runner.h"
#include "scenarios/search_checkpoint.h"
#include "scenarios/search_shared.h"
#include "scenarios/search_worker.h"
#include "scenarios/worker.h"
#include "sim/check.h"

namespace lockstep {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPauseWait{100};
constexpr int kWorkerDone = 0;

// Such a condition may look at anything, tables of held locks among it, and not by an access.
bool waits_for_conditions(const Scenario& scenario) {
    const auto waits = [](const Statement& statement) {
        return statement.code == Statement::Code::wait_until;
    };
    return std::any_of(
        scenario.programs.begin(), scenario.programs.end(), [&](const Program& each) {
            return std::any_of(each.statements.begin(), each.statements.end(), waits);
        });
}

class Search {
  public:
    Search(const Scenario& scenario, const Port& port, const SearchOptions& options)
        : scenario_(scenario),
          port_(port),
          options_(options),
          workers_(count_workers(options)),
          prepared_(scenario, port) {
        if (waits_for_conditions(scenario)) options_.bounds.own_memory = false;
        begin();
    }
    SearchReport run();

  private:
    static unsigned count_workers(const SearchOptions& options) {
        if (options.breadth_first || options.exact) return 1;
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        return std::min(options.workers == 0 ? cores : options.workers, kSearchWorkersMax);
    }
    void begin();
    bool must_begin_again() const;
    void begin_again();
    std::string identity() const;
    std::uint64_t layout() const;
    void resume();
    void start(WorkerGroup& group);
    void tick();
    void finish_early(SearchReport::End why);
    SearchReport::End what_ended_it() const;
    void write_checkpoint();
    void save(const SearchYield& yield, bool complete);
    Harvest run_again(const Path& way);
    void find_failures();
    void find_examples();
    double seconds() const {
        return before_ + std::chrono::duration<double>(Clock::now() - begun_).count();
    }

    const Scenario& scenario_;
    const Port& port_;
    SearchOptions options_;
    const unsigned workers_;
    PreparedScenario prepared_;
    std::optional<StateTable> table_;
    std::optional<SearchShared> shared_;
    SearchReport report_;
    SearchYield base_;  // of earlier parts of a resumed search, without what was left
    std::vector<Unexplored> left_;
    SearchYield total_;
    bool fresh_ = true;  // from boot
    bool done_before_ = false;
    double before_ = 0;
    Clock::time_point begun_ = Clock::now(), saved_ = Clock::now();
    bool saving_ = false;
    bool ending_ = false;
};

void Search::begin() {
    table_.emplace(options_.memory_max);
    shared_.emplace(workers_);
}

bool Search::must_begin_again() const {
    return total_.begin_again && !ending_ && (options_.keep_going || total_.found.empty());
}

// With what has been learned about steps that can be left out.
void Search::begin_again() {
    ExploreBounds& bounds = options_.bounds;
    if (total_.own_memory_is_shared) {
        bounds.own_memory = false;
        report_.note =
            "a CPU looks at another's table of held locks before any time has passed, or at its "
            "count of queue nodes: every access to them was a choice";
    }
    for (const std::uint64_t place : total_.places_to_ask)
        bounds.asked.push_back(reinterpret_cast<const sim_site*>(place));
    total_ = base_ = {};
    left_.clear();
    fresh_ = true;
    saving_ = false;
    report_.resumed = 0;
    begin();
}

std::string Search::identity() const {
    return scenario_.name + " " + scenario_.hash + " on " + port_.name + " " + port_.source_hash +
           ", engine " + std::to_string(kEngineVersion) +
           (options_.breadth_first ? ", breadth first, " : ", depth first, ") +
           (options_.exact ? "whole states, " : "") + describe_bounds(scenario_, options_);
}

// Addresses of code, of what tasks are started with, and of a port's functions: what a stack can
// hold beside addresses of the arena. Constants have a place of their own, if they fit in.
std::uint64_t Search::layout() const {
    std::uint64_t hash = 0;
    const auto mix = [&hash](std::uint64_t value) {
        hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 29;
    };
    mix(reinterpret_cast<std::uint64_t>(&search));
    mix(reinterpret_cast<std::uint64_t>(&prepared_.surroundings()));
    mix(reinterpret_cast<std::uint64_t>(port_.operations.acquire));
    for (const PreparedScenario::Runner& runner : prepared_.runners()) {
        mix(reinterpret_cast<std::uint64_t>(&runner));
        mix(reinterpret_cast<std::uint64_t>(runner.body.program));
        for (const Instruction& instruction : runner.body.program->instructions) {
            mix(reinterpret_cast<std::uint64_t>(&instruction));
            mix(reinterpret_cast<std::uint64_t>(instruction.condition));
            mix(reinterpret_cast<std::uint64_t>(instruction.operations));
            mix(reinterpret_cast<std::uint64_t>(instruction.site));
        }
    }
    return hash;
}

void Search::resume() {
    if (options_.checkpoint.empty()) return;
    expect_to_save(options_.checkpoint);
    const std::uint64_t here = layout();
    std::optional<SearchCheckpoint> found =
        load_checkpoint(options_.checkpoint, identity(), here, *table_);
    if (!found) return;
    if (found->layout != here && !found->complete) {
        report_.note = options_.checkpoint +
                       " is of a process laid out differently in memory: the search begins again";
        return;
    }
    options_.bounds.own_memory = found->own_memory;
    options_.bounds.asked.clear();
    for (const std::uint64_t place : found->asked)
        options_.bounds.asked.push_back(reinterpret_cast<const sim_site*>(place));
    report_.resumed = found->resumed + 1;
    before_ = found->seconds;
    left_ = std::move(found->yield.left);
    base_ = std::move(found->yield);
    base_.left.clear();
    base_.out_of_memory = false;  // there may be more of it now
    fresh_ = false;
    done_before_ = found->complete;
    if (!base_.begin_again) return;  // it was written just before the search began again
    total_ = std::move(base_);
    begin_again();
}

void Search::start(WorkerGroup& group) {
    std::vector<std::vector<Unexplored>> shares(workers_);
    for (std::size_t i = 0; i < left_.size(); ++i) shares[i % workers_].push_back(left_[i]);
    for (unsigned w = 0; w < workers_; ++w) {
        WorkerTask task;
        task.work = [this, w, share = shares[w]](WorkerPort& port) {
            SearchWorker worker({prepared_, options_, *shared_, *table_, w, share, fresh_ && w == 0,
                                 &port_, base_.counts.states});
            port.send(worker.run().pack());
            return kWorkerDone;
        };
        task.received = [this](const std::string& message) {
            total_.add(SearchYield::unpack(message));
        };
        task.ended = [this](const WorkerEnd& end) {
            if (end.how == WorkerEnd::How::returned) return;
            shared_->stop();
            if (end.how == WorkerEnd::How::interrupted) return;
            // Nobody but the system, short of memory, or a person does that.
            if (end.how == WorkerEnd::How::signalled && end.code == SIGKILL)
                throw NoWorker(
                    "a worker of the search was killed; with --checkpoint it goes on "
                    "from the last one that was written");
            throw EngineBug("a worker of the search " +
                            std::string(end.how == WorkerEnd::How::signalled
                                            ? "was killed by signal "
                                            : "ended with code ") +
                            std::to_string(end.code));
        };
        group.start(std::move(task));
    }
}

void Search::finish_early(SearchReport::End why) {
    if (ending_) return;
    ending_ = true;
    report_.end = why;
    shared_->stop();
}

void Search::save(const SearchYield& yield, bool complete) {
    SearchCheckpoint checkpoint;
    checkpoint.identity = identity();
    checkpoint.layout = layout();
    checkpoint.resumed = report_.resumed;
    checkpoint.seconds = seconds();
    checkpoint.complete = complete;
    checkpoint.own_memory = options_.bounds.own_memory;
    for (const sim_site* const place : options_.bounds.asked)
        checkpoint.asked.push_back(reinterpret_cast<std::uint64_t>(place));
    checkpoint.yield = yield;
    if (const auto problem = save_checkpoint(options_.checkpoint, checkpoint, *table_))
        report_.note = options_.checkpoint + " could not be written: " + *problem;
    saved_ = Clock::now();
}

// All workers stand still: what they have left, and what is on offer between them.
void Search::write_checkpoint() {
    SearchYield all = base_;
    for (unsigned w = 0; w < workers_; ++w) {
        const std::optional<std::string> bytes = shared_->bytes_of(w);
        if (!bytes) {
            report_.note = options_.checkpoint + " was not written: the paths left are too many";
            saved_ = Clock::now();
            return;
        }
        if (!bytes->empty()) all.add(SearchYield::unpack(*bytes));
    }
    for (const Unexplored& offered : shared_->offered()) all.left.push_back(offered);
    save(all, false);
}

void Search::tick() {
    ExploreCounts so_far = base_.counts;
    so_far.add(shared_->total());
    if (options_.progress) options_.progress(so_far);
    if (options_.interrupted != nullptr && *options_.interrupted != 0)
        finish_early(SearchReport::End::interrupted);
    if (options_.seconds_max > 0 && seconds() >= options_.seconds_max)
        finish_early(SearchReport::End::seconds);
    if (options_.states_max > 0 && so_far.states >= options_.states_max)
        finish_early(SearchReport::End::states);
    if (options_.checkpoint.empty() || shared_->stopped()) return;
    const std::chrono::duration<double> since = Clock::now() - saved_;
    if (!saving_ && since.count() < options_.checkpoint_every) return;
    if (!saving_) shared_->ask_to_pause(SearchShared::kCheckpoint);
    saving_ = true;
    const Clock::time_point limit = Clock::now() + kPauseWait;
    while (!shared_->all_paused() && Clock::now() < limit) usleep(50);
    if (!shared_->all_paused()) return;  // at the next tick
    write_checkpoint();
    saving_ = false;
    shared_->end_checkpoint();
}

// Where nothing is left it is complete, whatever was about to stop it.
SearchReport::End Search::what_ended_it() const {
    using End = SearchReport::End;
    if (ending_ && report_.end == End::interrupted) return End::interrupted;
    if (!ending_ && !options_.keep_going && !total_.found.empty()) return End::failure;
    if (total_.left.empty()) return End::complete;
    if (total_.out_of_memory) return End::memory;
    return ending_ ? report_.end : End::states;  // a worker came to that limit
}

// As an ordinary execution, which has picks and a step hash.
Harvest Search::run_again(const Path& way) {
    WorkerTask task;
    task.work = [this, &way](WorkerPort& port) {
        port.send(pack(replay_path(scenario_, port_, options_, way)));
        return kWorkerDone;
    };
    Harvest harvest;
    task.received = [&harvest](const std::string& message) { harvest = unpack(message); };
    if (run_worker(task).how != WorkerEnd::How::returned)
        throw EngineBug("a path of the search could not be run again");
    return harvest;
}

void Search::find_failures() {
    for (const auto& [wanted, way] : total_.found) {
        const Harvest harvest = run_again(way);
        const auto same = std::find_if(
            harvest.failures.begin(), harvest.failures.end(),
            [&wanted = wanted](const Failure& failure) { return signature(failure) == wanted; });
        if (same == harvest.failures.end())
            throw EngineBug("an ordinary execution did not show what the search found: " + wanted);
        report_.failures.push_back(*same);
    }
}

void Search::find_examples() {
    for (const auto& [key, kept] : total_.allowed) {
        const std::string& wanted = key;  // clang captures no binding
        const Harvest harvest = run_again(kept.second);
        const auto same = std::find_if(
            harvest.allowed_examples.begin(), harvest.allowed_examples.end(),
            [&wanted](const Failure& example) { return allowed_key(*example.finding) == wanted; });
        if (same == harvest.allowed_examples.end())
            throw EngineBug("an ordinary execution did not show what the search found: " + key);
        report_.harvest.allowed_examples.push_back(*same);
    }
}

SearchReport Search::run() {
    report_.workers = workers_;
    resume();
    while (!done_before_) {
        WorkerGroup group;
        start(group);
        group.run([this] { tick(); });
        if (!must_begin_again()) break;
        begin_again();
    }
    const std::vector<Unexplored> offered = shared_->offered();
    total_.left.insert(total_.left.end(), offered.begin(), offered.end());
    total_.add(base_);
    report_.end = what_ended_it();
    const bool complete = report_.end == SearchReport::End::complete;
    SIM_CHECK_MSG(!complete || total_.left.empty(), "a search ended with something left");
    report_.bounds = options_.bounds;
    if (!options_.checkpoint.empty() && !done_before_ && !total_.begin_again)
        save(total_, complete);
    report_.truncated = total_.counts.truncated > 0;
    report_.unjudged = total_.counts.unjudged > 0;
    report_.counts = total_.counts;
    report_.failing_ends = total_.failing_ends;
    report_.harvest = total_.harvest;
    report_.seconds = seconds();
    report_.bytes = table_->bytes();
    find_failures();
    find_examples();
    return report_;
}

}  // namespace

SearchReport search(const Scenario& scenario, const Port& port, const SearchOptions& options) {
    // What a search by breadth has left, and whole states, are in memory only.
    if (!options.checkpoint.empty() && (options.breadth_first || options.exact))
        throw CheckpointError(options.checkpoint + ": keeps a search that goes depth first, with " +
                              "states by their hash; no breadth first and no exact one");
    // Not on the stack: bodies point into it, and where a stack begins depends on the environment.
    return std::make_unique<Search>(scenario, port, options)->run();
}

std::string describe_end(const SearchReport& report) {
    switch (report.end) {
        case SearchReport::End::complete:
            if (report.unjudged) return "not complete: paths were cut before their end";
            return report.truncated ? "complete but for paths cut by the scenario's limit"
                                    : "complete";
        case SearchReport::End::failure:
            return "stopped at the first failure";
        case SearchReport::End::memory:
            return "stopped: the memory allowed is full";
        case SearchReport::End::states:
            return "stopped: as many states as asked for";
        case SearchReport::End::seconds:
            return "stopped: the time is over";
        case SearchReport::End::interrupted:
            return "interrupted";
    }
    return "?";
}

std::string describe_bounds(const Scenario& scenario, const SearchOptions& options) {
    const MachineConfig& machine = scenario.machine;
    const auto number = [](const std::optional<std::uint32_t>& bound) {
        return bound ? "at most " + std::to_string(*bound) : std::string("unbounded");
    };
    std::uint64_t budget = 0;
    for (const InjectionDeclaration& each : scenario.injections) budget += each.injection.times;
    if (options.bounds.injections)
        budget = std::min<std::uint64_t>(budget, *options.bounds.injections);
    std::string text = std::to_string(machine.cpus) + (machine.cpus == 1 ? " CPU, " : " CPUs, ") +
                       machine.memory + " memory, ";
    text += clock_text(machine);
    text += spurious_text(machine);
    text += ", " + std::to_string(budget) + (budget == 1 ? " injection" : " injections");
    text += ", preemptions " + number(options.bounds.preemptions);
    if (options.bounds.symmetry) {
        text += ", CPUs taken for each other:";
        for (const std::vector<CpuId>& group : find_alike(scenario).groups) {
            text += text.back() == ':' ? " " : ", ";
            for (const CpuId cpu : group)
                text += (cpu == group.front() ? "" : "=") + std::to_string(cpu);
        }
    }
    if (options.bounds.every_step) text += ", every step a choice";
    for (const std::string& oracle : scenario.oracles) text += ", " + oracle + " too";
    return text;
}

}  // namespace lockstep
