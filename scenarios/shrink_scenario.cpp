// Tries every edit of the text, takes the first that keeps the failure, and begins again, until
// none does. The schedule is carried over by meaning; if it no longer leads to the failure, a few
// random ones are tried and shrunk.
#include "scenarios/shrink_scenario.h"

#include <optional>
#include <utility>

#include "scenarios/prepare.h"
#include "scenarios/scenario_edits.h"

namespace lockstep {

namespace {

constexpr unsigned kRepairsMax = 3;
constexpr std::uint64_t kSeeds = 8;  // random schedules tried on a scenario that was edited

class TextSearch {
  public:
    TextSearch(TrialBench& bench, const Port& port, SmallScenario& small)
        : bench_(bench), port_(port), small_(small) {}

    bool consider(ScenarioEdit edit);

  private:
    ReadResult read_repaired(ScenarioEdit& edit) const;
    std::vector<ChoiceRun> carried_over(const Scenario& to, const ScenarioEdit& edit) const;
    std::optional<Failing> search(const Scenario& scenario, const ScenarioEdit& edit);
    std::optional<Failing> improve(const TrialAnswer& answer);

    TrialBench& bench_;
    const Port& port_;
    SmallScenario& small_;
};

// Injections are numbered in the order of the file: find each again by its line.
std::vector<ChoiceRun> TextSearch::carried_over(const Scenario& to,
                                                const ScenarioEdit& edit) const {
    std::vector<std::optional<std::uint16_t>> number;
    for (const InjectionDeclaration& injection : small_.scenario.injections) {
        const bool known = injection.line >= 1 && injection.line <= edit.line_after.size();
        const std::uint32_t line = known ? edit.line_after[injection.line - 1] : 0;
        number.emplace_back();
        for (std::size_t i = 0; i < to.injections.size(); ++i)
            if (line != 0 && to.injections[i].line == line)
                number.back() = static_cast<std::uint16_t>(i);
    }
    std::vector<ChoiceRun> choices;
    for (ChoiceRun run : small_.best.choices) {
        const bool inject = run.option.kind == Option::Kind::inject;
        const bool family = run.option.kind == Option::Kind::family;
        if (inject || family) {
            const std::size_t before = inject ? run.option.argument : run.option.cpu;
            if (before >= number.size() || !number[before]) continue;
            if (inject) run.option.argument = *number[before];
            if (family) run.option.cpu = static_cast<CpuId>(*number[before]);
        }
        choices.push_back(run);
    }
    return choices;
}

// Only if neither the picks nor the execution end up longer than they are now: a scenario without
// its unlock is short, but the waiters in it are not.
std::optional<Failing> TextSearch::improve(const TrialAnswer& answer) {
    if (!answer.reproduced) return std::nullopt;
    Failing found = failing_of(answer);
    shrink_schedule(bench_, found, nullptr);
    const ExecutionResult& now = found.failure.result;
    const ExecutionResult& before = small_.best.failure.result;
    const bool longer = cost_of(found).text > cost_of(small_.best).text ||
                        now.steps > before.steps || now.time > before.time;
    if (longer) return std::nullopt;
    return found;
}

std::optional<Failing> TextSearch::search(const Scenario& scenario, const ScenarioEdit& edit) {
    Guide guide;
    guide.wanted = carried_over(scenario, edit);
    if (std::optional<Failing> found = improve(bench_.attempt(guide))) return found;
    guide.wanted.clear();
    guide.inner_after = true;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const TrialAnswer answer = bench_.attempt(guide, seed);
        // One that fails but cannot be made as short as what we have: the next will not either.
        if (answer.reproduced) return improve(answer);
    }
    return std::nullopt;
}

// What only what is gone had a use for has to go as well: the reader says on which lines it is.
ReadResult TextSearch::read_repaired(ScenarioEdit& edit) const {
    ReadResult read = read_scenario(small_.scenario.path, edit.text);
    for (unsigned round = 0; round < kRepairsMax && !read.scenario; ++round) {
        std::vector<std::uint32_t> lines;
        for (const Problem& problem : read.problems) lines.push_back(problem.line);
        edit = without_pieces(edit, lines);
        read = read_scenario(small_.scenario.path, edit.text);
    }
    return read;
}

bool TextSearch::consider(ScenarioEdit edit) {
    ReadResult read = read_repaired(edit);
    if (!read.scenario || !skip_reason(*read.scenario, port_).empty()) return false;
    Scenario& candidate = *read.scenario;
    ask_oracle(candidate, small_.best.failure.oracle);  // may be asked for outside the text
    bench_.use(candidate);
    std::optional<Failing> found;
    try {
        found = search(candidate, edit);
    } catch (...) {
        bench_.use(small_.scenario);
        throw;
    }
    if (found) {
        small_.scenario = std::move(candidate);
        small_.best = std::move(*found);
    }
    bench_.use(small_.scenario);
    return found.has_value();
}

}  // namespace

void shrink_scenario(TrialBench& bench, const Port& port, SmallScenario& small,
                     const std::function<void()>& better) {
    TextSearch search(bench, port, small);
    bool again = true;
    while (again) {
        again = false;
        std::vector<ScenarioEdit> edits = scenario_edits(small.scenario.text);
        for (std::size_t i = 0; i < edits.size();) {
            if (!search.consider(edits[i])) {
                ++i;
                continue;
            }
            again = true;
            if (better) better();
            edits = scenario_edits(small.scenario.text);
        }
    }
}

}  // namespace lockstep
