// Measures the machine and prints one table: what, nanoseconds, multiples of a raw context jump
// measured in the same run, the goal, and whether it is met. Not run by ctest: figures are for
// people, and a busy computer must not fail the tests.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/context/detail/fcontext.hpp>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/check.h"
#include "sim/kernel.h"
#include "tests/bench/baselines.h"
#include "tests/bench/bench_machine.h"
#include "tests/bench/search_bench.h"

namespace lockstep::bench {

namespace {

enum class Unit { jumps, wall_ms, none };

struct Goal {
    const char* what;
    Unit unit;
    double at_most;  // Unit::none: for information
};

// What is compared with each other below the table.
const char* const kRandomWalk = "random walk, qspinlock 3 CPUs x 2 rounds, execution";
const char* const kRelacy = "  the same lock in Relacy, execution";
const char* const kNaiveHub = "  the same lock in a naive fiber hub, execution";

// The order of the table. The first row is the unit of the others.
const std::vector<Goal> kGoals = {
    {"raw jump_fcontext, one way (J)", Unit::none, 0},
    {"load without a switch", Unit::jumps, 2},
    {"load with a switch, 3 CPUs", Unit::jumps, 5},
    {"step of the lock's code without a switch", Unit::jumps, 2},
    {"step of the lock's code with a switch, 3 CPUs", Unit::jumps, 5},
    {"step without a switch, nine oracles watching", Unit::none, 0},
    {"step with a switch, nine oracles watching", Unit::none, 0},
    {"reset of a 3-CPU machine", Unit::jumps, 60},
    {"execution of 3 empty tasks, result included", Unit::none, 0},
    {"uncontended lock+unlock", Unit::jumps, 20},
    {"uncontended lock+unlock, nine oracles watching", Unit::none, 0},
    {kRandomWalk, Unit::none, 0},
    {"random walk, qspinlock 3 CPUs x 2 rounds, step", Unit::none, 0},
    {kRelacy, Unit::none, 0},
    {kNaiveHub, Unit::none, 0},
    {"search, 3 CPUs, transition", Unit::jumps, 60},
    {"checkpoint of 3 CPUs, save and restore", Unit::jumps, 12},
    {"ABBCCA to its timeout, arm64", Unit::wall_ms, 20},
    {"ABBCCA to its timeout, x86_64", Unit::wall_ms, 150},
};

#ifdef LOCKSTEP_RELACY
constexpr auto kWalkInRelacy = walk_in_relacy;
#else
constexpr void (*kWalkInRelacy)(unsigned) = nullptr;
#endif
// Lock+unlock pairs or loads of one execution: enough to outweigh its beginning, few enough for the
// log of its picks to stay in the cache, as it does in a campaign.
constexpr int kRounds = 2'000;
const BenchMachine* measured = nullptr;

// --- bodies: what the simulated CPUs do -------------------------------------------------------

void load_often(void*) {
    static sim_site site = {"bench", "load_often", "READ_ONCE(lock)", 1, 0, 0, 0};
    for (int i = 0; i < kRounds; ++i) sim_load(measured->lock(0), 4, SIM_RELAXED, &site);
}

// Each CPU its own lock.
void lock_often(void*) {
    const auto own = static_cast<LockId>(Machine::instance().this_cpu());
    for (int i = 0; i < kRounds; ++i) {
        if (measured->acquire(own) != 0) return;
        measured->release(own);
    }
}

// All CPUs the same lock, twice.
void contend(void*) {
    for (int round = 0; round < 2; ++round) {
        measured->port().operations.acquire(measured->lock(0));
        measured->port().operations.release(measured->lock(0));
    }
}

void nothing(void*) {}

std::uint32_t* arrived = nullptr;

// Takes the lock of its own number, waits for the others to have theirs, then wants the next one.
void take_two(void*) {
    const auto own = static_cast<LockId>(Machine::instance().this_cpu());
    if (measured->acquire(own) != 0) return;
    ++*arrived;
    Machine::instance().wait_until([](void*) { return *arrived == 3; }, nullptr);
    const auto next = static_cast<LockId>((own + 1) % 3);
    if (measured->acquire(next) == 0) measured->release(next);
    measured->release(own);
}

// --- benchmarks -------------------------------------------------------------------------------

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

void jump(benchmark::State& state) {
    static std::vector<char> stack(65536);
    transfer_t at{make_fcontext(stack.data() + stack.size(), stack.size(),
                                [](transfer_t back) {
                                    for (;;) back = jump_fcontext(back.fctx, nullptr);
                                }),
                  nullptr};
    constexpr int kPairs = 1000;
    while (state.KeepRunningBatch(2 * kPairs))
        for (int i = 0; i < kPairs; ++i) at = jump_fcontext(at.fctx, nullptr);
}

void expect_finished(const ExecutionResult& result) {
    SIM_CHECK(result.reason == EndReason::finished);
    const bool quiet = result.findings.empty();
    SIM_CHECK_MSG(quiet, quiet ? "" : result.findings[0].text);
}

void run_once(std::uint64_t seed = 1) {
    static ExecutionResult result;  // kept, as a campaign would: nothing is allocated
    Machine::instance().run(seed, result);
    expect_finished(result);
}

struct Load {
    unsigned cpus;
    void (*body)(void*);
    bool judged;
};

void install(BenchMachine& machine, const Load& load) {
    measured = &machine;
    for (unsigned c = 0; c < load.cpus; ++c) machine.add_task(static_cast<CpuId>(c), load.body);
    machine.seal("round-robin", load.judged);
}

// One iteration is one load or one pair of lock and unlock, not one execution.
void per_round(benchmark::State& state, const Port& port, const Load& load) {
    BenchMachine machine(port, load.cpus, load.cpus);
    install(machine, load);
    while (state.KeepRunningBatch(kRounds)) run_once();
}

// One iteration is one step. Nobody waits: what is measured is the switch.
void per_step(benchmark::State& state, const Port& port, const Load& load) {
    BenchMachine machine(port, load.cpus, load.cpus);
    install(machine, load);
    const auto steps = static_cast<benchmark::IterationCount>(Machine::instance().run(1).steps);
    while (state.KeepRunningBatch(steps)) run_once();
}

// Up to the first step, which is not made: the boot image is back, and the scheduler is new.
void reset(benchmark::State& state, const Port& port) {
    BenchMachine machine(port, 3, 3);
    install(machine, {3, nothing, true});
    for (auto unused : state) {
        static_cast<void>(unused);
        Machine::instance().boot(1);
    }
}

void empty_execution(benchmark::State& state, const Port& port) {
    BenchMachine machine(port, 3, 3);
    install(machine, {3, nothing, true});
    for (auto unused : state) {
        static_cast<void>(unused);
        run_once();
    }
}

// Nobody judges, and every execution goes another way. One iteration is one execution or one step.
void random_walk(benchmark::State& state, bool by_step) {
    BenchMachine machine(open_port("qspinlock"), 3, 1);
    measured = &machine;
    for (CpuId c = 0; c < 3; ++c) machine.add_task(c, contend);
    machine.seal("random", false);
    constexpr int kExecutions = 1000;
    std::uint64_t steps = 0;
    for (std::uint64_t seed = 1; seed <= kExecutions; ++seed)
        steps += Machine::instance().run(seed).steps;
    const auto batch = by_step ? static_cast<benchmark::IterationCount>(steps) : kExecutions;
    while (state.KeepRunningBatch(batch))
        for (std::uint64_t seed = 1; seed <= kExecutions; ++seed) run_once(seed);
}

// Without Relacy the row stays away.
void baseline(benchmark::State& state, void (*walk)(unsigned executions)) {
    constexpr unsigned kExecutions = 1000;
    if (walk == nullptr) return state.SkipWithError("not installed");
    while (state.KeepRunningBatch(kExecutions)) walk(kExecutions);
}

void abbcca(benchmark::State& state, const Port& port) {
    BenchMachine machine(port, 3, 3);
    measured = &machine;
    arrived = static_cast<std::uint32_t*>(Machine::instance().allocate(64, 64));
    for (CpuId c = 0; c < 3; ++c) machine.add_task(c, take_two);
    machine.seal("random", true);
    TimeNs latest = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        const ExecutionResult result = Machine::instance().run(1);
        expect_finished(result);
        latest = result.time;
    }
    SIM_CHECK(latest >= 250 * kNsPerMs);
}

// --- the table --------------------------------------------------------------------------------

// Gathers the repetitions of every benchmark; the table is made from their medians.
class Gatherer final : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
            const auto iterations = static_cast<double>(run.iterations);
            cpu_ns_[run.run_name.function_name].push_back(run.cpu_accumulated_time * 1e9 /
                                                          iterations);
            wall_ns_[run.run_name.function_name].push_back(run.real_accumulated_time * 1e9 /
                                                           iterations);
        }
    }

    // Returns how many goals are not met.
    int print() {
        const double unit = median(cpu_ns_[kGoals[0].what]);
        int over = 0;
        std::printf("%-54s %12s %8s %8s\n", "what", "ns", "J", "goal");
        for (const Goal& goal : kGoals) {
            if (!cpu_ns_.contains(goal.what)) continue;
            const bool wall = goal.unit == Unit::wall_ms;
            const double ns = median(wall ? wall_ns_[goal.what] : cpu_ns_[goal.what]);
            std::printf("%-54s %12.1f %8.1f", goal.what, ns, ns / unit);
            if (goal.unit == Unit::none) {
                std::printf("\n");
                continue;
            }
            const bool met = (wall ? ns / 1e6 : ns / unit) <= goal.at_most;
            over += met ? 0 : 1;
            std::printf(" %5.0f %-2s  %s\n", goal.at_most, wall ? "ms" : "J", met ? "ok" : "over");
        }
        compare(kRelacy, "Relacy");
        compare(kNaiveHub, "a naive fiber hub");
        return over;
    }

  private:
    void compare(const char* what, const char* name) {
        if (!cpu_ns_.contains(what) || !cpu_ns_.contains(kRandomWalk)) return;
        const double ratio = median(cpu_ns_[what]) / median(cpu_ns_[kRandomWalk]);
        std::printf("random walk: %.1f times as many executions as in %s\n", ratio, name);
    }

    static double median(std::vector<double> values) {
        std::sort(values.begin(), values.end());
        return values.empty() ? 0 : values[values.size() / 2];
    }

    std::map<std::string, std::vector<double>> cpu_ns_;
    std::map<std::string, std::vector<double>> wall_ns_;
};

