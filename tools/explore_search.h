// An exhaustive search as a user sees it: its options from the command line and the scenario, and
// its result as lines and as JSON.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/search.h"
#include "tools/commands.h"
#include "tools/repro_store.h"

namespace lockstep {

// What one search came to, with everything that had to be looked up for telling it.
struct Searched {
    std::string skip_reason;
    std::string bounds;
    SearchReport report;
    std::vector<ReplayHint> hints;              // as report.failures
    std::map<std::string, ReplayHint> allowed;  // as report.harvest.allowed_examples, by finding
    std::vector<Failure> absences;  // of a search that came to its end: what was not seen
    // What was not seen never happens, unless a path was cut: then nobody knows.
    bool absences_certain() const { return !report.truncated; }
    bool failed() const {
        return !report.failures.empty() || (absences_certain() && !absences.empty());
    }
    // The question was not answered, which is neither a pass nor a failure: the search was stopped
    // before it found anything, or what was cut could have been the answer. A path that met the
    // scenario's limit has ended as far as the scenario goes; it says whether that is allowed.
    bool undecided() const {
        return skip_reason.empty() && !failed() &&
               (report.end != SearchReport::End::complete || report.unjudged || !absences.empty());
    }
};

SearchOptions search_options(const Scenario& scenario, const ExploreArguments& arguments);
// Throws UsageError for a checkpoint that cannot be used.
Searched search_and_store(const Scenario& scenario, const Port& port, const SearchOptions& options);

std::vector<std::string> search_lines(const Searched& searched);
// "complete: 48930 states, 93 ends"
std::string search_summary(const Searched& searched);
nlohmann::ordered_json search_json(const Scenario& scenario, const Port& port,
                                   const Searched& searched);

// A search that is to be resumed must find its code and data where they were: starts the program
// again without address space randomization, once. Where that is not allowed, nothing happens, and
// a checkpoint is of use only to a process that happens to be laid out alike.
void hold_addresses_still(char** argv);

}  // namespace lockstep
