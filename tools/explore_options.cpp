// What is refused before anything runs.
#include "tools/explore_options.h"

#include <algorithm>
#include <vector>

#include "tools/suggest.h"

namespace lockstep {

namespace {

struct GivenOption {
    const char* name;
    bool given;
    bool estimated;  // an estimate looks at it as well
};

std::vector<GivenOption> options_of_sampling(const ExploreArguments& a) {
    return {{"--twice", a.twice, false},
            {"--executions", a.executions.has_value(), true},
            {"--plateau", a.plateau.has_value(), false},
            {"--depth", a.depth.has_value(), false}};
}

std::vector<GivenOption> options_of_searches(const ExploreArguments& a) {
    return {{"--exact", a.exact, false},
            {"--symmetry", a.symmetry, true},
            {"--states", a.states.has_value(), false},
            {"--preemptions", !a.preemptions.empty(), true},
            {"--injections", !a.injections.empty(), true},
            {"--every-step", a.every_step, true},
            {"--reexecute", a.reexecute, false},
            {"--checkpoint", !a.checkpoint.empty(), false}};
}

}  // namespace

bool is_search(const std::string& strategy) {
    return strategy == "exhaustive" || strategy == "bfs";
}

std::string explore_strategy(const Scenario& scenario, const ExploreArguments& arguments) {
    if (!arguments.strategy.empty()) return arguments.strategy;
    const std::string& own = scenario.explore.strategy;
    return own == "round-robin" || own == "replay" ? "portfolio" : own;
}

void require_known_strategy(const std::string& strategy) {
    static const std::vector<std::string> kKnown = {"random",    "pct",        "pos", "urw",
                                                    "portfolio", "exhaustive", "bfs"};
    if (strategy.empty() || std::find(kKnown.begin(), kKnown.end(), strategy) != kKnown.end())
        return;
    throw UsageError("no strategy `" + strategy + "`" + did_you_mean(strategy, kKnown) +
                     "\nexpected random, pct, pos, urw, portfolio, exhaustive or bfs");
}

void require_options_of_use(const Scenario& scenario, const ExploreArguments& arguments) {
    const std::string strategy = explore_strategy(scenario, arguments);
    // A scenario may name a strategy of the language that nothing here implements.
    if (strategy == "dpor")
        throw UsageError(scenario.name +
                         ": there is no strategy dpor yet; `exhaustive` finds the " +
                         "same (--strategy exhaustive, or name it in the file)");
    const auto refuse = [&](const GivenOption& option, const std::string& where) {
        throw UsageError(std::string(option.name) + ": does nothing for " + scenario.name +
                         ", which is " + (arguments.estimate ? "estimated" : "explored") + " by " +
                         strategy + "; it is for " + where);
    };
    const std::string without = arguments.estimate ? ", without --estimate" : "";
    const bool searched = is_search(strategy);
    for (const GivenOption& each : options_of_sampling(arguments))
        if (each.given && (searched || (arguments.estimate && !each.estimated)))
            refuse(each, "--strategy random, pct, pos, urw or portfolio" +
                             (each.estimated ? "" : without));
    for (const GivenOption& each : options_of_searches(arguments))
        if (each.given && (!searched || (arguments.estimate && !each.estimated)))
            refuse(each, "--strategy exhaustive or bfs" + (each.estimated ? "" : without));
}

}  // namespace lockstep
