// lockstep matrix: every scenario on every port, as a table in the manner of the kernel's
// lib/locking-selftest.c. A cell is judged against what is expected of that port there:
//
//     ok      as expected: it passed, or was caught by the oracle it names, or fails as foretold
//     FAILED  not as expected
//      -      the scenario is not about this port
//      .      a port broken on purpose that this scenario does not catch: says nothing
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "lock/port.h"
#include "scenarios/prepare.h"
#include "scenarios/runner.h"
#include "tools/cell_pool.h"
#include "tools/commands.h"
#include "tools/failure_text.h"
#include "tools/library.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCellColumns = 7;

volatile std::sig_atomic_t matrix_interrupted = 0;
void stop_matrix(int) {
    matrix_interrupted = 1;
}

enum class Cell : std::uint8_t { unknown, ok, failed, skipped, silent, our_bug };

constexpr const char* kCellTexts[] = {"   ?  |", "  ok  |", "FAILED|",
                                      "  -   |", "  .   |", " BUG  |"};
constexpr const char* kCellNames[] = {"unknown", "ok", "failed", "skipped", "silent", "our-bug"};

struct Verdict {
    Cell cell = Cell::unknown;
    std::string reason;  // of anything but ok and silent
};

bool is_broken(const Port& port) {
    return !port.caught_by.empty() || !port.bugs.empty();
}

// "ok", "fails", "skip".
std::string expected_of(const Scenario& scenario, const Port& port) {
    const bool plain = !port.facts.resilient && !is_broken(port);
    for (const std::string& name : {port.name, port.alias, plain ? port.lock_class : port.name}) {
        const auto found = scenario.port_verdicts.find(name);
        if (found != scenario.port_verdicts.end()) return found->second;
    }
    return port.facts.resilient || (plain && is_about_plain_locks(scenario)) ? "ok" : "skip";
}

Verdict judge_broken(const Scenario& scenario, const Port& port) {
    RunOptions options;
    // What it breaks may show as something else first; the whole campaign has to tell.
    for (const bool stop_at_failure : {true, false}) {
        options.stop_at_failure = stop_at_failure;
        const RunReport report = run_scenario(scenario, port, options);
        if (report.verdict == RunReport::Verdict::skipped)
            return {Cell::skipped, report.skip_reason};
        const auto& failures = report.failures;
        if (failures.empty()) return {Cell::silent, ""};
        if (std::any_of(failures.begin(), failures.end(), [&port](const Failure& failure) {
                return failure.oracle == port.caught_by;
            }))
            return {Cell::ok, ""};
        // Of some upstream bugs only an expectation tells.
        if (!port.bugs.empty()) return {Cell::ok, ""};
        if (!stop_at_failure)
            return {Cell::failed, "not caught by " + port.caught_by +
                                      " but: " + failure_headline(scenario, failures.front())};
    }
    return {};
}

Verdict judge_sound(const Scenario& scenario, const Port& port, bool must_fail) {
    const RunReport report = run_scenario(scenario, port, {});
    if (report.verdict == RunReport::Verdict::skipped) return {Cell::skipped, report.skip_reason};
    const bool passed = report.verdict == RunReport::Verdict::as_expected;
    if (passed != must_fail) return {Cell::ok, ""};
    if (passed) return {Cell::failed, "it passes and was expected to fail"};
    const Failure& failure = report.failures.front();
    return {failure.kind == Failure::Kind::nondeterminism ? Cell::our_bug : Cell::failed,
            failure_headline(scenario, failure)};
}

// In a worker process.
Verdict judge_cell(const Scenario& scenario, const std::string& port_name) {
    try {
        const Port port = open_port(port_name);
        const std::string expected = expected_of(scenario, port);
        if (expected == "skip") return {Cell::skipped, "it is about locks that return"};
        // A scenario of an upstream bug says itself what a port with the bug does.
        const bool foretold = scenario.upstream.has_value() && !port.bugs.empty();
        if (is_broken(port) && !foretold && expected != "fails")
            return judge_broken(scenario, port);
        return judge_sound(scenario, port, expected == "fails");
    } catch (const PortError& error) {
        return {Cell::failed, error.message};
    } catch (const std::exception& error) {
        return {Cell::our_bug, error.what()};
    }
}

