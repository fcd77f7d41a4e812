// What a search costs: a transition, a checkpoint, and what a second worker is good for.
#include "tests/bench/search_bench.h"

#include <algorithm>
#include <array>
#include <vector>

#include "scenarios/search.h"
#include "sim/check.h"
#include "sim/explorer.h"
#include "sim/machine.h"
#include "sim/state_table.h"
#include "tests/bench/bench_machine.h"

namespace lockstep::bench {

namespace {

constexpr unsigned kCpus = 3;
constexpr std::uint64_t kTransitions = 50'000;
constexpr std::uint64_t kTableBytes = std::uint64_t{1} << 20;

const BenchMachine* searched = nullptr;

void lock_once(void*) {
    if (searched->acquire(0) == 0) searched->release(0);
}

class Table final : public Explorer::Client {
  public:
    Table() : states_(kTableBytes) {}
    bool fresh(std::uint64_t hash) override {
        if (states_.crowded()) states_.grow();
        return states_.insert(hash);
    }
    void on_end(const ExecutionResult&) override {}
    bool on_finding(const ExecutionResult&) override { return true; }

  private:
    StateTable states_;
};

void install(BenchMachine& machine) {
    searched = &machine;
    for (CpuId c = 0; c < kCpus; ++c) machine.add_task(c, lock_once);
    machine.seal("random", true);
}

// Two workers against one, on the same search.
constexpr char kForWorkers[] = R"(scenario: 1
name: workers
machine: { cpus: 3 }
locks: { A: rqspinlock }
programs:
  worker: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
  handler: |
    r0 = res_spin_lock(A);
    if (!r0) res_spin_unlock(A);
cpus: { 0-2: { task: worker } }
inject: [ { ctx: hardirq, cpu: 0, run: handler, at: any } ]
explore: { strategy: exhaustive }
expect: { always: [ A.word == 0 ] }
)";

double rate(const Scenario& scenario, const Port& port, unsigned workers) {
    SearchOptions options;
    options.keep_going = true;
    options.workers = workers;
    options.states_max = 2'000'000;
    const SearchReport report = search(scenario, port, options);
    return static_cast<double>(report.counts.transitions) / report.seconds;
}

}  // namespace

void search_transition(benchmark::State& state, const Port& port) {
    BenchMachine machine(port, kCpus, 1);
    install(machine);
    while (state.KeepRunningBatch(kTransitions)) {
        // A whole search is less than that: as many as it takes.
        for (std::uint64_t done = 0; done < kTransitions;) {
            Table table;
            Explorer explorer(ExploreBounds{}, table);
            explorer.begin();
            while (!explorer.done() && done + explorer.counts().transitions < kTransitions)
                explorer.advance();
            SIM_CHECK(explorer.counts().transitions > 0);
            done += explorer.counts().transitions;
        }
    }
}

void checkpoint(benchmark::State& state, const Port& port) {
    BenchMachine machine(port, kCpus, 1);
    install(machine);
    SIM_CHECK(Machine::instance().run_until(1, 20).paused);
    Checkpoint bytes;
    for (auto unused : state) {
        static_cast<void>(unused);
        Machine::instance().save(bytes);
        Machine::instance().restore(bytes);
    }
}

double speed_of_two_workers(const Port& port) {
    const ReadResult read = read_scenario("inline", kForWorkers);
    SIM_CHECK(read.scenario.has_value());
    std::array<double, 3> ratios{};
    for (double& ratio : ratios) {
        const double one = rate(*read.scenario, port, 1);
        ratio = rate(*read.scenario, port, 2) / one;
    }
    std::sort(ratios.begin(), ratios.end());
    return ratios[1];
}

}  // namespace lockstep::bench