Port port_for(const std::string& kernel_port) {
    try {
        return open_port(kernel_port);
    } catch (const PortError&) {
        std::printf(
            "No %s port is registered: measuring the built-in rqspinlock instead. "
            "`lockstep port add TREE` registers one.\n",
            kernel_port.c_str());
        return open_port("rqspinlock");
    }
}

void register_all(const Port& x86, const Port& arm) {
    using State = benchmark::State;
    const std::vector<std::function<void(State&)>> in_table_order = {
        jump,
        [&x86](State& state) {
            per_round(state, x86, {1, load_often, true});
        },
        [&x86](State& state) {
            per_step(state, x86, {3, load_often, false});
        },
        [&x86](State& state) {
            per_step(state, x86, {1, lock_often, false});
        },
        [&x86](State& state) {
            per_step(state, x86, {3, lock_often, false});
        },
        [&x86](State& state) {
            per_step(state, x86, {1, lock_often, true});
        },
        [&x86](State& state) {
            per_step(state, x86, {3, lock_often, true});
        },
        [&x86](State& state) { reset(state, x86); },
        [&x86](State& state) { empty_execution(state, x86); },
        [&x86](State& state) {
            per_round(state, x86, {1, lock_often, false});
        },
        [&x86](State& state) {
            per_round(state, x86, {1, lock_often, true});
        },
        [](State& state) { random_walk(state, false); },
        [](State& state) { random_walk(state, true); },
        [](State& state) { baseline(state, kWalkInRelacy); },
        [](State& state) { baseline(state, walk_in_naive_hub); },
        [&x86](State& state) { search_transition(state, x86); },
        [&x86](State& state) { checkpoint(state, x86); },
        [&arm](State& state) { abbcca(state, arm); },
        [&x86](State& state) { abbcca(state, x86); },
    };
    for (std::size_t i = 0; i < kGoals.size(); ++i)
        benchmark::RegisterBenchmark(kGoals[i].what, in_table_order[i])
            ->Repetitions(7)
            ->MinTime(0.04)
            ->ReportAggregatesOnly(false);
}

}  // namespace

}  // namespace lockstep::bench

// Takes Google Benchmark's own options, for example --benchmark_filter=REGEX.
int main(int argc, char** argv) {
    using namespace lockstep;
    // Repetitions of different benchmarks alternate, so that a busy moment hits all alike.
    std::string interleave = "--benchmark_enable_random_interleaving=true";
    std::vector<char*> arguments(argv, argv + argc);
    arguments.insert(arguments.begin() + 1, interleave.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 64;

    const Port x86 = bench::port_for("linux/x86_64");
    const Port arm = bench::port_for("linux/arm64");
    std::printf("x86: %s %s, arm: %s %s\n", x86.name.c_str(), x86.version.c_str(), arm.name.c_str(),
                arm.version.c_str());
    bench::register_all(x86, arm);
    bench::Gatherer gatherer;
    benchmark::RunSpecifiedBenchmarks(&gatherer);
    const int over = gatherer.print();
    if (argc == 1)  // no filter: the whole table
        std::printf("two workers of a search: %.2f times as fast as one\n",
                    bench::speed_of_two_workers(x86));
    return over == 0 ? 0 : 1;
}
