// lockstep list: what there is to run, with and by.
#include <nlohmann/json.hpp>

#include "sim/memory.h"
#include "sim/points.h"
#include "tools/command.h"
#include "tools/library.h"
#include "tools/suggest.h"

namespace lockstep {

namespace {

using nlohmann::json;

struct Row {
    std::string name;
    std::string text;
};

const std::vector<std::string> kKinds = {"scenarios",  "ports",    "oracles",
                                         "schedulers", "memories", "points"};

std::vector<Row> rows_of(const std::string& kind, std::vector<std::string>& problems) {
    std::vector<Row> rows;
    if (kind == "scenarios") {
        const Library library = load_library({});
        problems = library.problems;
        for (const ScenarioGroup& group : library.groups)
            for (const Scenario& scenario : group.scenarios)
                rows.push_back({scenario.name, scenario.summary});
    } else if (kind == "ports") {
        for (const Port& port : list_ports()) rows.push_back({port.name, port.summary});
    } else if (kind == "oracles") {
        for (const OracleEntry& entry : oracle_registry())
            rows.push_back({entry.name, entry.property});
    } else if (kind == "schedulers") {
        for (const SchedulerEntry& entry : scheduler_registry())
            rows.push_back({entry.name, entry.summary});
    } else if (kind == "memories") {
        for (const MemoryEntry& entry : memory_registry())
            rows.push_back({entry.name, entry.summary});
    } else {
        for (PointId id = 1; id < kPointCount; ++id)
            rows.push_back({std::string(kPoints[id].name), std::string(kPoints[id].meaning)});
    }
    return rows;
}

int list(const std::string& kind, bool as_json, Output& output) {
    if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
        complain("list: there is no list of `" + kind + "`" + did_you_mean(kind, kKinds) +
                 "; expected scenarios, ports, oracles, schedulers, memories or points");
        return kExitUsage;
    }
    std::vector<std::string> problems;
    const std::vector<Row> rows = rows_of(kind, problems);
    for (const std::string& problem : problems) complain(problem);
    if (!problems.empty()) return kExitUsage;
    if (as_json) {
        json j = json::array();
        for (const Row& row : rows) j.push_back({{"name", row.name}, {"text", row.text}});
        output.line(json({{kind, j}}).dump(2));
        return kExitAsExpected;
    }
    std::size_t width = 0;
    for (const Row& row : rows) width = std::max(width, row.name.size());
    for (const Row& row : rows)
        output.line(row.name + std::string(width + 2 - row.name.size(), ' ') + row.text);
    return kExitAsExpected;
}

}  // namespace

void add_list_command(CLI::App& app, CommandBody& body) {
    struct Arguments {
        std::string kind = "scenarios";
        bool as_json = false;
    };
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        app.add_subcommand("list", "scenarios, ports, oracles, schedulers, memories, points");
    command->add_option("kind", arguments->kind, "what to list; scenarios if left out");
    command->add_flag("--json", arguments->as_json, "as JSON");
    command->callback([arguments, &body] {
        body = [arguments](Output& output) {
            return list(arguments->kind, arguments->as_json, output);
        };
    });
}

}  // namespace lockstep
