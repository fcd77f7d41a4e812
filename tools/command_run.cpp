// lockstep run: scenarios on ports, told in KTAP or JSON.
#include <nlohmann/json.hpp>

#include "scenarios/repro.h"
#include "sim/token.h"
#include "tools/command.h"
#include "tools/describe.h"
#include "tools/ktap.h"
#include "tools/library.h"
#include "tools/repro_folder.h"
#include "tools/suggest.h"

namespace lockstep {

namespace {

using nlohmann::json;

struct RunArguments {
    std::vector<std::string> targets;
    std::vector<std::string> ports;
    std::string seeds;
    std::string scheduler;
    bool twice = false;
    bool as_json = false;
    bool quiet = false;
};

struct Counts {
    std::size_t ok = 0, failed = 0, skipped = 0;
    bool interrupted = false;
};

// "a..b"; false if it is not that.
bool read_seeds(const std::string& text, RunOptions& options) {
    unsigned long long first = 0;
    unsigned long long last = 0;
    int used = 0;
    if (std::sscanf(text.c_str(), "%llu..%llu%n", &first, &last, &used) != 2) return false;
    if (static_cast<std::size_t>(used) != text.size() || first > last) return false;
    options.seed_first = first;
    options.seed_last = last;
    return true;
}

bool known_scheduler(const std::string& name) {
    std::vector<std::string> names;
    for (const SchedulerEntry& entry : scheduler_registry()) {
        if (name == entry.name) return true;
        names.emplace_back(entry.name);
    }
    complain("--scheduler: there is no scheduler `" + name + "`" + did_you_mean(name, names) +
             "; `lockstep list schedulers` shows all");
    return false;
}

std::string replay_line(const Scenario& scenario, const Port& port, const Failure& failure,
                        std::string& problem) {
    const SavedRepro saved = keep_repro(scenario, port, failure);
    problem = saved.problem;
    if (!saved.path.empty()) return "lockstep replay " + saved.path;
    const Token token{scenario.name, scenario.hash, failure.picks};
    return "lockstep replay '" + write_token(token) + "' --port " + port.name;
}

std::string failure_title(const Failure& failure, const Scenario& scenario) {
    std::string title = failure.text;
    if (!failure.oracle.empty())
        title =
            "[" + failure.oracle + (failure.word.empty() ? "" : "/" + failure.word) + "] " + title;
    else if (failure.line != 0)
        title = scenario.path + ":" + std::to_string(failure.line) + ": " + title;
    return title;
}

void tell_failure(Ktap& ktap, const Scenario& scenario, const Port& port, const Failure& failure,
                  const Output& output) {
    ktap.note(output.paint(Colour::bold, failure_title(failure, scenario)));
    if (failure.kind == Failure::Kind::never_seen || failure.kind == Failure::Kind::never_fired ||
        failure.kind == Failure::Kind::never_found)
        return;
    ktap.note("in an execution of " + std::to_string(failure.result.steps) + " steps (" +
              failure.scheduler + ", seed " + std::to_string(failure.seed) + "):");
    for (const std::string& line : picture_of(scenario, port, failure.picks, output.width() - 8))
        ktap.note(line);
    std::string problem;
    ktap.note("to see it again: " + replay_line(scenario, port, failure, problem));
    if (!problem.empty()) complain("could not keep a repro file: " + problem);
}

json failure_json(const Scenario& scenario, const Failure& failure) {
    json j = {{"kind", failure_kind_name(failure.kind)},
              {"text", failure.text},
              {"oracle", failure.oracle},
              {"word", failure.word},
              {"line", failure.line},
              {"seed", failure.seed},
              {"scheduler", failure.scheduler}};
    if (!failure.picks.empty() || failure.result.steps != 0) {
        char hash[20];
        std::snprintf(hash, sizeof hash, "%016llx",
                      static_cast<unsigned long long>(failure.result.step_hash));
        j["step_hash"] = hash;
        j["token"] = write_token({scenario.name, scenario.hash, failure.picks});
    }
    return j;
}

json report_json(const Scenario& scenario, const Port& port, const RunReport& report) {
    static constexpr const char* kVerdicts[] = {"as expected", "not as expected", "skipped"};
    json j = {{"scenario", scenario.name},
              {"path", scenario.path},
              {"port", port.name},
              {"verdict", kVerdicts[static_cast<unsigned>(report.verdict)]},
              {"executions", report.executions},
              {"steps", report.steps},
              {"bounds", report.bounds},
              {"time_longest_ns", report.time_longest}};
    if (!report.skip_reason.empty()) j["skipped_because"] = report.skip_reason;
    j["failures"] = json::array();
    for (const Failure& failure : report.failures)
        j["failures"].push_back(failure_json(scenario, failure));
    j["allowed"] = report.allowed;
    j["calls"] = json::array();
    for (const AcquireRecord& call : report.first)
        j["calls"].push_back({{"program", call.program},
                              {"register", call.reg},
                              {"cpu", call.cpu},
                              {"lock", call.lock},
                              {"ret", call.ret},
                              {"wait_ns", call.wait_ns}});
    j["outcomes"] = json::object();
    for (const auto& [what, times] : report.outcomes) j["outcomes"][what] = times;
    return j;
}

class Campaigns {
  public:
    Campaigns(const RunArguments& arguments, const RunOptions& options, Output& output)
        : arguments_(arguments), options_(options), output_(output) {}

