// The checked walk from the node tree to a Scenario. One object per file being read; each part of
// the file is one member function that reports what is wrong and goes on.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/body_lexer.h"
#include "scenarios/reader_keys.h"
#include "scenarios/reader_nodes.h"

namespace lockstep {

class ScenarioWalk {
  public:
    ScenarioWalk(Scenario& scenario, Problems& problems)
        : scenario_(scenario), problems_(problems) {}

    void run(const Node& top);

  private:
    // A handler, and the CPU whose copy of it an injection runs; no CPU: it follows a role.
    struct HandlerUse {
        std::size_t injection;
        std::uint16_t group;
        unsigned cpu;
    };

    // reader.cpp: the top and what it is made of
    void read_head(const Node& top);
    void read_name(const Node& top);
    void read_story(const Node& top);
    void read_machine(const Node& top);
    void read_machine_limits(const Node& machine);
    void read_clock(const Node& machine);
    void read_arch(const Node& machine);
    void read_requires(const Node& top);

    // reader_programs.cpp: locks, variables, parameters, programs, CPUs
    void read_locks(const Node& top);
    void read_variables(const Node& top);
    void read_params(const Node& top);
    void read_param(const Node::Entry& entry);
    void read_program_names(const Node& top);
    void scan_programs();
    void read_cpus(const Node& top);
    void read_cpu(const Node::Entry& entry, std::uint64_t& seen);
    void mention(const Node& name);
    void add_task(const Node& name, unsigned cpu);
    std::optional<std::pair<unsigned, unsigned>> read_cpu_range(const Node::Entry& entry);
    void compile_programs();
    std::uint16_t program_copy(std::uint16_t group, unsigned cpu);
    void check_free_name(const Node::Entry& entry, const char* what);

    // reader_inject.cpp
    void read_inject(const Node& top);
    void read_injection(const Node& node);
    void read_injection_target(const Node& node, Injection& injection);
    void read_injection_action(const Node& node, InjectionDeclaration& declaration);
    void read_handler(const Node& run, InjectionDeclaration& declaration);
    void read_trigger(const Node& at, Injection& injection);
    void read_trigger_label(const Node& at, Trigger& trigger);
    void read_trigger_points(const Node& at, Trigger& trigger);
    void add_trigger_point(const Node& node, Trigger& trigger);
    std::string describe_injection(const InjectionDeclaration& declaration) const;

    // reader_script.cpp
    void read_script(const Node& top);

    // reader_expect.cpp
    void read_explore(const Node& top);
    void read_seeds(const Node& seeds);
    void read_expect(const Node& top);
    void read_condition(const Node& node, Expectation::Mode mode);
    void read_oracles(const Node& top);
    void read_verdicts(const Node& top);
    void read_allow(const Node& top);
    void read_allowance(const Node& node);
    void read_finding(const Node& node, Allowance& allowance);
    std::optional<Expression> read_features(const Node& node);

    // reader_upstream.cpp
    void read_upstream(const Node& top);
    void read_fixes(const Node& upstream);
    std::vector<const Node*> one_or_list(const Node& parent, std::string_view key);

    // reader_values.cpp: one value of the expected kind, or a problem and nothing
    bool check_mapping(const Node& node, std::string_view mapping);
    bool expect_kind(const Node& node, Node::Kind kind, const char* what);
    const Node* list(const Node& parent, std::string_view key);  // a non-empty list, if present
    std::optional<std::string> read_text(const Node& node, const char* what);
    std::optional<std::uint16_t> read_word(const Node& node, const char* what, const Words& words);
    std::optional<std::int64_t> read_integer(const Node& node, std::int64_t least,
                                             std::int64_t most);
    std::optional<bool> read_truth(const Node& node);
    std::optional<TimeNs> read_duration(const Node& node);

    Scenario& scenario_;
    Problems& problems_;
    Names names_;
    std::vector<const Node*> bodies_;             // per program group
    std::vector<std::vector<BodyToken>> tokens_;  // per program group
    std::vector<HandlerUse> handlers_;
    std::map<std::pair<std::uint16_t, unsigned>, std::uint16_t> copies_;
};

// Digits only, at most `most`; nothing otherwise.
std::optional<std::uint64_t> parse_digits(std::string_view text, std::uint64_t most);
// "250ms"; nothing if it is not written like that or does not fit.
std::optional<TimeNs> parse_duration(std::string_view text);
// A lower-case word: a letter, then letters, digits and underscores.
bool is_lower_word(std::string_view text);

}  // namespace lockstep
