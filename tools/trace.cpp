// Replaying with a recorder.
#include "tools/trace.h"

#include <algorithm>
#include <map>
#include <memory>

#include "lock/linux/loader.h"

namespace lockstep {

std::function<std::string(std::uintptr_t)> pc_describer(const Port& port) {
    auto known = std::make_shared<std::map<std::uintptr_t, std::string>>();
    return [&port, known](std::uintptr_t pc) {
        auto [at, added] = known->try_emplace(pc);
        if (added) at->second = describe_pc(port, pc);
        return at->second;
    };
}

namespace {

// What the scenario allows is seldom what somebody asks about.
std::size_t told_finding(const RunReport& report, const std::vector<Finding>& findings) {
    for (const Failure& failure : report.failures) {
        if (!failure.finding) continue;
        const auto same = [&failure](const Finding& finding) {
            return failure.oracle == finding.oracle && failure.word == finding.word &&
                   failure.finding->step == finding.step && failure.finding->cpu == finding.cpu;
        };
        const auto at = std::find_if(findings.begin(), findings.end(), same);
        if (at != findings.end()) return static_cast<std::size_t>(at - findings.begin());
    }
    return 0;
}

}  // namespace

Trace trace_picks(const Scenario& scenario, const Port& port, const std::vector<PickRun>& picks,
                  bool record) {
    Trace trace;
    RunOptions options;
    options.replay = picks;
    // First in a worker process: whatever the code under test does, it ends there.
    trace.report = run_scenario(scenario, port, options);
    for (const Failure& failure : trace.report.failures)
        trace.crashed = trace.crashed || failure.kind == Failure::Kind::crashed;
    const ExecutionResult& result = result_of(trace.report);
    trace.crashed = trace.crashed || result.reason == EndReason::bug;
    trace.recording = name_recording(scenario, port);
    trace.recording.describe_pc = pc_describer(port);
    bool skipped = trace.report.verdict == RunReport::Verdict::skipped;
    if (record && !trace.crashed && !skipped) {
        Recorder recorder(trace.recording);
        options.trace = &recorder;
        trace.report = run_scenario(scenario, port, options);
    }
    trace.recording.findings = result_of(trace.report).findings;
    trace.recording.told = told_finding(trace.report, trace.recording.findings);
    return trace;
}

const ExecutionResult& result_of(const RunReport& report) {
    for (const Failure& failure : report.failures)
        if (failure.result.steps != 0) return failure.result;
    return report.first_result;
}

}  // namespace lockstep
