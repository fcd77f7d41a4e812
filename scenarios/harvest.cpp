// Adds harvests up. How they become bytes is in harvest_pack.cpp.
#include "scenarios/harvest.h"

#include <algorithm>
#include <tuple>

namespace lockstep {

namespace {

void add_counts(std::vector<std::uint64_t>& into, const std::vector<std::uint64_t>& later) {
    if (into.size() < later.size()) into.resize(later.size(), 0);
    for (std::size_t i = 0; i < later.size(); ++i) into[i] += later[i];
}

void add_counts(std::map<std::string, std::uint64_t>& into,
                const std::map<std::string, std::uint64_t>& later) {
    for (const auto& [key, count] : later) into[key] += count;
}

}  // namespace

std::string signature(const Failure& failure) {
    std::string text = failure.text;
    if (failure.kind == Failure::Kind::finding) text.clear();
    // A violated condition is told with the registers of the execution, in brackets.
    if (failure.kind == Failure::Kind::expectation) text = text.substr(0, text.rfind(" ("));
    return std::to_string(static_cast<int>(failure.kind)) + '|' + failure.oracle + '|' +
           failure.word + '|' + std::to_string(failure.line) + '|' + failure.site + '|' + text;
}

std::vector<std::string> not_judged_lines(const Harvest& harvest) {
    std::vector<std::string> lines;
    for (const auto& [what, executions] : harvest.not_judged) {
        lines.push_back(what);
        if (executions != harvest.executions)
            lines.back() += " (" + std::to_string(executions) + " of " +
                            std::to_string(harvest.executions) + ")";
    }
    return lines;
}

bool shorter(const Failure& one, const Failure& other) {
    const auto size = [](const Failure& failure) {
        std::uint64_t picks = 0;
        for (const PickRun& run : failure.picks) picks += run.times;
        // Without an execution there is nothing to replay: anything else is better.
        const bool replayable = failure.result.steps != 0;
        return std::make_tuple(!replayable, picks, failure.result.steps);
    };
    return size(one) < size(other);
}

namespace {

bool is_example_of(const Failure& one, const Failure& other) {
    return one.oracle == other.oracle && one.word == other.word;
}

}  // namespace

bool is_better_example(const Harvest& harvest, const Failure& example) {
    for (const Failure& kept : harvest.allowed_examples)
        if (is_example_of(kept, example))
            return example.text != kept.text ? example.text < kept.text : shorter(example, kept);
    return true;
}

void keep_example(Harvest& harvest, const Failure& example) {
    if (!is_better_example(harvest, example)) return;
    for (Failure& kept : harvest.allowed_examples)
        if (is_example_of(kept, example)) return void(kept = example);
    harvest.allowed_examples.push_back(example);
}

bool add_failure(std::vector<Failure>& failures, const Failure& failure) {
    const std::string wanted = signature(failure);
    const auto seen = std::find_if(failures.begin(), failures.end(), [&](const Failure& known) {
        return signature(known) == wanted;
    });
    const bool is_new = seen == failures.end();
    if (is_new)
        failures.push_back(failure);
    else if (shorter(failure, *seen))
        *seen = failure;
    return is_new;
}

void add(Harvest& into, const Harvest& later) {
    into.next = later.next;
    into.stopped = into.stopped || later.stopped;
    into.executions += later.executions;
    into.steps += later.steps;
    into.steps_min = std::min(into.steps_min, later.steps_min);
    into.steps_max = std::max(into.steps_max, later.steps_max);
    into.truncated += later.truncated;
    into.time_longest = std::max(into.time_longest, later.time_longest);
    for (const Failure& failure : later.failures) add_failure(into.failures, failure);
    add_counts(into.failed, later.failed);
    for (const auto& [what, index] : later.covered) {
        const auto known = into.covered.emplace(what, index).first;
        known->second = std::min(known->second, index);
    }
    add_counts(into.allowed, later.allowed);
    for (const auto& [finding, text] : later.allowed_text) into.note_allowed(finding, text);
    for (const Failure& example : later.allowed_examples) keep_example(into, example);
    add_counts(into.not_judged, later.not_judged);
    add_counts(into.outcomes, later.outcomes);
    add_counts(into.allowances, later.allowances);
    add_counts(into.known, later.known);
    add_counts(into.held, later.held);
    if (into.fairness.size() < later.fairness.size()) into.fairness.resize(later.fairness.size());
    for (std::size_t i = 0; i < later.fairness.size(); ++i)
        add(into.fairness[i], later.fairness[i]);
    if (later.figures && !into.figures) into.figures.emplace();
    if (later.figures) add(*into.figures, *later.figures);
    if (into.fired.size() < later.fired.size()) into.fired.resize(later.fired.size());
    for (std::size_t i = 0; i < later.fired.size(); ++i)
        for (std::size_t point = 0; point < later.fired[i].size(); ++point)
            into.fired[i][point] += later.fired[i][point];
    if (!into.has_first && later.has_first) {
        into.has_first = true;
        into.first = later.first;
        into.first_picks = later.first_picks;
        into.first_result = later.first_result;
    }
}

}  // namespace lockstep
