// Which option is of use to which strategy.
#include "tools/useless_options.h"

#include <algorithm>
#include <set>

#include "sim/check.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

enum class Use : std::uint8_t { sampling, searches, baselines, judging };

struct ExploreOption {
    const char* name;
    bool given;
    Use use;
    bool useful_to_estimates = false;
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
            {"--executions", a.executions.has_value(), Use::sampling, true},
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

void refuse_for_estimates(const std::vector<ExploreOption>& options, const WayToExplore& way) {
    for (const ExploreOption& option : options)
        if (option.given && !option.useful_to_estimates)
            throw UsageError(std::string(option.name) + ": does nothing for " + way.scenario +
                             " with --estimate; it is for " + of_use_to(option.use));
}

}  // namespace

bool is_search(const std::string& strategy) {
    return strategy == "exhaustive" || strategy == "bfs";
}

void refuse_useless_options(const ExploreArguments& a, const std::vector<WayToExplore>& ways) {
    SIM_CHECK(!ways.empty());
    if (a.estimate) {
        refuse_for_estimates(claims(a), ways.front());
        refuse_for_estimates(others(a), ways.front());
    }
    for (const ExploreOption& option : claims(a))
        for (const WayToExplore& way : ways)
            if (option.given && !a.estimate && !is_of_use(option, way)) refuse(option, {way});
    for (const ExploreOption& option : others(a)) {
        const auto useful = [&](const WayToExplore& way) { return is_of_use(option, way); };
        if (option.given && std::none_of(ways.begin(), ways.end(), useful)) refuse(option, ways);
    }
    if (a.checkpoint_every && a.checkpoint.empty())
        throw UsageError(
            "--checkpoint-every: does nothing without --checkpoint FILE, which says where a "
            "search is kept");
}

}  // namespace lockstep
