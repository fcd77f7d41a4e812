// Wording what is allowed.
#include "tools/explore_allowed.h"

#include "scenarios/judge.h"
#include "tools/json_text.h"

namespace lockstep {

using AllowedJson = nlohmann::ordered_json;

std::map<std::string, ReplayHint> store_examples(const Scenario& scenario, const Port& port,
                                                 const Harvest& harvest) {
    std::map<std::string, ReplayHint> hints;
    for (const Failure& example : harvest.allowed_examples)
        hints[allowed_key(*example.finding)] = store_failure(scenario, port, example);
    return hints;
}

std::vector<std::string> hint_lines(const std::map<std::string, ReplayHint>& hints,
                                    const std::string& finding) {
    const auto hint = hints.find(finding);
    if (hint == hints.end() || hint->second.command.empty()) return {};
    return {"  " + hint->second.command};
}

AllowedJson examples_json(const Scenario& scenario, const Harvest& harvest,
                          const std::map<std::string, ReplayHint>& hints) {
    AllowedJson all = AllowedJson::array();
    for (const Failure& example : harvest.allowed_examples) {
        AllowedJson one = failure_json(scenario, example);
        const ReplayHint& hint = hints.at(allowed_key(*example.finding));
        if (!hint.command.empty()) one["replay"] = hint.command;
        if (!hint.file.empty()) one["repro_file"] = hint.file;
        all.push_back(one);
    }
    return all;
}

}  // namespace lockstep