    void run_port(const Library& library, const Port& port) {
        if (!arguments_.as_json) {
            output_.line("# " + port_line(port));
            output_.line("# memory sc; each scenario says its clock and bounds");
        }
        std::optional<Ktap> ktap;
        if (!arguments_.as_json) ktap.emplace(output_, library.groups.size());
        for (const ScenarioGroup& group : library.groups) {
            if (ktap) ktap->begin_group(group.name, group.scenarios.size());
            const Counts before = counts_;
            for (const Scenario& scenario : group.scenarios) {
                if (counts_.interrupted) break;
                run_one(scenario, port, ktap ? &*ktap : nullptr);
            }
            const bool ran = counts_.ok + counts_.failed != before.ok + before.failed;
            if (ktap) ktap->end_group(counts_.failed == before.failed, !ran);
        }
    }

    const Counts& counts() const { return counts_; }
    const json& reports() const { return reports_; }

  private:
    void run_one(const Scenario& scenario, const Port& port, Ktap* ktap) {
        progress_.show(scenario.name + " on " + port.name);
        options_.progress = [&](std::uint64_t done, std::uint64_t total) {
            progress_.show(scenario.name + " on " + port.name + ": " + std::to_string(done) +
                           " of " + std::to_string(total) + " executions");
        };
        const RunReport report = run_scenario(scenario, port, options_);
        progress_.clear();
        counts_.interrupted |= report.interrupted;
        using Verdict = RunReport::Verdict;
        if (report.verdict == Verdict::as_expected) ++counts_.ok;
        if (report.verdict == Verdict::not_as_expected) ++counts_.failed;
        if (report.verdict == Verdict::skipped) ++counts_.skipped;
        if (ktap == nullptr)
            reports_.push_back(report_json(scenario, port, report));
        else
            tell(scenario, port, report, *ktap);
    }

    void tell(const Scenario& scenario, const Port& port, const RunReport& report, Ktap& ktap) {
        if (report.verdict == RunReport::Verdict::skipped) {
            ktap.test(Ktap::Result::skip, scenario.name, report.skip_reason);
            return;
        }
        const bool ok = report.verdict == RunReport::Verdict::as_expected;
        ktap.test(ok ? Ktap::Result::ok : Ktap::Result::not_ok, scenario.name, report.bounds);
        if (!arguments_.quiet) ktap.note(scenario.summary);
        for (const Failure& failure : report.failures)
            tell_failure(ktap, scenario, port, failure, output_);
        if (!ok || arguments_.quiet) return;
        for (const std::string& line : calls_of(scenario, port, report.first_picks))
            ktap.note(line);
        for (const auto& [what, times] : report.outcomes)
            if (times != report.executions)
                ktap.note(what + " in " + std::to_string(times) + " of " +
                          std::to_string(report.executions) + " executions");
        for (const std::string& allowed : report.allowed) ktap.note("expected finding: " + allowed);
    }

