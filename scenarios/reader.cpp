// read_scenario(): bytes to tree to Scenario. Here are the head of a file and its machine; the
// other parts are in the files beside this one.
#include <algorithm>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scenarios/expression_compiler.h"
#include "scenarios/reader_walk.h"

namespace lockstep {
namespace {

std::string text_hash(const std::string& text) {
    char digits[9] = {};
    const auto hash = static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
    std::snprintf(digits, sizeof(digits), "%08x", static_cast<unsigned>(hash));
    return digits;
}

bool is_scenario_name(std::string_view name) {
    constexpr std::size_t kLengthMax = 63;
    if (name.size() < 2 || name.size() > kLengthMax || name[0] == '-') return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

// The name a .yaml file promises; empty for other paths (standard input, repro files).
std::string stem_of(const std::string& path) {
    std::string file = path.substr(path.rfind('/') + 1);
    for (const std::string_view ending : {".yaml", ".yml"})
        if (file.ends_with(ending)) return file.substr(0, file.size() - ending.size());
    return "";
}

}  // namespace

void ScenarioWalk::read_name(const Node& top) {
    const Node* node = top.member("name");
    if (node == nullptr) return;
    const auto name = read_text(*node, "a name");
    if (!name) return;
    if (!is_scenario_name(*name))
        problems_.add(node->at,
                      "expected a name of 2 to 63 lower-case letters, digits and "
                      "dashes, found " +
                          quoted(*name));
    scenario_.name = *name;
    const std::string stem = stem_of(scenario_.path);
    if (!stem.empty() && stem != *name)
        problems_.add(
            node->at,
            "the scenario is called " + quoted(*name) + " but its file is called " + quoted(stem),
            "give them the same name");
}

void ScenarioWalk::read_story(const Node& top) {
    const Node* node = top.member("story");
    if (node == nullptr) return;
    const auto story = read_text(*node, "a text of two to five lines");
    if (!story) return;
    scenario_.story = *story;
    std::size_t lines = 0;
    for (std::size_t begin = 0; begin < story->size();) {
        const std::size_t end = std::min(story->find('\n', begin), story->size());
        if (story->find_first_not_of(" \t", begin) < end) ++lines;
        begin = end + 1;
    }
    if (lines < 2 || lines > 5)
        problems_.add(node->at,
                      "a story has two to five lines, this one has " + std::to_string(lines),
                      "write it as a block: `story: |`");
}

void ScenarioWalk::read_head(const Node& top) {
    if (const Node* version = top.member("scenario")) {
        const bool known = version->kind == Node::Kind::scalar &&
                           version->type() == Node::Type::integer && version->text == "1";
        if (!known)
            problems_.add(version->at,
                          "expected format version 1, found " + describe_node(*version));
    }
    read_name(top);
    read_story(top);
    if (const Node* summary = top.member("summary"))
        scenario_.summary = read_text(*summary, "one sentence").value_or("");
    if (const Node* tags = list(top, "tags"))
        for (const Node& tag : tags->items)
            if (const auto word = read_text(tag, "a tag")) scenario_.tags.push_back(*word);
}

void ScenarioWalk::read_arch(const Node& machine) {
    const Node* arch = machine.member("arch");
    if (arch == nullptr) return;
    auto add = [&](const Node& node) {
        if (const auto index = read_word(node, "architecture", arch_words()))
            scenario_.arch_only.push_back(arch_words()[*index]);
    };
    if (arch->kind != Node::Kind::sequence)
        add(*arch);
    else if (const Node* items = list(machine, "arch"))
        std::for_each(items->items.begin(), items->items.end(), add);
}

void ScenarioWalk::read_clock(const Node& machine) {
    MachineConfig& config = scenario_.machine;
    if (const Node* clock = machine.member("clock"))
        if (const auto mode = read_word(*clock, "clock mode", clock_words()))
            config.clock = static_cast<ClockMode>(*mode);
    const Node* leaps = machine.member("leaps");
    if (leaps != nullptr) {
        if (leaps->kind == Node::Kind::scalar && leaps->text == kUnbounded)
            config.leaps_max = kLeapsUnbounded;
        else if (const auto budget = read_integer(*leaps, 0, kLeapsMax))
            config.leaps_max = static_cast<unsigned>(*budget);
        if (config.clock != ClockMode::stalls)
            problems_.add(leaps->at, "leaps need `clock: stalls`");
    } else if (config.clock == ClockMode::stalls) {
        config.leaps_max = 1;
    }
    if (const Node* wakeups = machine.member("spurious_wakeups"))
        if (const auto budget = read_integer(*wakeups, 0, kLeapsMax))
            config.spurious_wakeups_max = static_cast<unsigned>(*budget);
}

void ScenarioWalk::read_machine_limits(const Node& machine) {
    MachineConfig& config = scenario_.machine;
    if (const Node* steps = machine.member("steps_max"))
        if (const auto most = read_integer(*steps, 1, kStepsMax))
            config.steps_max = static_cast<std::uint64_t>(*most);
    if (const Node* time = machine.member("time_max"))
        config.time_max = read_duration(*time).value_or(config.time_max);
    if (const Node* stream = machine.member("event_stream"))
        scenario_.event_stream = read_truth(*stream);
    if (const Node* count = machine.member("nr_cpus"))
        if (const auto value = read_integer(*count, 1, kNrCpusMax))
            scenario_.nr_cpus = static_cast<std::uint32_t>(*value);
    config.event_stream = scenario_.event_stream.value_or(true);
}

void ScenarioWalk::read_machine(const Node& top) {
    const Node* machine = top.member("machine");
    if (machine != nullptr &&
        (check_mapping(*machine, "machine") || machine->kind == Node::Kind::mapping)) {
        if (const Node* cpus = machine->member("cpus"))
            if (const auto count = read_integer(*cpus, 1, kCpusPerScenarioMax))
                scenario_.machine.cpus = static_cast<unsigned>(*count);
        if (const Node* port = machine->member("port")) scenario_.port = read_text(*port, "a port");
        if (const Node* memory = machine->member("memory")) {
            const auto word = read_word(*memory, "memory model", memory_words());
            if (word && !index_of(memories_available(), memory_words()[*word]))
                problems_.add(memory->at, "the memory model " + quoted(memory->text) +
                                              " is not available, available: " +
                                              list_words(memories_available()));
            if (word) scenario_.machine.memory = memory_words()[*word];
        }
        read_arch(*machine);
        read_clock(*machine);
        read_machine_limits(*machine);
    }
    names_.cpus = scenario_.machine.cpus;
}

std::optional<Expression> ScenarioWalk::read_features(const Node& node) {
    if (!read_text(node, "a condition such as has(aa-immediate)")) return std::nullopt;
    return compile_expression(node, {names_, ExpressionPlace::features}, problems_);
}

void ScenarioWalk::read_requires(const Node& top) {
    if (const Node* node = top.member("requires")) scenario_.requires_ = read_features(*node);
}

// The order is that of need: names first, then what uses them, expressions last.
void ScenarioWalk::run(const Node& top) {
    check_mapping(top, "");
    if (top.kind != Node::Kind::mapping) return;
    read_head(top);
    read_machine(top);
    read_requires(top);
    read_locks(top);
    read_variables(top);
    read_params(top);
    read_program_names(top);
    read_cpus(top);
    scan_programs();
    read_inject(top);
    compile_programs();
    read_script(top);
    read_explore(top);
    read_oracles(top);
    read_verdicts(top);
    read_expect(top);
    read_allow(top);
    read_upstream(top);
}

ReadResult read_scenario(const std::string& path, const std::string& text) {
    ReadResult result;
    Problems problems;
    Scenario scenario;
    scenario.path = path;
    if (const auto top = read_nodes(text, problems)) ScenarioWalk(scenario, problems).run(*top);
    result.problems = problems.in_file_order();
    if (!problems.empty()) return result;
    scenario.text = text;
    scenario.hash = text_hash(text);
    result.scenario = std::move(scenario);
    return result;
}

}  // namespace lockstep
