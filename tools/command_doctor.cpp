// lockstep doctor: which of the known upstream bugs does this kernel tree have? Every flavour of
// rqspinlock is built from it into a folder of our own, and each bug's scenario asks each of them
// (scenarios/upstream.h). Besides, the documented limits are tried: they are no bugs, and say
// whether this lock is the one the documents are about.
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "lock/linux/builder.h"
#include "lock/linux/loader.h"
#include "lock/linux/manifest.h"
#include "lock/linux/work_directory.h"
#include "scenarios/upstream.h"
#include "tools/cell_pool.h"
#include "tools/commands.h"
#include "tools/doctor_report.h"
#include "tools/library.h"

namespace lockstep {

namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t doctor_interrupted = 0;
void stop_doctor(int) {
    doctor_interrupted = 1;
}

unsigned processes(unsigned asked) {
    return asked != 0 ? asked : static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

std::vector<const Scenario*> scenarios_of(const Library& library) {
    std::string problems;
    for (const std::string& problem : library.problems)
        problems += (problems.empty() ? "" : "\n") + problem;
    if (!problems.empty()) throw UsageError(problems);
    std::vector<const Scenario*> all;
    for (const ScenarioGroup& group : library.groups)
        for (const Scenario& scenario : group.scenarios) all.push_back(&scenario);
    return all;
}

// In the order of the bugs: R4 before R10.
bool before(const Scenario* left, const Scenario* right) {
    const std::string& one = left->upstream->bug;
    const std::string& two = right->upstream->bug;
    const int numbers[] = {std::atoi(one.c_str() + 1), std::atoi(two.c_str() + 1)};
    return numbers[0] != numbers[1] ? numbers[0] < numbers[1] : one < two;
}

DoctorCell cell_of_bug(const Scenario& scenario, const Port& port) {
    RunOptions options;
    options.interrupted = &doctor_interrupted;
    const BugAnswer answer = ask_for_bug(scenario, port, options);
    switch (answer.state) {
        case BugAnswer::State::absent:
            return {DoctorCell::State::absent, ""};
        case BugAnswer::State::present:
            return {DoctorCell::State::present, answer.reason};
        case BugAnswer::State::not_applicable:
            return {DoctorCell::State::not_applicable, answer.reason};
        case BugAnswer::State::undecided:
            break;
    }
    return {DoctorCell::State::undecided, answer.reason};
}

DoctorCell cell_of_limit(const Scenario& scenario, const Port& port) {
    RunOptions options;
    options.interrupted = &doctor_interrupted;
    const RunReport report = run_scenario(scenario, port, options);
    if (report.verdict == RunReport::Verdict::skipped)
        return {DoctorCell::State::not_applicable, report.skip_reason};
    if (report.verdict == RunReport::Verdict::as_expected) return {DoctorCell::State::absent, ""};
    return {DoctorCell::State::present, report.failures.front().text};
}

class Doctor {
  public:
    explicit Doctor(const DoctorArguments& arguments)
        : arguments_(arguments),
          work_(ports_directory().parent_path() / "doctor" / std::to_string(getpid())) {}

    DoctorReport examine() {
        report_.tree = arguments_.tree;
        report_.version = read_tree_version(arguments_.tree).text();
        const Library bugs = load_library({"upstream"});
        const Library limits = load_library({"limits"});
        bugs_ = scenarios_of(bugs);
        std::sort(bugs_.begin(), bugs_.end(), before);
        limits_ = scenarios_of(limits);
        build();
        ask();
        report_.interrupted = doctor_interrupted != 0;
        return std::move(report_);
    }

  private:
    void build() {
        std::vector<const Flavour*> wanted;
        for (const Flavour& flavour : flavours())
            if (resilient(flavour)) wanted.push_back(&flavour);
        report_.flavours.resize(wanted.size());
        CellPool pool;
        pool.cells = static_cast<std::uint32_t>(wanted.size());
        pool.processes = processes(arguments_.jobs);
        pool.interrupted = &doctor_interrupted;
        pool.work = [this, &wanted](std::uint32_t number) { return build_one(*wanted[number]); };
        pool.received = [this, &wanted](std::uint32_t number, const std::string& refused) {
            DoctorFlavour& flavour = report_.flavours.at(number);
            flavour.name = wanted[number]->name;
            flavour.not_built = refused;
            progress_.show("building " + flavour.name);
        };
        run_cells(pool);
        for (DoctorFlavour& flavour : report_.flavours) {
            const auto manifest = read_manifest(work_.path() / flavour.name);
            if (!flavour.not_built.empty() || !manifest) continue;
            flavour.features = manifest->features;
            flavour.undecided = manifest->undecided;
            built_.push_back({static_cast<std::size_t>(&flavour - report_.flavours.data()),
                              BuiltPort{work_.path() / flavour.name, *manifest, false}});
        }
        if (!built_.empty() || doctor_interrupted != 0) return;
        throw PortError{"no flavour of rqspinlock could be built from `" + arguments_.tree +
                            "`: " + report_.flavours.front().not_built,
                        "is this the top folder of a kernel tree, 6.15 or later?"};
    }

    std::string build_one(const Flavour& flavour) const {
        BuildOptions options;
        options.tree = arguments_.tree;
        options.arch = flavour.arch;
        options.config = flavour.config;
        options.compiler = arguments_.compiler;
        options.into = work_.path();
        try {
            build_kernel_port(options);
            return "";
        } catch (const PortError& error) {
            return error.message + (error.suggestion.empty() ? "" : "; " + error.suggestion);
        }
    }

    void ask() {
        for (const std::vector<const Scenario*>* rows : {&bugs_, &limits_})
            for (const Scenario* scenario : *rows) {
                DoctorRow row;
                row.name = scenario->upstream ? scenario->upstream->bug : scenario->name;
                row.scenario = scenario->name;
                row.summary = scenario->summary;
                row.is_limit = rows == &limits_;
                if (scenario->upstream) row.fixes = scenario->upstream->fixes;
                row.cells.resize(report_.flavours.size());
                report_.rows.push_back(std::move(row));
            }
        CellPool pool;
        pool.cells = static_cast<std::uint32_t>(report_.rows.size() * built_.size());
        pool.processes = processes(arguments_.jobs);
        pool.interrupted = &doctor_interrupted;
        pool.work = [this](std::uint32_t number) { return ask_one(number); };
        unsigned done = 0;
        pool.received = [this, &pool, &done](std::uint32_t number, const std::string& answer) {
            const std::size_t column = built_[number % built_.size()].column;
            report_.rows[number / built_.size()].cells[column] = {
                static_cast<DoctorCell::State>(answer.at(0)), answer.substr(1)};
            progress_.show(std::to_string(++done) + "/" + std::to_string(pool.cells) + " asked");
        };
        run_cells(pool);
        progress_.clear();
    }

    std::string ask_one(std::uint32_t number) const {
        const std::size_t row = number / built_.size();
        DoctorCell cell;
        try {
            const Port port = load_built_port(built_[number % built_.size()].port).port;
            cell = row < bugs_.size() ? cell_of_bug(*bugs_[row], port)
                                      : cell_of_limit(*limits_[row - bugs_.size()], port);
        } catch (const PortError& error) {
            cell = {DoctorCell::State::undecided, error.message};
        }
        return std::string(1, static_cast<char>(cell.state)) + cell.reason;
    }

    struct Built {
        std::size_t column;
        BuiltPort port;
    };

    const DoctorArguments& arguments_;
    WorkDirectory work_;
    Progress progress_;
    DoctorReport report_;
    std::vector<const Scenario*> bugs_, limits_;
    std::vector<Built> built_;
};

}  // namespace

int command_doctor(const DoctorArguments& arguments, Output& output) {
    doctor_interrupted = 0;
    struct sigaction action {
    }, before_action{};
    action.sa_handler = stop_doctor;
    action.sa_flags |= static_cast<int>(unsigned{SA_RESETHAND});
    sigaction(SIGINT, &action, &before_action);
    const DoctorReport report = Doctor(arguments).examine();
    sigaction(SIGINT, &before_action, nullptr);
    if (arguments.json)
        print_doctor_json(report, output);
    else if (arguments.markdown)
        print_doctor_markdown(report, output);
    else
        print_doctor(report, output);
    return doctor_exit_code(report);
}

}  // namespace lockstep
