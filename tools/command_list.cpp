// lockstep list: what there is to choose from.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lock/port.h"
#include "sim/memory.h"
#include "sim/oracle.h"
#include "sim/points.h"
#include "sim/scheduler.h"
#include "tools/commands.h"
#include "tools/json_text.h"
#include "tools/library.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

struct Item {
    std::string name, summary;
    Json more = Json::object();
};

std::vector<Item> scenarios() {
    std::string root = library_root();
    if (root.empty()) throw TryAgain("no folder of scenarios; set LOCKSTEP_SCENARIOS to one");
    std::vector<Item> items;
    for (const std::string& file : scenario_files(root)) {
        Library library = load_one(file);
        std::filesystem::path path = std::filesystem::path(file).lexically_relative(root);
        std::string name = path.replace_extension().string();
        if (!library.problems.empty() || library.count() == 0) {
            std::string problem = library.problems.empty() ? "" : library.problems.front();
            items.push_back({name, "cannot be read: " + problem, {{"path", file}}});
            continue;
        }
        const Scenario& scenario = library.groups.front().scenarios.front();
        items.push_back({name,
                         scenario.summary,
                         {{"path", file},
                          {"hash", scenario.hash},
                          {"tags", scenario.tags},
                          {"cpus", scenario.machine.cpus},
                          {"story", scenario.story}}});
    }
    return items;
}

std::vector<Item> ports() {
    std::vector<Item> items;
    for (const Port& port : list_ports()) {
        std::string summary = port.summary;
        if (!port.caught_by.empty()) summary += " (caught by " + port.caught_by + ")";
        items.push_back({port.name, summary, port_json(port)});
    }
    return items;
}

std::vector<Item> oracles() {
    std::vector<Item> items;
    for (const OracleEntry& entry : oracle_registry())
        items.push_back({entry.name, entry.property, Json::object()});
    return items;
}

std::vector<Item> schedulers() {
    std::vector<Item> items;
    for (const SchedulerEntry& entry : scheduler_registry())
        items.push_back({entry.name, entry.summary, Json::object()});
    return items;
}

std::vector<Item> memories() {
    std::vector<Item> items;
    for (const MemoryEntry& entry : memory_registry())
        items.push_back({entry.name, entry.summary, Json::object()});
    return items;
}

std::vector<Item> points() {
    std::vector<Item> items;
    for (PointId id = 1; id < kPointCount; ++id)
        items.push_back(
            {std::string(kPoints[id].name), std::string(kPoints[id].meaning), Json::object()});
    return items;
}

std::vector<Item> items_of(const std::string& topic) {
    if (topic == "scenarios") return scenarios();
    if (topic == "ports") return ports();
    if (topic == "oracles") return oracles();
    if (topic == "schedulers") return schedulers();
    if (topic == "memories") return memories();
    return points();
}

void print_items(const std::vector<Item>& items, Output& output) {
    std::size_t width = 0;
    for (const Item& item : items) width = std::max(width, item.name.size());
    for (const Item& item : items)
        output.line(
            output.paint(Colour::bold, pad_right(item.name, width)) + "  " +
            cut(item.summary, std::max<std::size_t>(output.width(), width + 40) - width - 2));
}

}  // namespace

const std::vector<std::string>& list_topics() {
    static const std::vector<std::string> kTopics = {"scenarios",  "ports",    "oracles",
                                                     "schedulers", "memories", "points"};
    return kTopics;
}

int command_list(const std::string& topic, bool json, Output& output) {
    std::vector<std::string> topics = {topic};
    if (topic.empty()) topics = list_topics();
    Json all = Json::object();
    for (const std::string& name : topics) {
        std::vector<Item> items = items_of(name);
        if (!json && topics.size() > 1) output.line(name + ":");
        if (!json) print_items(items, output);
        if (!json && topics.size() > 1) output.line("");
        for (const Item& item : items) {
            Json one = {{"name", item.name}, {"summary", item.summary}};
            one.update(item.more);
            all[name].push_back(one);
        }
    }
    if (json) output.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
    return kExitAsExpected;
}

}  // namespace lockstep
