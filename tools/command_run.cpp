// lockstep run: scenarios on ports, judged, as KTAP or JSON.
#include <nlohmann/json.hpp>

#include "lock/port.h"
#include "scenarios/prepare.h"
#include "scenarios/repro.h"
#include "scenarios/runner.h"
#include "tools/ci_reports.h"
#include "tools/commands.h"
#include "tools/failure_text.h"
#include "tools/fairness_text.h"
#include "tools/interrupt.h"
#include "tools/json_text.h"
#include "tools/ktap.h"
#include "tools/library.h"
#include "tools/option_oracle.h"
#include "tools/repro_store.h"
#include "tools/schedule_choice.h"
#include "tools/subject.h"
#include "tools/text_columns.h"
#include "tools/trace.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kPictureRows = 48;
constexpr unsigned kCommentColumns = 6;  // "    # " before each line of a picture

struct Outcome {
    RunReport report;
    ReplayHint hint;
    Trace trace;
    Waits waits;
};

struct RunCommand {
    RunCommand(const RunArguments& given, Output& to)
        : arguments(given), output(to), ktap(to), ci(given.ci) {}

    const RunArguments& arguments;
    Output& output;
    KtapWriter ktap;
    CiReports ci;
    Progress progress;
    Library library;
    std::vector<Port> ports;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> seeds;
    Json results = Json::array();
    bool our_bug = false;
    unsigned failed = 0, passed = 0, skipped = 0;
    std::string last_passed;  // its file, and the port if one was asked for

    void prepare() {
        check_scheduler(arguments.scheduler);
        if (!arguments.seeds.empty()) seeds = parse_seeds(arguments.seeds);
        for (const std::string& name : arguments.ports) ports.push_back(open_port(name));
        if (ports.empty()) ports.push_back(open_port(default_port_name()));
        library = load_library(arguments.targets);
        for (ScenarioGroup& group : library.groups)
            for (Scenario& scenario : group.scenarios) use_oracles(scenario, arguments.oracles);
        if (library.problems.empty()) return;
        std::string all;
        for (const std::string& problem : library.problems)
            all += (all.empty() ? "" : "\n") + problem;
        throw UsageError(all);
    }

    RunOptions options(const Scenario& scenario) {
        RunOptions run;
        run.scheduler = arguments.scheduler;
        if (seeds) {
            run.seed_first = seeds->first;
            run.seed_last = seeds->second;
        }
        run.twice = arguments.twice;
        run.fairness = wants_fairness(arguments.oracles);
        run.figures = arguments.figures.any();
        run.stop_at_failure = !arguments.keep_going;
        run.interrupted = InterruptGuard::asked();
        run.progress = [this, &scenario](std::uint64_t done, std::uint64_t total) {
            progress.show(scenario.name + ": " + std::to_string(done) + "/" +
                          std::to_string(total) + " executions");
        };
        return run;
    }

    // A scenario that is about another port runs there, unless the command line names one.
    const Port& port_for(const Scenario& scenario, const Port& port, Port& own) {
        std::string name = arguments.ports.empty() ? port_of_its_own(scenario) : "";
        if (name.empty() || name == port.name || name == port.alias) return port;
        own = open_port(name);
        return own;
    }

    Outcome run_one(const Scenario& scenario, const Port& port) {
        Outcome outcome;
        outcome.report = run_scenario(scenario, port, options(scenario));
        progress.clear();
        const RunReport& report = outcome.report;
        if (report.verdict == RunReport::Verdict::skipped) return outcome;
        const Failure* failure = report.failures.empty() ? nullptr : &report.failures.front();
        bool replayable = failure != nullptr && failure->result.steps != 0;
        if (replayable) outcome.hint = store_failure(scenario, port, *failure);
        if (report.first_result.steps == 0 && !replayable) return outcome;
        outcome.trace =
            trace_picks(scenario, port, replayable ? failure->picks : report.first_picks, true);
        outcome.waits = fold_waits(outcome.trace.recording);
        return outcome;
    }

    static Outcome left_out() {
        Outcome outcome;
        outcome.report.verdict = RunReport::Verdict::skipped;
        outcome.report.skip_reason = kLeftOut;
        return outcome;
    }

