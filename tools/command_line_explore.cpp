// The options of `lockstep explore`.
#include "tools/command_line_explore.h"

#include <string>

#include "tools/command_line_options.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kCountMax = 1'000'000'000'000;
constexpr double kSecondsMax = 1e9;

constexpr const char* kExploreFooter =
    "Sampling strategies: random; pct (few ordering constraints, with a guarantee); pos "
    "(conflicting\n"
    "accesses); urw (uniform over orders of lock accesses); portfolio (all of these in turn).\n"
    "exhaustive searches everything that can happen, once for each state; bfs does the same by\n"
    "breadth, so that the first failure has the fewest choices. Both say `complete` or what is "
    "missing.\n"
    "Without a limit 10000 executions are made. The first finding ends the exploration of a "
    "scenario\n"
    "unless --keep-going is given. Beside the chosen strategy a plain random baseline is made.\n"
    "The result depends on the number of executions, not on the number of workers.\n"
    "Examples:\n"
    "  lockstep explore abba-race --strategy pct --depth 3\n"
    "  lockstep explore contention-3cpu --port broken/leaked-node --strategy portfolio\n"
    "  lockstep explore nmi --strategy urw --time 60 --keep-going   a minute for each scenario\n"
    "  lockstep explore nmi-anywhere --strategy pos --plateau 5000  until nothing new comes\n"
    "  lockstep explore scenarios/explore                           everything, complete\n"
    "  lockstep explore nmi-anywhere --strategy exhaustive --checkpoint night.search\n"
    "  lockstep explore lock-4cpu --estimate                        how many states, how long?\n"
    "  lockstep explore contention-3cpu --estimate                  how many executions are "
    "there?\n";

void add_search_options(CLI::App& explore, ExploreArguments& arguments) {
    explore
        .add_option("--preemptions", arguments.preemptions,
                    "exhaustive, bfs: at most so many, or `unbounded` (default)")
        ->transform(bound_up_to(999'999));
    explore
        .add_option("--injections", arguments.injections,
                    "exhaustive, bfs: at most so many of all injections together")
        ->transform(bound_up_to(999'999));
    explore
        .add_option("--stalls", arguments.stalls,
                    "At most so many leaps of time while somebody can run, or `unbounded`")
        ->transform(bound_up_to(1000));
    explore.add_option("--states", arguments.states, "exhaustive, bfs: stop after so many states")
        ->transform(whole_number(1, kCountMax));
    explore
        .add_option("--memory", arguments.memory_gib,
                    "exhaustive, bfs: GiB for the table of states (default: 8)")
        ->transform(amount(0.001, 100000, "GiB"));
    explore.add_option("--checkpoint", arguments.checkpoint,
                       "exhaustive: keep the search in this file and go on from it");
    explore.add_option("--checkpoint-every", arguments.checkpoint_every, "Seconds (default: 10)")
        ->transform(amount(0.001, kSecondsMax, "seconds"));
    explore.add_flag("--symmetry", arguments.symmetry,
                     "exhaustive: of CPUs that do the same, try one for all");
    explore.add_flag("--every-step", arguments.every_step,
                     "exhaustive, bfs: interrupts before every step, also where nobody can tell");
    explore.add_flag("--reexecute", arguments.reexecute,
                     "exhaustive, bfs: go back by running from boot instead of by snapshot");
    explore.add_flag("--exact", arguments.exact,
                     "exhaustive, bfs: compare whole states, not their hashes; small cases only");
}

}  // namespace

CLI::App* add_explore_command(CLI::App& app, ExploreArguments& arguments, const char* exit_codes) {
    CLI::App* explore = app.add_subcommand("explore", "Look for executions that go wrong");
    explore->add_option("scenarios", arguments.targets,
                        "Scenario files, folders or names (default: the whole library)");
    explore->add_option("--port,-p", arguments.ports, "Lock under test; may be given several times")
        ->allow_extra_args(false);
    add_oracle_option(*explore, arguments.oracles);
    explore->add_option("--strategy", arguments.strategy,
                        "random, pct, pos, urw, portfolio, exhaustive or bfs (default: the "
                        "scenario's own)");
    explore->add_option("--executions", arguments.executions, "Stop after so many executions")
        ->transform(whole_number(1, kCountMax));
    explore->add_option("--time", arguments.seconds, "Stop after so many seconds")
        ->transform(amount(0.001, kSecondsMax, "seconds"));
    explore
        ->add_option("--plateau", arguments.plateau,
                     "Stop after so many executions that reached nothing new")
        ->transform(whole_number(1, kCountMax));
    explore->add_option("--seed", arguments.seed, "Seed of the first execution (default: 1)")
        ->transform(whole_number(0, 1'000'000'000'000'000));
    explore->add_option("--depth", arguments.depth, "pct: ordering constraints of the failure")
        ->transform(whole_number(1, 16));
    explore
        ->add_option("--workers", arguments.workers,
                     "Worker processes (default: the cores); a search has at most 64")
        ->transform(whole_number(1, 256));
    add_search_options(*explore, arguments);
    explore->add_flag("--no-baseline", arguments.no_baseline, "No random executions beside it");
    explore->add_flag("--estimate", arguments.estimate,
                      "Only estimate how many states a search will visit, or how many executions "
                      "there are, and how long that takes");
    explore->add_flag("--twice", arguments.twice,
                      "Run every execution twice; both must make the same steps and end in the "
                      "same state");
    explore->add_flag("--keep-going", arguments.keep_going, "Do not stop at the first finding");
    explore->add_flag("--json", arguments.json, "One JSON document instead of KTAP");
    add_ci_options(*explore, arguments.ci);
    explore->footer(std::string(kExploreFooter) + "\n" + exit_codes);
    return explore;
}

}  // namespace lockstep
