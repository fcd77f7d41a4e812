// Lays out the executions of a campaign.
#include "scenarios/plan.h"

#include <algorithm>

#include "sim/check.h"
#include "sim/scheduler.h"

namespace lockstep {

namespace {

bool registered(const std::string& scheduler) {
    const std::vector<SchedulerEntry>& registry = scheduler_registry();
    return std::any_of(registry.begin(), registry.end(),
                       [&](const SchedulerEntry& entry) { return scheduler == entry.name; });
}

// Strategies that are a scheduler with seeds; everything else is sampled by `random`.
bool takes_seeds(const std::string& strategy) {
    return strategy != "round-robin" && strategy != "exhaustive" && strategy != "replay" &&
           strategy != "script" && registered(strategy);
}

}  // namespace

std::uint64_t families(const Scenario& scenario) {
    std::uint64_t product = 1;
    for (const InjectionDeclaration& declaration : scenario.injections) {
        const std::uint64_t points =
            std::max<std::uint64_t>(1, declaration.injection.at.point_count);
        product = std::min(product * points, kFamiliesMax);
    }
    return product;
}

Plan::Plan(const Scenario& scenario, const RunOptions& options) {
    if (options.replay) {
        sampler_ = "replay";
        seeds_ = 1;
        seed_first_ = 0;
        return;
    }
    const Explore& explore = scenario.explore;
    const bool by_hand = options.seed_first || options.seed_last || !options.scheduler.empty();
    const std::string& wanted = options.scheduler.empty() ? explore.strategy : options.scheduler;
    whole_ = !by_hand;
    seed_first_ = options.seed_first.value_or(explore.seed_first);
    const std::uint64_t seed_last =
        options.seed_last.value_or(options.seed_first.value_or(explore.seed_last));
    if (!by_hand || wanted == "round-robin") round_robins_ = families(scenario);
    if (wanted == "round-robin") return;
    sampler_ = takes_seeds(wanted) ? wanted : "random";
    if (sampler_ != wanted) asked_for_ = wanted;
    seeds_ = seed_last >= seed_first_ ? seed_last - seed_first_ + 1 : 0;
    if (!by_hand && explore.max_executions) seeds_ = std::min(seeds_, *explore.max_executions);
    if (by_hand && seeds_ >= explore.seed_last - explore.seed_first + 1) whole_ = true;
}

PlannedExecution Plan::at(std::uint64_t index) const {
    SIM_CHECK(index < total());
    if (index < round_robins_) return {"round-robin", index};
    return {sampler_, seed_first_ + (index - round_robins_)};
}

std::string Plan::describe() const {
    if (sampler_ == "replay") return "1 replay";
    std::string text;
    if (round_robins_ > 0) text = std::to_string(round_robins_) + " round-robin";
    if (seeds_ > 0) {
        if (!text.empty()) text += " and ";
        text += std::to_string(seeds_) + " " + sampler_;
    }
    text += round_robins_ + seeds_ == 1 ? " schedule" : " schedules";
    if (!asked_for_.empty()) text += " (sampled, not " + asked_for_ + ")";
    return text;
}

}  // namespace lockstep