    const RunArguments& arguments_;
    RunOptions options_;
    Output& output_;
    Progress progress_;
    Counts counts_;
    json reports_ = json::array();
};

int run(const RunArguments& arguments, Output& output) {
    RunOptions options;
    options.twice = arguments.twice;
    options.scheduler = arguments.scheduler;
    options.interrupted = interrupt_flag();
    if (!arguments.seeds.empty() && !read_seeds(arguments.seeds, options)) {
        complain("--seeds: `" + arguments.seeds + "` is not a range such as 1..1000");
        return kExitUsage;
    }
    if (!arguments.scheduler.empty() && !known_scheduler(arguments.scheduler)) return kExitUsage;
    const Library library = load_library(arguments.targets);
    for (const std::string& problem : library.problems) complain(problem);
    if (!library.problems.empty()) return kExitUsage;
    std::vector<Port> ports;
    if (arguments.ports.empty()) ports.push_back(port_or_default(""));
    for (const std::string& name : arguments.ports) ports.push_back(port_or_default(name));

    if (!arguments.as_json) output.line("KTAP version 1");
    Campaigns campaigns(arguments, options, output);
    for (const Port& port : ports)
        if (!campaigns.counts().interrupted) campaigns.run_port(library, port);
    const Counts& counts = campaigns.counts();
    if (arguments.as_json)
        output.line(json({{"reports", campaigns.reports()},
                          {"ok", counts.ok},
                          {"failed", counts.failed},
                          {"skipped", counts.skipped}})
                        .dump(2));
    else
        output.line("# as expected: " + std::to_string(counts.ok) + ", not as expected: " +
                    std::to_string(counts.failed) + ", skipped: " + std::to_string(counts.skipped) +
                    (counts.interrupted ? ", interrupted" : ""));
    if (counts.interrupted) return 130;
    if (counts.failed != 0) return kExitNotAsExpected;
    return counts.ok == 0 ? kExitAllSkipped : kExitAsExpected;
}

}  // namespace

void add_run_command(CLI::App& app, CommandBody& body) {
    const auto arguments = std::make_shared<RunArguments>();
    CLI::App* const command = app.add_subcommand("run", "run scenarios and judge them");
    command->add_option("scenario", arguments->targets,
                        "scenario files, folders or names; all scenarios if left out");
    command->add_option("--port", arguments->ports,
                        "lock under test (see `lockstep port list`); "
                        "several: one after the other");
    command->add_option("--seeds", arguments->seeds, "random schedules to run, such as 1..1000");
    command->add_option("--scheduler", arguments->scheduler, "use only this scheduler");
    command->add_flag("--twice", arguments->twice, "run every execution twice, compare the hashes");
    command->add_flag("--json", arguments->as_json, "one JSON document instead of KTAP");
    command->add_flag("-q,--quiet", arguments->quiet, "no explanations below scenarios that pass");
    command->footer(
        "Each scenario is run once round-robin and then under random schedules. A failure prints\n"
        "who did what and a `lockstep replay` line that reproduces it anywhere.\n\n"
        "Examples:\n"
        "  lockstep run scenarios/deadlock\n"
        "  lockstep run scenarios --port linux/arm64\n"
        "  lockstep run aa-nmi abba-2cpu --seeds 1..10000\n\n"
        "Exit codes: 0 as expected, 1 not as expected, 4 all skipped, 64 bad input or usage,\n"
        "70 a bug of lockstep itself, 75 try again (disk full ...), 130 interrupted");
    command->callback([arguments, &body] {
        body = [arguments](Output& output) { return run(*arguments, output); };
    });
}

}  // namespace lockstep