struct MatrixCommand {
    MatrixCommand(const MatrixArguments& given, Output& to) : arguments(given), output(to) {}

    const MatrixArguments& arguments;
    Output& output;
    Progress progress;
    Library library;
    std::vector<const Scenario*> rows;
    std::vector<Port> ports;
    std::vector<Verdict> cells;  // row by row
    unsigned judged = 0, as_expected = 0;
    bool our_bug = false;
    std::vector<std::string> uncaught;  // broken ports that no scenario caught

    void prepare() {
        for (const std::string& name : arguments.ports) ports.push_back(open_port(name));
        // Kernel ports with an upstream bug in them are for scenarios/upstream, and only if named.
        if (ports.empty())
            for (Port& port : list_ports())
                if (port.bugs.empty() || port.edited.empty()) ports.push_back(std::move(port));
        library = load_library(arguments.targets);
        std::string all;
        for (const std::string& problem : library.problems)
            all += (all.empty() ? "" : "\n") + problem;
        if (!all.empty()) throw UsageError(all);
        for (const ScenarioGroup& group : library.groups)
            for (const Scenario& scenario : group.scenarios) rows.push_back(&scenario);
        cells.resize(rows.size() * ports.size());
    }

    const Verdict& cell(std::size_t row, std::size_t column) const {
        return cells[row * ports.size() + column];
    }

    void run() {
        CellPool pool;
        pool.cells = static_cast<std::uint32_t>(cells.size());
        pool.processes = arguments.jobs != 0
                             ? arguments.jobs
                             : static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
        pool.interrupted = &matrix_interrupted;
        pool.work = [this](std::uint32_t number) {
            const Verdict verdict =
                judge_cell(*rows[number / ports.size()], ports[number % ports.size()].name);
            return std::string(1, static_cast<char>(verdict.cell)) + verdict.reason;
        };
        unsigned done = 0;
        pool.received = [this, &done](std::uint32_t number, const std::string& answer) {
            cells.at(number) = {static_cast<Cell>(answer.at(0)), answer.substr(1)};
            progress.show(std::to_string(++done) + "/" + std::to_string(cells.size()) + " cells");
        };
        run_cells(pool);
        progress.clear();
    }

    void count() {
        for (const Verdict& verdict : cells) {
            our_bug = our_bug || verdict.cell == Cell::our_bug;
            if (verdict.cell == Cell::ok) ++as_expected;
            if (verdict.cell == Cell::ok || verdict.cell == Cell::failed ||
                verdict.cell == Cell::our_bug)
                ++judged;
        }
        // Only the whole library can be held to catch every broken port.
        if (!arguments.targets.empty() || matrix_interrupted != 0) return;
        for (std::size_t column = 0; column < ports.size(); ++column) {
            bool caught = !is_broken(ports[column]);
            for (std::size_t row = 0; row < rows.size(); ++row)
                caught = caught || (cell(row, column).cell == Cell::ok &&
                                    expected_of(*rows[row], ports[column]) != "fails");
            if (caught) continue;
            uncaught.push_back(ports[column].name);
            ++judged;
        }
    }

    Colour colour(Cell what) const {
        if (what == Cell::ok) return Colour::green;
        return what == Cell::failed || what == Cell::our_bug ? Colour::red : Colour::dim;
    }

