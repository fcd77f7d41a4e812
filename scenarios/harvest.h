// What a stretch of executions came to. Harvests of consecutive stretches add up, and travel from
// a worker process to its parent as bytes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/runner.h"

namespace lockstep {

struct Harvest {
    std::uint64_t next = 0;  // index of the first execution that is not in here
    bool stopped = false;    // ended early: a failure or the plateau
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    std::uint64_t steps_min = ~std::uint64_t{0};  // of one execution
    std::uint64_t steps_max = 0;
    std::uint64_t truncated = 0;  // executions that met a limit
    TimeNs time_longest = 0;
    std::vector<Failure> failures;                    // the shortest of each signature
    std::map<std::string, std::uint64_t> failed;      // signature -> executions
    std::map<std::string, std::uint64_t> covered;     // what was reached -> first index of the plan
    std::map<std::string, std::uint64_t> allowed;     // "oracle/word" -> executions
    std::map<std::string, std::string> allowed_text;  // ... -> what it said, the first by letters
    // One of each: the shortest of those that said the first by letters.
    std::vector<Failure> allowed_examples;
    // "data-race: not judged: more than 8 CPUs" -> executions
    std::map<std::string, std::uint64_t> not_judged;
    std::map<std::string, std::uint64_t> outcomes;    // "worker@0.r0 = 0" -> executions
    std::vector<std::uint64_t> allowances;            // per allowance: executions it was used in
    std::vector<std::uint64_t> known;                 // per expectation: executions it was known in
    std::vector<std::uint64_t> held;                  // per expectation: executions it was true in
    std::vector<std::array<std::uint64_t, 8>> fired;  // per injection and point of its trigger
    std::vector<LockFairness> fairness;               // per lock, if asked for
    std::optional<LockFigures> figures;               // if asked for
    bool has_first = false;
    std::vector<AcquireRecord> first;
    std::vector<PickRun> first_picks;
    ExecutionResult first_result;

    void note_allowed(const std::string& finding, const std::string& text) {
        const auto said = allowed_text.emplace(finding, text).first;
        if (text < said->second) said->second = text;
    }
};

// Whether this is a better example than the one that is kept, if any is.
bool is_better_example(const Harvest& harvest, const Failure& example);
void keep_example(Harvest& harvest, const Failure& example);

// One line for each reason why an oracle could not judge; in how many executions, unless in all.
std::vector<std::string> not_judged_lines(const Harvest& harvest);

// REQUIRES: `later` begins where `into` ends.
void add(Harvest& into, const Harvest& later);

// Two failures with equal signatures are the same discovery made twice.
std::string signature(const Failure& failure);
// Whether `one` is the better example: fewer picks, then fewer steps.
bool shorter(const Failure& one, const Failure& other);
// Keeps only the shortest of each signature, the first of equally short ones, in the order in
// which the signatures were met. Returns whether this one was new.
bool add_failure(std::vector<Failure>& failures, const Failure& failure);

std::string pack(const Harvest& harvest);
// Throws EngineBug if the bytes are not what pack() makes.
Harvest unpack(const std::string& bytes);

}  // namespace lockstep