    void count(const RunReport& report) {
        for (const Failure& failure : report.failures)
            our_bug = our_bug || failure.kind == Failure::Kind::nondeterminism;
        if (report.verdict == RunReport::Verdict::as_expected) ++passed;
        if (report.verdict == RunReport::Verdict::not_as_expected) ++failed;
        if (report.verdict == RunReport::Verdict::skipped) ++skipped;
    }

    void report_to_ci(const Scenario& scenario, const Outcome& outcome) {
        const std::vector<Failure>& failures = outcome.report.failures;
        ci.begin(scenario, *current_port, outcome.report.skip_reason);
        for (const Failure& failure : failures)
            ci.add(scenario, *current_port, failure,
                   &failure == &failures.front() ? outcome.hint : ReplayHint());
    }

    void comments(const std::vector<std::string>& lines, const std::string& before = "") {
        for (const std::string& line : lines) ktap.comment(before + line);
    }

    void print_failure(const Scenario& scenario, const Outcome& outcome) {
        for (const Failure& failure : outcome.report.failures)
            ktap.comment(failure_headline(scenario, failure), Colour::red);
        ktap.comment("");
        unsigned width = std::max(80U, output.width()) - kCommentColumns;
        comments(picture_lines(outcome.trace.recording, outcome.waits, width, kPictureRows));
        if (outcome.trace.crashed) ktap.comment("(no picture: the code under test crashed)");
        ktap.comment("");
        if (!outcome.hint.command.empty()) ktap.comment(outcome.hint.command, Colour::bold);
        if (!outcome.hint.file.empty())
            ktap.comment("the whole run in one file: " + outcome.hint.file);
        if (!outcome.hint.problem.empty())
            ktap.comment("no repro file there: " + outcome.hint.problem);
    }

    void print(const Scenario& scenario, const Outcome& outcome) {
        const RunReport& report = outcome.report;
        if (report.verdict == RunReport::Verdict::skipped)
            return ktap.result(TestResult::skipped, scenario.name, report.skip_reason);
        bool passes = report.verdict == RunReport::Verdict::as_expected;
        ktap.comment(scenario.name + ": " + scenario.summary, Colour::bold);
        if (passes) {
            comments(attempt_lines(scenario, *current_port, report), "  ");
            comments(explanation_lines(outcome.trace.recording, outcome.waits), "  ");
            if (arguments.verbose) print_details(outcome);
        } else {
            print_failure(scenario, outcome);
            comments(explanation_lines(outcome.trace.recording, outcome.waits));
        }
        for (std::size_t i = 0; i < report.allowed.size(); ++i)
            ktap.comment("  expected: " + report.allowed[i] + ": " + report.allowed_text[i]);
        comments(fairness_lines(scenario, report.fairness), "  ");
        if (report.figures)
            comments(figure_lines(arguments.figures, lock_names_of(scenario), *report.figures),
                     "  ");
        for (const std::string& silent : report.not_judged) ktap.comment("  " + silent);
        ktap.comment("  covered: " + report.bounds);
        if (report.interrupted) ktap.comment("  interrupted: what follows is about a part only");
        ktap.result(passes ? TestResult::passed : TestResult::failed, scenario.name,
                    counted(report.executions, "execution") + ", " + counted(report.steps, "step"));
    }

    void print_details(const Outcome& outcome) {
        unsigned width = std::max(80U, output.width()) - kCommentColumns;
        comments(picture_lines(outcome.trace.recording, outcome.waits, width, kPictureRows));
        for (const auto& [what, times] : outcome.report.outcomes)
            ktap.comment("  " + what + " in " + counted(times, "execution"));
    }

    const Port* current_port = nullptr;

    void run_scenario_of(const Scenario& scenario, const Port& port) {
        Port own;
        current_port = stop() ? &port : &port_for(scenario, port, own);
        const Outcome outcome = stop() ? left_out() : run_one(scenario, *current_port);
        count(outcome.report);
        report_to_ci(scenario, outcome);
        if (outcome.report.verdict == RunReport::Verdict::as_expected)
            last_passed =
                shell_word(scenario.path) +
                (arguments.ports.empty() ? "" : " --port " + shell_word(current_port->name));
        if (arguments.json)
            results.push_back(report_json(
                scenario, *current_port, outcome.report, outcome.hint.command, outcome.hint.file,
                explanation_lines(outcome.trace.recording, outcome.waits)));
        else
            print(scenario, outcome);
    }

