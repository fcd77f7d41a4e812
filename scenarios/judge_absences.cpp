// What never happened in a whole campaign although the scenario says it must.
#include <algorithm>

#include "scenarios/judge.h"
#include "sim/points.h"

namespace lockstep {

namespace {

Failure absence(Failure::Kind kind, std::uint32_t line, std::string text) {
    Failure failure;
    failure.kind = kind;
    failure.line = line;
    failure.text = std::move(text);
    return failure;
}

void absent_conditions(const Scenario& scenario, const std::vector<std::string>& features,
                       const Harvest& harvest, std::vector<Failure>& failures) {
    for (std::size_t i = 0; i < scenario.expectations.size(); ++i) {
        const Expectation& expectation = scenario.expectations[i];
        const std::string condition = "`" + expectation.condition.text + "`";
        const std::uint32_t line = expectation.condition.line;
        if (expectation.only_if && !features_hold(*expectation.only_if, features)) continue;
        if (expectation.mode == Expectation::Mode::sometimes && harvest.held.at(i) == 0)
            failures.push_back(
                absence(Failure::Kind::never_seen, line, condition + " held in no execution"));
        if (expectation.mode == Expectation::Mode::always && harvest.known.at(i) == 0)
            failures.push_back(
                absence(Failure::Kind::never_seen, line,
                        condition + " speaks of registers that no execution assigned"));
    }
}

// An unresolved point can never be reached: say so, it is the likeliest reason.
std::string unresolved(const Port& port, const std::string& point) {
    for (const PortPoint& known : port.points)
        if (known.name == point && known.where.empty())
            return "; the point did not resolve in port " + port.name;
    return {};
}

void absent_injections(const Scenario& scenario, const Port& port, const Harvest& harvest,
                       std::vector<Failure>& failures) {
    for (std::size_t i = 0; i < scenario.injections.size(); ++i) {
        const InjectionDeclaration& declaration = scenario.injections[i];
        const Trigger& trigger = declaration.injection.at;
        const std::string what = declaration.text.empty() ? "injection " + std::to_string(i + 1)
                                                          : "`" + declaration.text + "`";
        const unsigned points = std::max<unsigned>(1, trigger.point_count);
        for (unsigned point = 0; point < points; ++point) {
            if (harvest.fired.at(i).at(point) > 0) continue;
            std::string text = what + " fired in no execution";
            if (trigger.point_count > 0) {
                const std::string name(kPoints[trigger.points[point]].name);
                text += " at point " + name + unresolved(port, name);
            }
            failures.push_back(absence(Failure::Kind::never_fired, declaration.line, text));
        }
    }
}

}  // namespace

std::vector<Failure> judge_absences(const Scenario& scenario, const Port& port,
                                    const Harvest& harvest) {
    std::vector<Failure> failures;
    const std::vector<std::string> features = features_of(port);
    absent_conditions(scenario, features, harvest, failures);
    absent_injections(scenario, port, harvest, failures);
    for (std::size_t i = 0; i < scenario.allowances.size(); ++i) {
        const Allowance& allowance = scenario.allowances[i];
        if (!allowance.required || harvest.allowances.at(i) > 0) continue;
        if (allowance.only_if && !features_hold(*allowance.only_if, features)) continue;
        Failure failure = absence(Failure::Kind::never_found, allowance.line, {});
        failure.oracle = allowance.oracle;
        failure.word = allowance.word;
        failure.text = "the expected finding " + allowance.oracle +
                       (allowance.word.empty() ? "" : "/" + allowance.word) +
                       " was made in no execution";
        failures.push_back(std::move(failure));
    }
    return failures;
}

}  // namespace lockstep
