// The loop of a worker, and what it does at ends.
#include "scenarios/search_worker.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "scenarios/coverage.h"
#include "scenarios/family_scheduler.h"
#include "scenarios/worker.h"
#include "sim/check.h"
#include "sim/hub.h"
#include "sim/machine.h"

namespace lockstep {

namespace {

constexpr unsigned kLookAroundEvery = 64;  // transitions
constexpr unsigned kIdleUs = 100;
constexpr unsigned kPlacesAsked = 64;  // ends of a kind, by each worker
const PlannedExecution kBySearch = {"search", 0};

ExploreBounds bounds_of(const SearchOptions& options) {
    ExploreBounds bounds = options.bounds;
    bounds.one_level = options.breadth_first;
    return bounds;
}

// As an ordinary execution, on the machine that is prepared.
ExecutionResult follow_again(const Port& port, const SearchOptions& options, const Path& path,
                             Judge& judge, CrashGuard& guard) {
    const SchedulerEntry* const entry = find_scheduler("follow");
    SIM_CHECK(entry != nullptr);
    Machine& machine = Machine::instance();
    Coverage places(port);
    places.begin_execution();
    judge.set_sites([&](std::size_t n) { return name_plain(port, places.site_of_finding(n)); });
    machine.set_trace(&places);
    machine.set_scheduler(*entry);
    machine.set_path(path, options.bounds.chain_rules());
    const ExecutionResult result = guard.run(machine, 0);
    machine.set_trace(nullptr);
    if (result.diverged_at != 0) return result;
    if (!guard.crash().empty())
        judge.crashed(kBySearch, result, guard);
    else
        judge.execution(kBySearch, result);
    judge.set_sites(nullptr);
    return result;
}

}  // namespace

SearchWorker::SearchWorker(SearchJob job)
    : job_(std::move(job)),
      judge_(job_.prepared),
      guard_(job_.options.watchdog_ms),
      explorer_(bounds_of(job_.options), *this) {
    judge_.keep_no_examples();
}

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
    all.begin_again = must_begin_again();
    for (const sim_site* const place : hub::places_to_ask())
        all.places_to_ask.push_back(reinterpret_cast<std::uint64_t>(place));
    all.own_memory_is_shared = hub::own_memory_is_shared();
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

// It has left out what it should not have.
bool SearchWorker::must_begin_again() const {
    return job_.options.bounds.own_memory &&
           (hub::own_memory_is_shared() || !hub::places_to_ask().empty());
}

void SearchWorker::look_around() {
    guard_.moved();
    job_.shared.publish(job_.number, explorer_.counts());
    if (enough_states() || must_begin_again()) job_.shared.stop();
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

// To know a place takes a process: for the first ends of a kind, and for shorter ways there.
bool SearchWorker::ask_for_places(const Harvest& harvest, std::size_t length) {
    bool wanted = false;
    for (const Failure& failure : harvest.failures) {
        Asked& asked = asked_[signature(failure)];
        if (asked.times >= kPlacesAsked && length >= asked.shortest) continue;
        ++asked.times;
        asked.shortest = std::min(asked.shortest, length);
        wanted = true;
    }
    return wanted;
}

// In a copy of this process, as the machine is in use here. What an ordinary execution does not
// show keeps no place; the report looks into that.
void SearchWorker::find_places(Harvest& harvest, const Path& path) {
    Harvest again;
    WorkerTask task;
    task.work = [this, &path](WorkerPort& port) {
        Judge judge(job_.prepared);
        follow_again(*job_.port, job_.options, path, judge, guard_);
        port.send(pack(judge.take()));
        return 0;
    };
    task.received = [&again](const std::string& message) { again = unpack(message); };
    run_worker(task);
    guard_.moved();
    for (Failure& failure : harvest.failures) {
        const std::string wanted = signature(failure);
        for (Failure other : again.failures) {
            const std::string site = std::exchange(other.site, "");
            if (signature(other) != wanted) continue;
            failure.site = site;
            break;
        }
    }
}

void SearchWorker::failed() {
    Harvest harvest = judge_.take();
    const Path path = explorer_.path();
    ++yield_.failing_ends;
    if (!job_.options.keep_going) job_.shared.stop();
    const bool told = job_.port == nullptr || ask_for_places(harvest, path.size());
    if (told && job_.port != nullptr) find_places(harvest, path);
    add(yield_.harvest, harvest);
    if (!told) return;
    for (const Failure& failure : harvest.failures) {
        const auto [known, added] = yield_.found.emplace(signature(failure), path);
        if (!added && path.size() < known->second.size()) known->second = path;
    }
}

void SearchWorker::note_allowed(const ExecutionResult& result) {
    Path path;
    for (const Finding& finding : result.findings) {
        if (!judge_.allows(finding)) continue;
        if (path.empty()) path = explorer_.path();
        const std::string key = allowed_key(finding);
        if (yield_.is_better(key, finding.text, path.size()))
            yield_.allowed[key] = {finding.text, path};
    }
}

void SearchWorker::on_end(const ExecutionResult& result) {
    if (guard_.crash().empty()) note_allowed(result);
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
    if (follow_again(port, options, path, judge, guard).diverged_at != 0)
        throw EngineBug("a path of the search could not be followed by an ordinary execution");
    return judge.take();
}

}  // namespace lockstep
