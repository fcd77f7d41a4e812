// See upstream.h.
#include "scenarios/upstream.h"

#include <algorithm>

#include "scenarios/reader_keys.h"
#include "sim/check.h"
#include "sim/points.h"

namespace lockstep {

namespace {

// A port with several bugs is asked for one of them: only the findings that are this one count.
Scenario tolerant_of_others(const Scenario& scenario) {
    Scenario tolerant = scenario;
    tolerant.allowances.clear();
    for (const std::string& oracle : oracle_words()) {
        const auto& findings = scenario.upstream->findings;
        const bool is_its_own =
            std::any_of(findings.begin(), findings.end(),
                        [&oracle](const Allowance& one) { return one.oracle == oracle; });
        if (!is_its_own) tolerant.allowances.emplace_back().oracle = oracle;
    }
    return tolerant;
}

bool is_the_bug(const UpstreamBug& upstream, const Failure& failure) {
    if (failure.kind != Failure::Kind::finding) return false;
    return std::any_of(
        upstream.findings.begin(), upstream.findings.end(), [&failure](const Allowance& one) {
            return one.oracle == failure.oracle && (one.word.empty() || one.word == failure.word);
        });
}

// What an execution comes to that left the script says nothing.
bool not_brought_about(const Failure& failure) {
    return failure.kind == Failure::Kind::script_stuck ||
           failure.kind == Failure::Kind::never_fired ||
           failure.kind == Failure::Kind::nondeterminism;
}

// A point of the script that the port does not have is the likeliest reason not to reach it.
std::string unresolved_points(const Scenario& scenario, const Port& port) {
    std::string text;
    for (const PortPoint& point : port.points) {
        if (!point.where.empty()) continue;
        for (const ScriptCommand& command : scenario.script)
            if (command.until == ScriptCommand::Until::point &&
                kPoints[command.point].name == point.name)
                text = "; the point " + point.name + " did not resolve in this source";
    }
    return text;
}

bool is_behaviour(const UpstreamBug& upstream, const Failure& failure) {
    switch (failure.kind) {
        case Failure::Kind::expectation:
        case Failure::Kind::never_seen:
        case Failure::Kind::crashed:
            return true;
        default:
            return is_the_bug(upstream, failure);
    }
}

}  // namespace

Port with_features(Port port, const std::vector<std::string>& features) {
    for (const std::string& feature : features)
        if (std::find(port.features.begin(), port.features.end(), feature) == port.features.end())
            port.features.push_back(feature);
    return port;
}

const char* state_text(BugAnswer::State state) {
    static const char* const kTexts[] = {"absent", "present", "not applicable", "undecided"};
    return kTexts[static_cast<std::size_t>(state)];
}

BugAnswer ask_for_bug(const Scenario& scenario, const Port& port, const RunOptions& options) {
    SIM_CHECK(scenario.upstream.has_value());
    const UpstreamBug& upstream = *scenario.upstream;
    BugAnswer answer;
    answer.report =
        run_scenario(tolerant_of_others(scenario), with_features(port, upstream.features), options);
    if (answer.report.verdict == RunReport::Verdict::skipped) {
        answer.state = BugAnswer::State::not_applicable;
        answer.reason = answer.report.skip_reason;
        return answer;
    }
    const auto& failures = answer.report.failures;
    const auto first = [&failures](auto&& wanted) {
        return std::find_if(failures.begin(), failures.end(), wanted);
    };
    const auto astray = first(not_brought_about);
    const auto shown =
        first([&upstream](const Failure& failure) { return is_behaviour(upstream, failure); });
    if (astray != failures.end()) {
        answer.reason = astray->text + unresolved_points(scenario, port);
    } else if (shown != failures.end()) {
        answer.state = BugAnswer::State::present;
        answer.reason = shown->text;
    } else if (answer.report.interrupted) {
        answer.reason = "it was interrupted";
    } else if (!failures.empty()) {
        answer.reason = failures.front().text;
    } else {
        answer.state = BugAnswer::State::absent;
    }
    return answer;
}

}  // namespace lockstep