    // Columns have numbers, as the names of ports are wider than a cell.
    void print_block(std::size_t first, std::size_t last, std::size_t name_width) {
        for (std::size_t column = first; column < last; ++column) {
            const std::string number = "[" + std::to_string(column + 1) + "]";
            const Port& port = ports[column];
            output.line(pad_left(number, 5) + " " + port.name +
                        (port.caught_by.empty() ? "" : " (caught by " + port.caught_by + ")"));
        }
        std::string head = std::string(name_width, ' ') + " |";
        for (std::size_t column = first; column < last; ++column)
            head += pad_right(pad_left("[" + std::to_string(column + 1) + "]", 5), 6) + "|";
        output.line(head);
        output.line(std::string(name_width + 2 + kCellColumns * (last - first), '-'));
        for (std::size_t row = 0; row < rows.size(); ++row) {
            std::string line = pad_right(rows[row]->name, name_width) + " |";
            for (std::size_t column = first; column < last; ++column) {
                const Cell what = cell(row, column).cell;
                line += output.paint(colour(what), kCellTexts[static_cast<unsigned>(what)]);
            }
            output.line(line);
        }
        output.line("");
    }

    void print() {
        std::size_t name_width = 0;
        for (const Scenario* scenario : rows)
            name_width = std::max(name_width, scenario->name.size());
        const std::size_t room = std::max<std::size_t>(output.width(), 80) - name_width - 2;
        const std::size_t block = std::max<std::size_t>(room / kCellColumns, 1);
        for (std::size_t first = 0; first < ports.size(); first += block)
            print_block(first, std::min(first + block, ports.size()), name_width);
        for (std::size_t row = 0; row < rows.size(); ++row)
            for (std::size_t column = 0; column < ports.size(); ++column) {
                const Verdict& verdict = cell(row, column);
                if (verdict.cell != Cell::failed && verdict.cell != Cell::our_bug) continue;
                output.line(rows[row]->name + " on " + ports[column].name + ": " + verdict.reason);
            }
        for (const std::string& port : uncaught)
            output.line(port + ": no scenario has it caught by the oracle it names");
        if (matrix_interrupted != 0) output.line("interrupted: some cells were not filled");
        output.line(std::to_string(as_expected) + " of " + std::to_string(judged) + " as expected");
    }

    void print_json() {
        Json all = {{"format", "lockstep-matrix-1"}, {"tool", "lockstep " LOCKSTEP_VERSION}};
        all["ports"] = Json::array();
        for (const Port& port : ports)
            all["ports"].push_back({{"name", port.name}, {"caught_by", port.caught_by}});
        all["cells"] = Json::array();
        for (std::size_t row = 0; row < rows.size(); ++row)
            for (std::size_t column = 0; column < ports.size(); ++column) {
                const Verdict& verdict = cell(row, column);
                all["cells"].push_back({{"scenario", rows[row]->name},
                                        {"port", ports[column].name},
                                        {"cell", kCellNames[static_cast<unsigned>(verdict.cell)]},
                                        {"reason", verdict.reason}});
            }
        all["uncaught"] = uncaught;
        all["totals"] = {{"as_expected", as_expected}, {"judged", judged}};
        output.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
    }

    int exit_code() const {
        if (our_bug) return kExitOurBug;
        if (as_expected < judged) return kExitNotAsExpected;
        if (matrix_interrupted != 0) return kExitTryAgain;
        const bool all_skipped =
            std::all_of(cells.begin(), cells.end(),
                        [](const Verdict& verdict) { return verdict.cell == Cell::skipped; });
        return all_skipped ? kExitAllSkipped : kExitAsExpected;
    }
};

}  // namespace

int command_matrix(const MatrixArguments& arguments, Output& output) {
    matrix_interrupted = 0;
    MatrixCommand command(arguments, output);
    command.prepare();
    struct sigaction action {
    }, before{};
    action.sa_handler = stop_matrix;
    action.sa_flags |= static_cast<int>(unsigned{SA_RESETHAND});
    sigaction(SIGINT, &action, &before);
    command.run();
    sigaction(SIGINT, &before, nullptr);
    command.count();
    if (arguments.json)
        command.print_json();
    else
        command.print();
    return command.exit_code();
}

}  // namespace lockstep