    bool stop() const { return *InterruptGuard::asked() != 0; }

    void run_group(const ScenarioGroup& group, const Port& port, bool nested) {
        if (!arguments.json && nested) ktap.begin_subtest(group.name);
        if (!arguments.json) ktap.plan(group.scenarios.size());
        for (const Scenario& scenario : group.scenarios) run_scenario_of(scenario, port);
        if (!arguments.json && nested) ktap.end_subtest(group.name);
    }

    void print_port(const Port& port) {
        ktap.comment("lockstep " LOCKSTEP_VERSION ", port " + port.name + ": " +
                     (port.version.empty() ? "" : port.version + ", ") + port.arch + ", " +
                     port.config);
        std::string features;
        for (const std::string& feature : port.features)
            features += (features.empty() ? "" : " ") + feature;
        if (!features.empty()) ktap.comment("features: " + features);
        if (port.files.empty()) return;
        if (!port.bugs.empty()) {
            std::string bugs;
            for (const std::string& bug : port.bugs) bugs += (bugs.empty() ? "" : ", ") + bug;
            ktap.comment("upstream bugs put back on purpose: " + bugs);
        }
        ktap.comment(counted(port.files.size(),
                             port.edited.empty() ? "unmodified kernel file" : "kernel file") +
                     (port.edited.empty()
                          ? std::string()
                          : ", " + std::to_string(port.edited.size()) + " of them edited") +
                     " (`lockstep port list --json` has their sha256)");
    }

    std::string machine_text() const {
        std::string memory, clock;
        for (const ScenarioGroup& group : library.groups)
            for (const Scenario& scenario : group.scenarios) {
                if (memory.find(scenario.machine.memory) == std::string::npos)
                    memory += (memory.empty() ? "" : ", ") + scenario.machine.memory;
                const std::string name = clock_name(scenario.machine.clock);
                if (clock.find(name) == std::string::npos)
                    clock += (clock.empty() ? "" : ", ") + name;
            }
        return "memory: " + memory + "; clock: " + clock;
    }

    void run_port(const Port& port) {
        bool nested = ports.size() > 1, many = library.groups.size() > 1;
        if (!arguments.json && nested) ktap.begin_subtest(port.name);
        if (!arguments.json) print_port(port);
        if (!arguments.json) ktap.comment(machine_text());
        bool folders = many || library.groups.front().scenarios.size() > 1;
        if (!arguments.json && folders) ktap.plan(library.groups.size());
        for (const ScenarioGroup& group : library.groups) run_group(group, port, folders);
        if (!arguments.json && nested) ktap.end_subtest(port.name);
    }

    int exit_code() const {
        if (our_bug) return kExitOurBug;
        if (failed > 0) return kExitNotAsExpected;
        if (stop()) return kExitTryAgain;
        return passed == 0 && skipped > 0 ? kExitAllSkipped : kExitAsExpected;
    }

    int run() {
        prepare();
        InterruptGuard guard;
        if (!arguments.json) ktap.begin();
        if (!arguments.json && ports.size() > 1) ktap.plan(ports.size());
        for (const Port& port : ports) run_port(port);
        if (arguments.json) {
            Json all = {{"format", "lockstep-run-1"}, {"tool", "lockstep " LOCKSTEP_VERSION}};
            for (const Port& port : ports) all["ports"].push_back(port_json(port));
            all["scenarios"] = results;
            all["totals"] = {{"passed", passed}, {"failed", failed}, {"skipped", skipped}};
            output.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
        } else {
            if (exit_code() == kExitAsExpected && !last_passed.empty())
                ktap.comment("next: `lockstep show " + last_passed +
                             "` draws that run; `lockstep explore lock-2cpu` tries every order");
            ktap.comment("Totals: pass:" + std::to_string(passed) +
                         " fail:" + std::to_string(failed) + " skip:" + std::to_string(skipped));
        }
        ci.write(output, arguments.json);
        return exit_code();
    }
};

}  // namespace

int command_run(const RunArguments& arguments, Output& output) {
    InterruptGuard::forget();
    return RunCommand(arguments, output).run();
}

}  // namespace lockstep
