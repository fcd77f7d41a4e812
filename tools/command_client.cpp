// lockstep rqsl, lockstep torture: the kernel's own test modules on the simulated machine.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "lock/linux/client.h"
#include "scenarios/client_run.h"
#include "scenarios/reader_walk.h"
#include "tools/client_report.h"
#include "tools/commands.h"
#include "tools/describe.h"
#include "tools/interrupt.h"
#include "tools/json_text.h"
#include "tools/ktap.h"
#include "tools/lock_tables.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr TimeNs kLongest = 3600 * kNsPerSec;

std::string finding_sentence(const Finding& finding) {
    return "*** " + time_text(finding.time) + " " + context_text(finding.cpu, finding.context) +
           " " + finding.oracle + " " + finding.word + ": " + finding.text;
}

std::vector<std::string> lock_names(const ClientModule& module) {
    std::vector<std::string> names;
    for (const ClientLock& lock : module.locks) names.push_back(lock.name);
    return names;
}

std::string unit_name(std::string client) {
    std::replace(client.begin(), client.end(), '-', '_');
    return client;
}

TimeNs read_duration(const std::string& option, const std::string& text) {
    const std::optional<TimeNs> time = parse_duration(text);
    if (!time || *time == 0 || *time > kLongest)
        throw UsageError(option +
                         ": expected a duration up to an hour, such as 5s or 200ms, found `" +
                         text + "`");
    return *time;
}

std::string parameter_list(const ClientModule& module) {
    std::string text;
    for (const ClientParameter& parameter : module.parameters) {
        if (parameter.type.empty()) continue;
        text += "\n  " + parameter.name + "=" + parameter.value + "  (" + parameter.type + ")";
        if (!parameter.text.empty()) text += "  " + parameter.text;
    }
    return text;
}

void set_parameters(const ClientModule& module, const std::vector<std::string>& words) {
    std::vector<std::string> names;
    for (const ClientParameter& parameter : module.parameters)
        if (!parameter.type.empty()) names.push_back(parameter.name);
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const ClientParameter* found = nullptr;
        for (const ClientParameter& parameter : module.parameters)
            if (parameter.name == name && !parameter.type.empty()) found = &parameter;
        if (found == nullptr)
            throw UsageError("the module has no parameter `" + name + "`" +
                             did_you_mean(name, names) +
                             "\nits parameters, with their defaults:" + parameter_list(module));
        if (equals == std::string::npos)
            throw UsageError("`" + word + "`: a value is missing, as in `" + name + "=" +
                             (found->value.empty() ? "1" : found->value) + "`");
        set_parameter(*found, word.substr(equals + 1));
    }
}

const std::vector<std::string>& modelled_types() {
    static const std::vector<std::string> kTypes = {
        "raw_res_spin_lock", "raw_res_spin_lock_irq", "spin_lock",  "spin_lock_irq",
        "raw_spin_lock",     "raw_spin_lock_irq",     "lock_busted"};
    return kTypes;
}

// The module knows more types, of which only the spin locks are the kernel's here.
void check_torture(const ClientModule& module) {
    for (const ClientParameter& parameter : module.parameters) {
        if (parameter.name == "onoff_interval" && *static_cast<int*>(parameter.place) > 0)
            throw UsageError("onoff_interval: CPU hotplug is not modelled");
        if (parameter.name != "torture_type") continue;
        const std::string type = *static_cast<char**>(parameter.place);
        const std::vector<std::string>& known = modelled_types();
        if (std::find(known.begin(), known.end(), type) != known.end()) continue;
        std::string all;
        for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
        throw UsageError("torture_type=" + type + " cannot be run here" +
                         did_you_mean(type, known) + "\nexpected " + all);
    }
}

class ClientCommand {
  public:
    ClientCommand(const ClientArguments& arguments, Output& output)
        : arguments_(arguments), output_(output), ktap_(output) {}
    int run();

  private:
    void prepare();
    void allow_for_shutdown();
    void say_first();
    void kernel_said(TimeNs time, const char* text);
    std::vector<ClientVerdict> verdicts(const ClientStory& story) const;
    void print(const ClientStory& story, const std::vector<ClientVerdict>& verdicts);
    Json as_json(const ClientStory& story, const std::vector<ClientVerdict>& verdicts) const;

    bool is_control() const {
        const std::vector<std::string>& words = arguments_.words;
        return std::find(words.begin(), words.end(), "torture_type=lock_busted") != words.end();
    }

    const ClientArguments& arguments_;
    Output& output_;
    KtapWriter ktap_;
    ClientModule module_;
    ClientRunOptions options_;
    std::vector<ClientLine> lines_;
};

void ClientCommand::prepare() {
    options_.time = read_duration("--time", arguments_.time);
    if (!arguments_.stall.empty()) options_.stall = read_duration("--stall", arguments_.stall);
    options_.cpus = arguments_.cpus;
    options_.seed = arguments_.seed;
    options_.wall_seconds = arguments_.wall;
    options_.interrupted = InterruptGuard::asked();
    const std::string port = arguments_.port.empty() ? default_port_name() : arguments_.port;
    module_ = open_client(unit_name(arguments_.client), port, arguments_.tree);
    set_parameters(module_, arguments_.words);
    check_torture(module_);
    allow_for_shutdown();
    options_.console = [this](TimeNs at, const char* text) { kernel_said(at, text); };
}

