// Verdicts about a client's run.
#include "tools/client_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <regex>

#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

std::string end_note(const ClientRunResult& result) {
    if (!result.crash.empty()) return result.crash;
    if (result.interrupted) return "interrupted";
    if (result.out_of_time) return "no end within the wall-clock time allowed (--wall)";
    return end_reason_text(result.execution.reason);
}

ClientVerdict loads(const ClientStory& story) {
    const int ret = story.result.init_result;
    return {"module-loads", story.result.loaded,
            ret == 0 ? "" : "init returned " + std::to_string(ret)};
}

ClientVerdict unloads(const ClientStory& story) {
    const ClientRunResult& result = story.result;
    const bool ended = !result.execution.paused && result.crash.empty() &&
                       result.execution.reason == EndReason::finished;
    // Or the module ended the test itself, by switching the machine off.
    ClientVerdict verdict{"module-unloads", ended, ""};
    verdict.note =
        verdict.passed ? time_text(result.execution.time) + " of virtual time" : end_note(result);
    return verdict;
}

ClientVerdict oracles(const ClientStory& story) {
    const ExecutionResult& execution = story.result.execution;
    ClientVerdict verdict{"oracles", execution.findings_total == 0, ""};
    if (!verdict.passed)
        verdict.note = counted(execution.findings_total, "finding") +
                       ", the first: " + execution.findings.front().oracle + " " +
                       execution.findings.front().word;
    return verdict;
}

struct Counted {
    std::uint64_t total = 0, normal = 0, nmi = 0, success = 0, failure = 0;
    std::uint64_t normal_success = 0, nmi_success = 0;
    std::uint64_t buckets = 0;
    bool has_buckets = false;
};

// The module's lines about each CPU, as numbers; a CPU it says nothing about has none.
std::array<Counted, kCpusMax> read_histogram(const std::vector<ClientLine>& lines) {
    static const std::regex kCpu(
        R"( cpu(\d+): total (\d+) \(normal (\d+), nmi (\d+)\) \| )"
        R"(success (\d+) \(normal (\d+), nmi (\d+)\) \| failure (\d+) .*)");
    static const std::regex kBucket(R"(   (?:>= )?\d+.*ms: total (\d+) \(.*)");
    std::array<Counted, kCpusMax> counted{};
    unsigned cpu = 0;
    std::smatch match;
    for (const ClientLine& line : lines) {
        if (std::regex_match(line.text, match, kCpu)) {
            cpu = static_cast<unsigned>(std::stoul(match[1])) % kCpusMax;
            const auto number = [&](std::size_t group) { return std::stoull(match[group]); };
            counted[cpu] = {number(2), number(3), number(4), number(5), number(8),
                            number(6), number(7), 0,         false};
        } else if (std::regex_match(line.text, match, kBucket)) {
            counted[cpu].buckets += std::stoull(match[1]);
            counted[cpu].has_buckets = true;
        }
    }
    return counted;
}

std::string histogram_problem(const Counted& said, const LockFigures::Results* seen) {
    const LockFigures::Results& task = seen[static_cast<unsigned>(Context::task)];
    const LockFigures::Results& nmi = seen[static_cast<unsigned>(Context::nmi)];
    if (said.total != said.normal + said.nmi) return "normal and nmi are not the total";
    if (said.total != said.success + said.failure) return "success and failure are not the total";
    if (said.has_buckets && said.buckets != said.total) return "the buckets are not the total";
    if (said.normal != task.all() || said.normal_success != task.success)
        return "normal is not what happened: " + counted(task.all(), "acquisition");
    if (said.nmi != nmi.all() || said.nmi_success != nmi.success)
        return "nmi is not what happened: " + counted(nmi.all(), "acquisition");
    return "";
}

}  // namespace

std::vector<ClientVerdict> common_verdicts(const ClientStory& story) {
    return {loads(story), unloads(story), oracles(story)};
}

ClientVerdict histogram_verdict(const ClientStory& story) {
    const std::array<Counted, kCpusMax> said = read_histogram(story.lines);
    ClientVerdict verdict{"histogram-totals", true, ""};
    std::uint64_t all = 0;
    for (unsigned cpu = 0; cpu < kCpusMax && verdict.passed; ++cpu) {
        const std::string problem = histogram_problem(said[cpu], story.result.figures.results[cpu]);
        all += said[cpu].total;
        if (problem.empty()) continue;
        verdict.passed = false;
        verdict.note = "cpu" + std::to_string(cpu) + ": " + problem;
    }
    if (verdict.passed) verdict.note = counted(all, "acquisition") + ", as many as were made";
    if (verdict.passed && all == 0) verdict = {verdict.name, false, "nothing was acquired"};
    return verdict;
}

std::vector<ClientVerdict> selftest_verdicts(const ClientStory& story) {
    std::vector<ClientVerdict> verdicts;
    for (const ClientResult& result : results_of(story.module)) {
        const bool passed = story.result.loaded && result.got == result.expected;
        std::string note = result.what + " " + return_text(result.got);
        if (!passed) note += ", not " + return_text(result.expected);
        verdicts.push_back({result.name, passed, note});
    }
    return verdicts;
}

ClientVerdict end_of_test_verdict(const ClientStory& story) {
    ClientVerdict verdict{"end-of-test", false, "the module did not say how it ended"};
    static const std::string kWords = "End of test: ";
    for (const ClientLine& line : story.lines) {
        const std::size_t at = line.text.find(kWords);
        if (at == std::string::npos) continue;
        const std::size_t from = at + kWords.size();
        verdict.note = line.text.substr(from, line.text.find_first_of(": ", from) - from);
        verdict.passed = verdict.note == "SUCCESS";
    }
    return verdict;
}

std::string dmesg_line(const ClientLine& line) {
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "[%5llu.%06llu] ",
                  static_cast<unsigned long long>(line.time / kNsPerSec),
                  static_cast<unsigned long long>(line.time % kNsPerSec / kNsPerUs));
    return stamp + line.text;
}

std::string client_command(const ClientArguments& arguments, const ClientModule& module) {
    std::string text = "lockstep " + arguments.client;
    for (const std::string& word : arguments.words) text += " " + word;
    if (!arguments.stall.empty()) text += " --stall " + arguments.stall;
    text += " --port " + module.port.name + " --cpus " + std::to_string(arguments.cpus) +
            " --time " + arguments.time + " --seed " + std::to_string(arguments.seed);
    if (!arguments.tree.empty()) text += " --tree " + arguments.tree;
    return text;
}

}  // namespace lockstep
