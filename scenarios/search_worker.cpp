// The loop of a worker, and what it does at ends.
#include "scenarios/search_worker.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "scenarios/family_scheduler.h"
#include "sim/check.h"
#include "sim/machine.h"

namespace lockstep {

namespace {

constexpr unsigned kLookAroundEvery = 64;  // transitions
constexpr unsigned kIdleUs = 100;
const PlannedExecution kBySearch = {"search", 0};

ExploreBounds bounds_of(const SearchOptions& options) {
    ExploreBounds bounds = options.bounds;
    bounds.one_level = options.breadth_first;
    return bounds;
}

}  // namespace

SearchWorker::SearchWorker(SearchJob job)
    : job_(std::move(job)),
      judge_(job_.prepared),
      guard_(job_.options.watchdog_ms),
      explorer_(bounds_of(job_.options), *this) {}

SearchYield SearchWorker::run() {
    guard_.during([this] {
        if (job_.options.breadth_first)
            explore_by_breadth();
        else
            explore();
    });
    job_.shared.publish(job_.number, explorer_.counts());
    return yield();
}

SearchYield SearchWorker::yield() {
    add(yield_.harvest, judge_.take());
    SearchYield all = yield_;
    all.counts = explorer_.counts();
    // Without a checkpoint nobody goes on with it: that something is left is all there is to know.
    all.left = job_.options.checkpoint.empty() ? explorer_.unexplored(1) : explorer_.unexplored();
    all.left.insert(all.left.end(), job_.left.begin(), job_.left.end());
    return all;
}

// --- the loop --------------------------------------------------------------------------------

void SearchWorker::explore() {
    if (job_.from_boot) explorer_.begin();
    for (std::uint64_t n = 1; !job_.shared.stopped(); ++n) {
        if (job_.shared.pause_asked()) {
            pause();
            continue;  // it may have ended the search, and the table may still be growing
        }
        if (explorer_.done() && !find_work()) break;
        if (!explorer_.done()) explorer_.advance();
        if (n % kLookAroundEvery == 0) look_around();
    }
    job_.table.tell();
    leave_bytes();  // others may still be asked for a checkpoint
    job_.shared.leave();
}

void SearchWorker::leave_bytes() {
    if (job_.options.checkpoint.empty() || job_.shared.stopped()) return;
    job_.shared.leave_bytes(job_.number, yield().pack());
}

// False: there will be none any more.
bool SearchWorker::find_work() {
    Unexplored work;
    if (!job_.left.empty()) {
        work = std::move(job_.left.back());
        job_.left.pop_back();
        explorer_.begin(work);
        return true;
    }
    job_.shared.publish(job_.number, explorer_.counts());
    job_.shared.become_idle();
    while (!job_.shared.stopped()) {
        if (job_.shared.pause_asked()) {
            pause();
            continue;
        }
        if (job_.shared.take(work)) {
            explorer_.begin(work);
            return true;
        }
        if (job_.shared.all_idle()) return false;
        guard_.moved();
        usleep(kIdleUs);
    }
    return false;
}

bool SearchWorker::enough_states() const {
    const std::uint64_t most = job_.options.states_max;
    return most != 0 && job_.states_before + job_.shared.total().states >= most;
}

void SearchWorker::look_around() {
    guard_.moved();
    job_.shared.publish(job_.number, explorer_.counts());
    if (enough_states()) job_.shared.stop();
    if (job_.shared.wanted()) {
        Unexplored work;
        if (!job_.left.empty()) {
            if (job_.shared.offer(job_.left.back())) job_.left.pop_back();
        } else if (explorer_.donate(work) && !job_.shared.offer(work)) {
            job_.left.push_back(std::move(work));
        }
    }
    if (job_.table.crowded()) job_.shared.ask_to_pause(SearchShared::kGrow);
    if (!job_.table.full()) return;
    yield_.out_of_memory = true;
    job_.shared.stop();
}

void SearchWorker::pause() {
    job_.table.tell();
    job_.shared.publish(job_.number, explorer_.counts());
    leave_bytes();
    job_.shared.pause([this] {
        if (job_.table.crowded()) job_.table.grow();
    });
    guard_.moved();
}

// Level by level: every state is reached by as few choices as can be. Paths are kept as a tree.
void SearchWorker::explore_by_breadth() {
    struct Found {
        std::uint32_t parent;
        Option option;
    };
    std::vector<Found> nodes;
    const auto path_to = [&nodes](std::size_t at) {
        Path path;
        for (; at != 0; at = nodes[at - 1].parent) path.push_back(nodes[at - 1].option);
        std::reverse(path.begin(), path.end());
        return path;
    };
    std::size_t at = 0;
    for (; at <= nodes.size() && !job_.shared.stopped(); ++at) {
        if (at == 0)
            explorer_.begin();
        else
            explorer_.begin(Unexplored{path_to(at), ~std::uint64_t{0}});
        while (!explorer_.done() && !job_.shared.stopped()) {
            const ExploreCounts before = explorer_.counts();
            explorer_.advance();
            const ExploreCounts& now = explorer_.counts();
            if (now.states > before.states && now.ends == before.ends)
                nodes.push_back({static_cast<std::uint32_t>(at), explorer_.path().back()});
        }
        look_around();
        if (job_.shared.pause_asked()) pause();
    }
    // Nobody can go on with these, but that something is left must be known.
    if (at <= nodes.size()) job_.left.push_back({path_to(at), ~std::uint64_t{0}});
    job_.table.tell();
    job_.shared.become_idle();
    job_.shared.leave();
}

// --- what it meets ---------------------------------------------------------------------------

bool SearchWorker::same_bytes(std::uint64_t hash) {
    std::vector<std::byte> bytes;
    explorer_.append_state(bytes);
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto [known, added] = states_.emplace(hash, text);
    if (!added && known->second != text) throw EngineBug("two different states have one hash");
    return !added;
}

bool SearchWorker::fresh(std::uint64_t hash) {
    const bool is_new = job_.table.insert(hash);
    if (job_.options.exact && same_bytes(hash) == is_new)
        throw EngineBug("the table of states forgot one");
    return is_new;
}

void SearchWorker::failed() {
    Harvest harvest = judge_.take();
    const Path path = explorer_.path();
    for (const Failure& failure : harvest.failures) {
        const auto [known, added] = yield_.found.emplace(signature(failure), path);
        if (!added && path.size() < known->second.size()) known->second = path;
    }
    add(yield_.harvest, harvest);
    ++yield_.failing_ends;
    if (!job_.options.keep_going) job_.shared.stop();
}

void SearchWorker::on_end(const ExecutionResult& result) {
    if (!guard_.crash().empty()) {
        judge_.crashed(kBySearch, result, guard_);
        guard_.recover();
        failed();
    } else if (judge_.execution(kBySearch, result)) {
        failed();
    }
}

// What is not allowed is a failure here and now, and what comes after it does not matter.
bool SearchWorker::on_finding(const ExecutionResult& result) {
    if (judge_.tolerates(result)) return true;
    ExecutionResult cut = result;
    cut.reason = EndReason::bug;  // its registers are not to be judged
    cut.script_done = static_cast<std::uint32_t>(job_.prepared.scenario().script.size());
    judge_.execution(kBySearch, cut);
    failed();
    return false;
}

Harvest replay_path(const Scenario& scenario, const Port& port, const SearchOptions& options,
                    const Path& path) {
    PreparedScenario prepared(scenario, port);
    Judge judge(prepared);
    CrashGuard guard(options.watchdog_ms);
    const SchedulerEntry* const entry = find_scheduler("follow");
    SIM_CHECK(entry != nullptr);
    Machine::instance().set_scheduler(*entry);
    Machine::instance().set_path(path, options.bounds.every_step);
    const ExecutionResult result = guard.run(Machine::instance(), 0);
    if (result.diverged_at != 0)
        throw EngineBug("a path of the search could not be followed by an ordinary execution");
    if (!guard.crash().empty())
        judge.crashed(kBySearch, result, guard);
    else
        judge.execution(kBySearch, result);
    return judge.take();
}

}  // namespace lockstep
