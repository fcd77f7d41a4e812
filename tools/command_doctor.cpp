// lockstep doctor: which of the known upstream bugs does this kernel tree have? Every flavour of
// rqspinlock is built from it into a folder of our own, and each bug's scenario asks each of them
// (scenarios/upstream.h). Besides, the documented limits are tried: they are no bugs, and say
// whether this lock is the one the documents are about.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sstream>

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

// What a scenario asks the source for and the source does not answer; empty: nothing.
std::string unanswered(const Scenario& scenario, const std::vector<std::string>& undecided) {
    if (!scenario.requires_) return "";
    for (const std::string& feature : undecided)
        if (scenario.requires_->text.find("has(" + feature + ")") != std::string::npos)
            return feature;
    return "";
}

DoctorCell cell_of_bug(const Scenario& scenario, const Port& port,
                       const std::vector<std::string>& undecided) {
    RunOptions options;
    options.interrupted = &doctor_interrupted;
    const BugAnswer answer = ask_for_bug(scenario, port, options);
    switch (answer.state) {
        case BugAnswer::State::absent:
            return {DoctorCell::State::absent, ""};
        case BugAnswer::State::present:
            return {DoctorCell::State::present, answer.reason};
        case BugAnswer::State::not_applicable:
            if (const std::string feature = unanswered(scenario, undecided); !feature.empty())
                return {DoctorCell::State::undecided,
                        "it requires has(" + feature + "), and the source does not tell"};
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

// The first line and, of what the compiler said, the first errors.
std::string briefly(const std::string& message) {
    constexpr unsigned kErrors = 3;
    std::istringstream lines(message);
    std::string brief;
    unsigned errors = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!brief.empty() && (line.find("error:") == std::string::npos || ++errors > kErrors))
            continue;
        brief += (brief.empty() ? "" : "\n") + line;
    }
    return brief;
}

// Folders of doctors that were killed. A number may have gone to another process meanwhile; then
// its folder waits for the next doctor.
void remove_leftovers(const fs::path& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const int process = std::atoi(entry.path().filename().c_str());
        std::error_code none;
        if (process > 0 && kill(process, 0) != 0 && errno == ESRCH)
            fs::remove_all(entry.path(), none);
    }
}

class Doctor {
  public:
    explicit Doctor(const DoctorArguments& arguments)
        : arguments_(arguments),
          work_(ports_directory().parent_path() / "doctor" / std::to_string(getpid())) {}

    DoctorReport examine() {
        remove_leftovers(work_.path().parent_path());
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
        for (const Flavour* flavour : wanted) {
            report_.flavours.emplace_back().name = flavour->name;
            report_.flavours.back().not_built = "it was interrupted";
        }
        CellPool pool;
        pool.cells = static_cast<std::uint32_t>(wanted.size());
        pool.processes = processes(arguments_.jobs);
        pool.interrupted = &doctor_interrupted;
        pool.work = [this, &wanted](std::uint32_t number) { return build_one(*wanted[number]); };
        pool.received = [this](std::uint32_t number, const std::string& refused) {
            DoctorFlavour& flavour = report_.flavours.at(number);
            flavour.not_built = refused;
            progress_.show("building " + flavour.name);
        };
        run_cells(pool);
        for (DoctorFlavour& flavour : report_.flavours) {
            if (!flavour.not_built.empty()) continue;
            const auto manifest = read_manifest(work_.path() / flavour.name);
            if (!manifest) flavour.not_built = "what was built cannot be read";
            if (!manifest) continue;
            flavour.features = manifest->features;
            flavour.undecided = manifest->undecided;
            built_.push_back({static_cast<std::size_t>(&flavour - report_.flavours.data()),
                              BuiltPort{work_.path() / flavour.name, *manifest, false}});
        }
        if (!built_.empty() || doctor_interrupted != 0) return;
        throw PortError{"no flavour of rqspinlock could be built from `" + arguments_.tree +
                            "`: " + report_.flavours.front().not_built,
                        ""};
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
            return briefly(error.message) +
                   (error.suggestion.empty() ? "" : "\n" + error.suggestion);
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
            const BuiltPort& built = built_[number % built_.size()].port;
            const std::vector<std::string>& undecided = built.manifest.undecided;
            const Port port = load_built_port(built).port;
            cell = row < bugs_.size() ? cell_of_bug(*bugs_[row], port, undecided)
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
