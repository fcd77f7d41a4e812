// Names of options, and goals read from what was typed or from the scenario.
#include "tools/game_rules.h"

#include <variant>

#include "scenarios/judge.h"
#include "scenarios/prepare.h"
#include "scenarios/question.h"
#include "sim/points.h"
#include "tools/commands.h"

namespace lockstep {

std::string option_name(const Scenario& scenario, const Recording& recording,
                        const Option& option) {
    const std::string cpu = "cpu" + std::to_string(option.cpu);
    switch (option.kind) {
        case Option::Kind::run:
            return cpu;
        case Option::Kind::preempt:
            return "switch " + cpu;
        case Option::Kind::give_up:
            return "giveup " + cpu;
        case Option::Kind::leap:
            return "leap";
        case Option::Kind::inject:
        case Option::Kind::family:
            break;
    }
    const std::size_t index =
        option.kind == Option::Kind::inject ? option.argument : std::size_t{option.cpu};
    const Injection& injection = scenario.injections[index].injection;
    if (option.kind == Option::Kind::family)
        return "at " + std::string(kPoints[injection.at.points[option.argument]].name);
    const std::string name = recording.injections[index];
    return name.substr(0, name.find(' ')) + " " + cpu;
}

std::vector<Expression> goals_of(const Subject& subject, const std::string& goal) {
    std::vector<Expression> goals;
    if (!goal.empty()) {
        std::variant<Expression, std::string> read = read_question(subject.scenario, goal);
        if (const std::string* problem = std::get_if<std::string>(&read))
            throw UsageError("--goal: " + *problem);
        goals.push_back(std::get<Expression>(read));
        goals.back().text = goal;
        return goals;
    }
    const std::vector<std::string> features = features_of(subject.port);
    for (const Expectation& expected : subject.scenario.expectations) {
        if (expected.mode != Expectation::Mode::sometimes) continue;
        if (expected.only_if && !features_hold(*expected.only_if, features)) continue;
        goals.push_back(expected.condition);
    }
    return goals;
}

bool is_error(const Event& event) {
    return event.kind == EventKind::acquire_end && static_cast<std::int64_t>(event.value) < 0;
}

}  // namespace lockstep
