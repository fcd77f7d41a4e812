// Finds out what fails, then makes it smaller level by level.
#include "scenarios/shrink.h"

#include <algorithm>
#include <utility>

#include "scenarios/prepare.h"

namespace lockstep {

namespace {

class Shrinking {
  public:
    Shrinking(const Scenario& scenario, const Port& port, const ShrinkOptions& options)
        : scenario_(scenario), port_(port), options_(options), bench_(port, options.interrupted) {}

    Shrunk run(const std::vector<PickRun>& picks);

  private:
    void show(const std::string& state) const {
        if (options_.progress)
            options_.progress(state + ", " + std::to_string(bench_.executions()) + " executions");
    }

    bool aim_again(const Failing& best, const Scenario& scenario);
    void shrink_picks();
    void shrink_text();
    void within_limit(const std::function<void()>& half);

    const Scenario& scenario_;
    const Port& port_;
    const ShrinkOptions& options_;
    TrialBench bench_;
    Shrunk shrunk_;
};

// What was given may have had other failures as well, and what is left fewer. Whoever shrinks what
// is left allows only those, so we go on with that narrower goal: true if it is one. Each time
// there is one less, so this ends.
bool Shrinking::aim_again(const Failing& best, const Scenario& scenario) {
    const TrialGoal before = bench_.goal();
    std::string refused;
    bool again = false;
    try {
        again = aim_at_failure(bench_, best.failure.picks, scenario, refused).has_value();
    } catch (const TrialsExhausted&) {
        bench_.aim(before);
        throw;
    }
    if (options_.interrupted != nullptr && *options_.interrupted != 0) throw TrialsInterrupted{};
    const TrialGoal& now = bench_.goal();
    if (!again || now.key != before.key || now.site != before.site) bench_.aim(before);
    return bench_.goal().also != before.also;
}

void Shrinking::shrink_picks() {
    Failing& best = shrunk_.schedule;
    const auto better = [&] { show("schedule: " + std::to_string(best.choices.size()) + " runs"); };
    do shrink_schedule(bench_, best, better);
    while (aim_again(best, scenario_));
}

void Shrinking::shrink_text() {
    SmallScenario small{scenario_, shrunk_.schedule};
    bench_.use(small.scenario);
    const auto keep = [&] {
        bench_.use(scenario_);  // which lives longer than what follows
        if (small.scenario.text != scenario_.text) shrunk_.smaller = std::move(small);
    };
    try {
        const auto better = [&] {
            const std::string& text = small.scenario.text;
            show("scenario: " + std::to_string(std::count(text.begin(), text.end(), '\n')) +
                 " lines");
        };
        do shrink_scenario(bench_, port_, small, better);
        while (aim_again(small.best, small.scenario));
    } catch (...) {
        keep();
        throw;
    }
    keep();
}

void Shrinking::within_limit(const std::function<void()>& half) {
    bench_.allow_executions(options_.executions_max);
    try {
        half();
    } catch (const TrialsExhausted&) {
        shrunk_.exhausted = true;
    }
}

Shrunk Shrinking::run(const std::vector<PickRun>& picks) {
    bench_.use(scenario_);
    std::optional<Failing> given = aim_at_failure(bench_, picks, scenario_, shrunk_.refused);
    if (!given) return std::move(shrunk_);
    shrunk_.key = bench_.goal().key;
    shrunk_.given = shrunk_.schedule = std::move(*given);
    try {
        within_limit([this] { shrink_picks(); });
        if (!options_.keep_scenario) within_limit([this] { shrink_text(); });
    } catch (const TrialsInterrupted&) {
        shrunk_.interrupted = true;
    }
    shrunk_.executions = bench_.executions();
    return std::move(shrunk_);
}

}  // namespace

std::optional<Failing> aim_at_failure(TrialBench& bench, const std::vector<PickRun>& picks,
                                      const Scenario& scenario, std::string& refused) {
    Guide guide;
    guide.recorded = picks;
    TrialAnswer answer;
    try {
        bench.aim({});
        answer = bench.attempt(guide);
    } catch (const TrialsInterrupted&) {
        refused = "interrupted before the run could be repeated";
        return std::nullopt;
    }
    if (answer.diverged)
        refused = "the picks do not fit this scenario on this port (`lockstep replay` shows where)";
    else if (!answer.reproduced && answer.taken.empty() && !picks.empty())
        refused = "the run takes its whole worker process down and cannot be made smaller";
    else if (!answer.reproduced)
        refused = "the run does not fail: it is as its scenario expects";
    if (!answer.reproduced) return std::nullopt;
    TrialGoal goal;
    goal.key = failure_key(scenario, answer.failures.front());
    goal.site = site_of(scenario, answer.failures.front());
    for (const Failure& failure : answer.failures) goal.also.insert(failure_key(scenario, failure));
    goal.steps = answer.failures.front().result.steps;
    bench.aim(goal);
    return failing_of(answer);
}

Shrunk shrink(const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks,
              const ShrinkOptions& options) {
    Shrunk shrunk;
    shrunk.refused = skip_reason(scenario, port);
    if (!shrunk.refused.empty()) return shrunk;
    return Shrinking(scenario, port, options).run(picks);
}

}  // namespace lockstep