// A module that ends the test itself is not unloaded before.
void ClientCommand::allow_for_shutdown() {
    for (const ClientParameter& parameter : module_.parameters) {
        if (parameter.name != "shutdown_secs") continue;
        const int seconds = *static_cast<int*>(parameter.place);
        if (seconds > 0) options_.time = static_cast<TimeNs>(seconds) * 2 * kNsPerSec;
    }
}

void ClientCommand::say_first() {
    if (arguments_.json) return;
    ktap_.begin();
    std::string files;
    for (const PortFile& file : module_.port.files)
        if (file.path.find("orture.c") != std::string::npos ||
            file.path.find("selftests/bpf") != std::string::npos)
            files += (files.empty() ? "" : " and ") + file.path;
    ktap_.comment(files + " of Linux " + module_.port.version + ", unmodified, on " +
                  module_.port.name);
    ktap_.comment(counted(options_.cpus, "CPU") + ", sc memory, timed clock, seed " +
                  std::to_string(options_.seed) + "; times are those of a cost model");
}

void ClientCommand::kernel_said(TimeNs time, const char* text) {
    std::string all = text;
    while (!all.empty()) {
        const std::size_t end = std::min(all.find('\n'), all.size());
        lines_.push_back({time, all.substr(0, end)});
        if (!arguments_.json) ktap_.comment(dmesg_line(lines_.back()));
        all.erase(0, end + 1);
    }
    std::fflush(stdout);  // whoever waits sees how far it is
}

std::vector<ClientVerdict> ClientCommand::verdicts(const ClientStory& story) const {
    std::vector<ClientVerdict> all = common_verdicts(story);
    if (arguments_.client == "torture") all.push_back(end_of_test_verdict(story));
    if (arguments_.client == "rqsl") all.push_back(histogram_verdict(story));
    for (const ClientVerdict& verdict : selftest_verdicts(story)) all.push_back(verdict);
    return all;
}

void ClientCommand::print(const ClientStory& story, const std::vector<ClientVerdict>& verdicts) {
    for (const Finding& finding : story.result.execution.findings)
        ktap_.comment(finding_sentence(finding), Colour::red);
    for (const Tolerated& limit : story.result.limits)
        ktap_.comment("a documented limit of the lock: " + limit.oracle + " " + limit.word + ", " +
                      counted(limit.count, "time"));
    for (const std::string& line :
         figure_lines(arguments_.figures, lock_names(module_), story.result.figures))
        ktap_.comment(line);
    if (is_control())
        ktap_.comment("lock_busted is the control: a lock that does nothing must end in FAILURE");
    ktap_.plan(verdicts.size());
    for (const ClientVerdict& verdict : verdicts)
        ktap_.result(verdict.passed ? TestResult::passed : TestResult::failed, verdict.name,
                     verdict.note);
    ktap_.comment("this run again: " + client_command(arguments_, module_));
}

Json ClientCommand::as_json(const ClientStory& story,
                            const std::vector<ClientVerdict>& verdicts) const {
    const ClientRunResult& result = story.result;
    Json json = {{"format", "lockstep-client-1"},
                 {"client", arguments_.client},
                 {"port", module_.port.name},
                 {"kernel", module_.port.version},
                 {"command", client_command(arguments_, module_)},
                 {"cpus", options_.cpus},
                 {"seed", options_.seed},
                 {"time_ns", result.execution.time},
                 {"steps", result.execution.steps}};
    json["lines"] = Json::array();
    for (const ClientLine& line : lines_)
        json["lines"].push_back({{"time_ns", line.time}, {"text", line.text}});
    json["findings"] = Json::array();
    for (const Finding& finding : result.execution.findings)
        json["findings"].push_back(finding_json(finding));
    json["findings_total"] = result.execution.findings_total;
    json["limits"] = Json::array();
    for (const Tolerated& limit : result.limits)
        json["limits"].push_back(
            {{"oracle", limit.oracle}, {"word", limit.word}, {"times", limit.count}});
    json["verdicts"] = Json::array();
    for (const ClientVerdict& verdict : verdicts)
        json["verdicts"].push_back(
            {{"name", verdict.name}, {"passed", verdict.passed}, {"note", verdict.note}});
    add_figures(json, lock_names(module_), result.figures);
    return json;
}

int ClientCommand::run() {
    prepare();
    const InterruptGuard interrupt;
    InterruptGuard::forget();
    say_first();
    const ClientRunResult result = run_client(module_, options_);
    const ClientStory story{arguments_, module_, result, lines_};
    const std::vector<ClientVerdict> all = verdicts(story);
    if (arguments_.json)
        output_.line(as_json(story, all).dump(2, ' ', false, Json::error_handler_t::replace));
    else
        print(story, all);
    const bool passed = std::all_of(all.begin(), all.end(),
                                    [](const ClientVerdict& verdict) { return verdict.passed; });
    return passed ? kExitAsExpected : kExitNotAsExpected;
}

}  // namespace

int command_client(const ClientArguments& arguments, Output& output) {
    return ClientCommand(arguments, output).run();
}

}  // namespace lockstep
