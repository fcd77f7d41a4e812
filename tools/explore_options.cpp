// Which option is of use to which strategy.
#include "tools/explore_options.h"

#include <algorithm>
#include <set>

#include "sim/check.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

enum class Use : std::uint8_t { sampling, searches, baselines, judging };

struct ExploreOption {
    const char* name;
    bool given;
    Use use;
};

const char* of_use_to(Use use) {
    switch (use) {
        case Use::sampling:
            return "--strategy random, pct, pos, urw or portfolio";
        case Use::searches:
            return "--strategy exhaustive or bfs";
        case Use::baselines:
            return "--strategy pct, pos, urw or portfolio, beside which random executions are made";
        case Use::judging:
            return "executions that are judged, without --estimate";
    }
    return "";
}

// What a report claims rests on these: one that does nothing for a single scenario is too much.
std::vector<ExploreOption> claims(const ExploreArguments& a) {
    return {{"--twice", a.twice, Use::sampling},
            {"--executions", a.executions.has_value(), Use::sampling},
            {"--plateau", a.plateau.has_value(), Use::sampling},
            {"--depth", a.depth.has_value(), Use::sampling},
            {"--exact", a.exact, Use::searches},
            {"--symmetry", a.symmetry, Use::searches},
            {"--states", a.states.has_value(), Use::searches},
            {"--preemptions", !a.preemptions.empty(), Use::searches},
            {"--injections", !a.injections.empty(), Use::searches},
            {"--every-step", a.every_step, Use::searches},
            {"--reexecute", a.reexecute, Use::searches},
            {"--checkpoint", !a.checkpoint.empty(), Use::searches}};
}

// A folder of searches and samples may be given these for those that they are for.
std::vector<ExploreOption> others(const ExploreArguments& a) {
    return {{"--seed", a.seed.has_value(), Use::sampling},
            {"--no-baseline", a.no_baseline, Use::baselines},
            {"--memory", a.memory_gib.has_value(), Use::searches},
            {"--time", a.seconds.has_value(), Use::judging},
            {"--keep-going", a.keep_going, Use::judging}};
}

bool is_of_use(const ExploreOption& option, const WayToExplore& way) {
    if (option.use == Use::judging) return true;
    if (option.use == Use::searches) return is_search(way.strategy);
    if (option.use == Use::baselines && way.strategy == "random") return false;
    return !is_search(way.strategy);
}

[[noreturn]] void refuse(const ExploreOption& option, const std::vector<WayToExplore>& ways) {
    std::set<std::string> strategies;
    for (const WayToExplore& way : ways) strategies.insert(way.strategy);
    const bool one = ways.size() == 1;
    throw UsageError(
        std::string(option.name) + ": does nothing for " +
        (one ? ways.front().scenario : "any of " + std::to_string(ways.size()) + " scenarios") +
        ", which " + (one ? "is" : "are") + " explored by " +
        joined({strategies.begin(), strategies.end()}) + "; it is for " + of_use_to(option.use));
}

// What an estimate looks at, of states or of executions.
std::vector<ExploreOption> estimated(const ExploreArguments& a) {
    return {{"--executions", a.executions.has_value(), Use::sampling},
            {"--symmetry", a.symmetry, Use::searches},
            {"--preemptions", !a.preemptions.empty(), Use::searches},
            {"--injections", !a.injections.empty(), Use::searches},
            {"--every-step", a.every_step, Use::searches},
            {"--seed", a.seed.has_value(), Use::searches}};
}

void refuse_for_estimates(const ExploreArguments& a, const std::vector<WayToExplore>& ways) {
    const std::vector<ExploreOption> useful = estimated(a);
    std::vector<ExploreOption> all = claims(a);
    for (const ExploreOption& option : others(a)) all.push_back(option);
    for (const ExploreOption& option : all) {
        const auto same = std::find_if(
            useful.begin(), useful.end(),
            [&](const ExploreOption& other) { return std::string(other.name) == option.name; });
        if (option.given && same == useful.end())
            throw UsageError(std::string(option.name) + ": does nothing for " +
                             ways.front().scenario + " with --estimate; it is for " +
                             of_use_to(option.use));
    }
    for (const ExploreOption& option : useful)
        for (const WayToExplore& way : ways)
            if (option.given && !is_of_use(option, way)) refuse(option, {way});
}

}  // namespace

bool is_search(const std::string& strategy) {
    return strategy == "exhaustive" || strategy == "bfs";
}

std::string explore_strategy(const Scenario& scenario, const ExploreArguments& arguments) {
    if (!arguments.strategy.empty()) return arguments.strategy;
    const std::string& own = scenario.explore.strategy;
    if (own == "dpor")
        throw UsageError(scenario.name +
                         ": there is no strategy dpor yet; `exhaustive` finds the " +
                         "same (--strategy exhaustive, or name it in the file)");
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

void refuse_useless_options(const ExploreArguments& a, const std::vector<WayToExplore>& ways) {
    SIM_CHECK(!ways.empty());
    if (a.estimate) {
        refuse_for_estimates(a, ways);
    } else {
        for (const ExploreOption& option : claims(a))
            for (const WayToExplore& way : ways)
                if (option.given && !is_of_use(option, way)) refuse(option, {way});
        for (const ExploreOption& option : others(a)) {
            const auto useful = [&](const WayToExplore& way) { return is_of_use(option, way); };
            if (option.given && std::none_of(ways.begin(), ways.end(), useful))
                refuse(option, ways);
        }
    }
    if (a.checkpoint_every && a.checkpoint.empty())
        throw UsageError(
            "--checkpoint-every: does nothing without --checkpoint FILE, which says where a "
            "search is kept");
}

}  // namespace lockstep
