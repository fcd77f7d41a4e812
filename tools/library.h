// Library: finding scenario files from what was typed (a file, a folder or a name) and reading
// them all before anything runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/scenario.h"

namespace lockstep {

struct ScenarioGroup {  // a folder and what is in it
    std::string name;
    std::vector<Scenario> scenarios;
};

struct Library {
    std::vector<ScenarioGroup> groups;
    std::vector<std::string> problems;  // ready to print; nothing may run if there is one
    std::size_t count() const;
};

// The folder `scenarios` of the source tree, or $LOCKSTEP_SCENARIOS; empty if there is none.
std::string library_root();
// All scenario files below a folder, sorted.
std::vector<std::string> scenario_files(const std::string& folder);
// `targets` empty: the whole library.
Library load_library(const std::vector<std::string>& targets);
// Throws UsageError.
void refuse_if_problems(const Library& library);
// One scenario file or name.
Library load_one(const std::string& target);
// The whole file, or nullopt with a problem.
std::optional<std::string> read_text_file(const std::string& path, std::string& problem);
// "path:line:column: message" with its suggestion.
std::string problem_text(const std::string& path, const Problem& problem);

}  // namespace lockstep
