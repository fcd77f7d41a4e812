// One execution after the other is held against the scenario.
#include "scenarios/judge.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/check.h"
#include "sim/machine.h"

namespace lockstep {

namespace {

constexpr std::size_t kOutcomesMax = 1000;  // kinds of outcome counted; enough for any table

bool covers(const Allowance& allowance, const Finding& finding) {
    return allowance.oracle == finding.oracle &&
           (allowance.word.empty() || allowance.word == finding.word);
}

const char* reason_text(EndReason reason) {
    switch (reason) {
        case EndReason::finished:
            return "every task ended";
        case EndReason::stuck:
            return "somebody is unfinished and nothing can ever happen again";
        case EndReason::step_limit:
            return "the limit of steps was reached";
        case EndReason::time_limit:
            return "the limit of virtual time was reached";
        case EndReason::bug:
            return "the code under test ended the run";
    }
    return "?";
}

const char* reason_word(EndReason reason) {
    switch (reason) {
        case EndReason::stuck:
            return "stuck";
        case EndReason::step_limit:
            return "step-limit";
        case EndReason::time_limit:
            return "time-limit";
        default:
            return "bug";
    }
}

}  // namespace

std::string describe_value(std::int64_t value) {
    if (value == -kEdeadlk) return "-EDEADLK";
    if (value == -kEtimedout) return "-ETIMEDOUT";
    if (value == -16) return "-EBUSY";
    return std::to_string(value);
}

std::string allowed_key(const Finding& finding) {
    return std::string(finding.oracle) + "/" + finding.word;
}

Judge::Judge(PreparedScenario& prepared) : prepared_(prepared), scenario_(prepared.scenario()) {
    const std::vector<std::string>& features = prepared.surroundings().features;
    const auto applies = [&features](const std::optional<Expression>& only_if) {
        return !only_if || features_hold(*only_if, features);
    };
    for (const Expectation& expectation : scenario_.expectations)
        expectation_applies_.push_back(applies(expectation.only_if));
    for (const Allowance& allowance : scenario_.allowances)
        allowance_applies_.push_back(applies(allowance.only_if));
    families_.resize(scenario_.injections.size(), 0);
    reset_harvest();
}

void Judge::reset_harvest() {
    harvest_ = {};
    harvest_.allowances.resize(scenario_.allowances.size(), 0);
    harvest_.known.resize(scenario_.expectations.size(), 0);
    harvest_.held.resize(scenario_.expectations.size(), 0);
    harvest_.fired.resize(scenario_.injections.size(), {});
}

Harvest Judge::take() {
    for (const auto& [key, count] : outcomes_) {
        const auto& [runner, reg, value] = key;
        const PreparedScenario::Runner& where = prepared_.runners().at(runner);
        const Program& program = scenario_.programs[where.program];
        harvest_.outcomes[program.name + "@" + std::to_string(where.cpu) + "." +
                          program.registers.at(reg) + " = " + describe_value(value)] = count;
    }
    outcomes_.clear();
    Harvest taken = std::move(harvest_);
    reset_harvest();
    return taken;
}

void Judge::note_length(const ExecutionResult& result) {
    harvest_.executions += 1;
    harvest_.steps += result.steps;
    harvest_.steps_min = std::min(harvest_.steps_min, result.steps);
    harvest_.steps_max = std::max(harvest_.steps_max, result.steps);
    const bool limit =
        result.reason == EndReason::step_limit || result.reason == EndReason::time_limit;
    if (limit) harvest_.truncated += 1;
}

void Judge::covered(const std::string& what, std::uint64_t index) {
    harvest_.covered.emplace(what, index);
}

bool Judge::execution(const PlannedExecution& planned, const ExecutionResult& result) {
    failed_ = false;
    failed_now_.clear();
    ++unsurprising_;
    note_length(result);
    harvest_.time_longest = std::max(harvest_.time_longest, result.time);
    if (result.diverged_at != 0) {  // not the execution that was asked for: nothing to judge
        harvest_.has_first = true;
        harvest_.first_result = result;
        return false;
    }
    note_family(result);
    note_fired(result);
    for (const NotJudged& silent : result.not_judged)
        harvest_.not_judged[std::string(silent.oracle) + ": not judged: " + silent.why] += 1;
    judge_findings(planned, result);
    judge_ending(planned, result);
    // After a hang or a BUG the registers are whatever they were: the finding is the verdict.
    if (result.reason == EndReason::finished || !failed_) judge_expectations(planned, result);
    note_outcomes();
    if (!first_done_) note_first(result);
    return failed_;
}

bool Judge::allows(const Finding& finding) const {
    for (std::size_t i = 0; i < scenario_.allowances.size(); ++i)
        if (allowance_applies_[i] && covers(scenario_.allowances[i], finding)) return true;
    return false;
}

bool Judge::tolerates(const ExecutionResult& result) const {
    return std::all_of(result.findings.begin(), result.findings.end(),
                       [this](const Finding& finding) { return allows(finding); });
}

void Judge::crashed(const PlannedExecution& planned, const ExecutionResult& result,
                    const CrashGuard& guard) {
    failed_now_.clear();
    note_length(result);
    Failure failure;
    failure.kind = Failure::Kind::crashed;
    failure.text = guard.crash();
    failure.oracle = "progress";
    failure.word = guard.runaway() ? "runaway" : "fault";
    if (!result.findings.empty()) failure.finding = result.findings.front();
    fail(planned, result, std::move(failure));
}

void Judge::fail(const PlannedExecution& planned, const ExecutionResult& result, Failure failure) {
    failed_ = true;
    failure.seed = planned.seed;
    failure.scheduler = planned.scheduler;
    failure.picks = result.picks;
    failure.result = result;
    // An execution counts once for each kind of failure it shows.
    const std::string kind = signature(failure);
    if (failed_now_.insert(kind).second) harvest_.failed[kind] += 1;
    if (add_failure(harvest_.failures, failure)) unsurprising_ = 0;
}

// The first picks of an execution say which of its points each injection used, one pick for each
// injection that has a choice, in scenario order.
void Judge::note_family(const ExecutionResult& result) {
    std::size_t run = 0;
    std::uint32_t used = 0;
    PointId point = 0;
    for (std::size_t i = 0; i < scenario_.injections.size(); ++i) {
        const Trigger& trigger = scenario_.injections[i].injection.at;
        families_[i] = 0;
        if (trigger.point_count >= 2 && run < result.picks.size()) {
            families_[i] = static_cast<std::uint8_t>(result.picks[run].index);
            if (++used == result.picks[run].times) {
                ++run;
                used = 0;
            }
        }
        if (point == 0 && trigger.point_count > 0) point = trigger.points[families_[i]];
    }
    prepared_.set_family(point);
}

void Judge::note_fired(const ExecutionResult& result) {
    for (std::size_t i = 0; i < scenario_.injections.size(); ++i) {
        if (i >= result.injections_fired.size() || result.injections_fired[i] == 0) continue;
        harvest_.fired[i].at(families_[i]) += 1;
    }
}

Failure failure_of(const Finding& finding) {
    Failure failure;
    failure.kind = Failure::Kind::finding;
    failure.text = finding.text;
    failure.oracle = finding.oracle;
    failure.word = finding.word;
    failure.finding = finding;
    return failure;
}

// Nearly every execution of a campaign may have one, and few are better than the one that is kept.
void Judge::note_example(const PlannedExecution& planned, const ExecutionResult& result,
                         const Finding& finding) {
    const auto known = harvest_.allowed_text.find(allowed_key(finding));
    if (known != harvest_.allowed_text.end() && known->second < finding.text) return;
    Failure example = failure_of(finding);
    example.seed = planned.seed;
    example.scheduler = planned.scheduler;
    example.picks = result.picks;
    example.result = result;
    keep_example(harvest_, example);
}

void Judge::judge_findings(const PlannedExecution& planned, const ExecutionResult& result) {
    std::set<std::size_t> used;
    std::set<std::string> allowed;
    for (std::size_t n = 0; n < result.findings.size(); ++n) {
        const Finding& finding = result.findings[n];
        bool expected = false;
        for (std::size_t i = 0; i < scenario_.allowances.size(); ++i) {
            if (!allowance_applies_[i] || !covers(scenario_.allowances[i], finding)) continue;
            expected = true;
            used.insert(i);
        }
        if (expected) {
            const std::string key = allowed_key(finding);
            allowed.insert(key);
            harvest_.note_allowed(key, finding.text);
            if (keeps_examples_) note_example(planned, result, finding);
            continue;
        }
        Failure failure = failure_of(finding);
        if (site_of_) failure.site = site_of_(n);
        fail(planned, result, std::move(failure));
    }
    for (const std::size_t i : used) harvest_.allowances[i] += 1;
    for (const std::string& key : allowed) harvest_.allowed[key] += 1;
}

void Judge::judge_ending(const PlannedExecution& planned, const ExecutionResult& result) {
    if (result.script_done < scenario_.script.size() && !failed_) {
        const ScriptCommand& command = scenario_.script[result.script_done];
        Failure failure;
        failure.kind = Failure::Kind::script_stuck;
        failure.line = command.line;
        failure.text = "command " + std::to_string(result.script_done + 1) +
                       " of the script (line " + std::to_string(command.line) +
                       ") could not be completed: " + reason_text(result.reason);
        fail(planned, result, std::move(failure));
    }
    // An ending that no oracle spoke about must not pass in silence.
    if (result.reason == EndReason::finished || failed_ || result.findings_total > 0) return;
    Failure failure;
    failure.kind = Failure::Kind::finding;
    failure.oracle = "progress";
    failure.word = reason_word(result.reason);
    failure.text =
        std::string("the execution did not end by itself: ") + reason_text(result.reason);
    fail(planned, result, std::move(failure));
}

void Judge::judge_expectations(const PlannedExecution& planned, const ExecutionResult& result) {
    for (std::size_t i = 0; i < scenario_.expectations.size(); ++i) {
        if (!expectation_applies_[i]) continue;
        const Expectation& expectation = scenario_.expectations[i];
        const Evaluated answer = evaluate(expectation.condition, prepared_.surroundings());
        if (answer.known) harvest_.known[i] += 1;
        if (answer.is_true()) harvest_.held[i] += 1;
        const bool violated =
            (expectation.mode == Expectation::Mode::always && answer.is_false()) ||
            (expectation.mode == Expectation::Mode::never && answer.is_true());
        if (!violated) continue;
        Failure failure;
        failure.kind = Failure::Kind::expectation;
        failure.line = expectation.condition.line;
        failure.text = expectation.mode == Expectation::Mode::always
                           ? "`" + expectation.condition.text + "` must always hold and does not"
                           : "`" + expectation.condition.text + "` must never hold and does";
        const std::string registers = describe_registers();
        if (!registers.empty()) failure.text += " (" + registers + ")";
        fail(planned, result, std::move(failure));
    }
}

std::string Judge::describe_registers() const {
    std::string text;
    std::set<const BodyState*> told;
    for (const PreparedScenario::Runner& runner : prepared_.runners()) {
        const BodyState& state = *runner.body.state;
        if (state.assigned == 0 || !told.insert(&state).second) continue;
        const Program& program = scenario_.programs[runner.program];
        text += (text.empty() ? "" : "; ") + program.name + "@" + std::to_string(runner.cpu) + ":";
        for (std::size_t reg = 0; reg < program.registers.size(); ++reg)
            if (((state.assigned >> reg) & 1) != 0)
                text += " " + program.registers[reg] + " = " + describe_value(state.registers[reg]);
    }
    return text;
}

void Judge::note_outcomes() {
    const PreparedScenario::Runners& runners = prepared_.runners();
    for (std::size_t i = 0; i < runners.size(); ++i) {
        const BodyState& state = *runners[i].body.state;
        const std::size_t registers = scenario_.programs[runners[i].program].registers.size();
        for (std::uint16_t reg = 0; reg < registers; ++reg) {
            if (((state.assigned >> reg) & 1) == 0) continue;
            const OutcomeKey key{i, reg, state.registers[reg]};
            if (outcomes_seen_.size() >= kOutcomesMax && !outcomes_seen_.contains(key)) continue;
            if (outcomes_seen_.emplace(key, true).second) unsurprising_ = 0;
            outcomes_[key] += 1;
        }
    }
}

void Judge::note_first(const ExecutionResult& result) {
    first_done_ = true;
    harvest_.has_first = true;
    harvest_.first_picks = result.picks;
    harvest_.first_result = result;
    for (const PreparedScenario::Acquire& acquire : prepared_.acquires()) {
        if (acquire.slot->attempts == 0) continue;
        const PreparedScenario::Runner& runner = prepared_.runners().at(acquire.runner);
        const Program& program = scenario_.programs[runner.program];
        AcquireRecord record;
        record.program = program.name;
        if (acquire.statement->result >= 0)
            record.reg = program.registers.at(static_cast<std::size_t>(acquire.statement->result));
        record.cpu = runner.cpu;
        record.lock = scenario_.locks.at(acquire.statement->lock).name;
        record.ret = acquire.slot->ret;
        record.wait_ns = acquire.slot->wait_ns;
        harvest_.first.push_back(std::move(record));
    }
}

}  // namespace lockstep
