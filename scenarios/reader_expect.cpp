// What a scenario explores, expects and allows.
#include "scenarios/expression_compiler.h"
#include "scenarios/reader_walk.h"

namespace lockstep {

void ScenarioWalk::read_seeds(const Node& seeds) {
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;
    const bool text = seeds.kind == Node::Kind::scalar && seeds.type() == Node::Type::text;
    const std::size_t dots = text ? seeds.text.find("..") : std::string::npos;
    if (dots != std::string::npos) {
        const std::string_view range = seeds.text;
        first = parse_digits(range.substr(0, dots), static_cast<std::uint64_t>(kExploreMax));
        last = parse_digits(range.substr(dots + 2), static_cast<std::uint64_t>(kExploreMax));
    }
    if (!first || !last || *first > *last) {
        problems_.add(seeds.at,
                      "expected a range of seeds such as 1..100, found " + describe_node(seeds));
        return;
    }
    scenario_.explore.seed_first = *first;
    scenario_.explore.seed_last = *last;
}

void ScenarioWalk::read_explore(const Node& top) {
    const Node* node = top.member("explore");
    if (node == nullptr) return;
    if (!check_mapping(*node, "explore") && node->kind != Node::Kind::mapping) return;
    Explore& explore = scenario_.explore;
    if (const Node* strategy = node->member("strategy"))
        if (const auto word = read_word(*strategy, "strategy", strategy_words()))
            explore.strategy = strategy_words()[*word];
    const std::pair<const char*, std::optional<std::uint64_t>*> numbers[] = {
        {"depth", &explore.depth},
        {"preemption_bound", &explore.preemption_bound},
        {"injection_bound", &explore.injection_bound},
        {"max_executions", &explore.max_executions},
        {"max_steps", &explore.max_steps}};
    for (const auto& [key, target] : numbers)
        if (const Node* number = node->member(key))
            if (const auto value = read_integer(*number, 0, kExploreMax))
                *target = static_cast<std::uint64_t>(*value);
    if (const Node* symmetry = node->member("symmetry"))
        explore.symmetry = read_truth(*symmetry).value_or(false);
    if (const Node* seeds = node->member("seeds")) read_seeds(*seeds);
    const Node* stop = node->member("stop");
    if (stop != nullptr && check_mapping(*stop, "explore.stop"))
        if (const auto value = read_integer(*stop->member("plateau"), 1, kExploreMax))
            explore.plateau = static_cast<std::uint64_t>(*value);
}

void ScenarioWalk::read_condition(const Node& node, Expectation::Mode mode) {
    Expectation expectation;
    expectation.mode = mode;
    const Node* condition = &node;
    if (node.kind == Node::Kind::mapping) {
        if (!check_mapping(node, "condition")) return;
        expectation.only_if = read_features(*node.member("if"));
        condition = node.member("cond");
    }
    if (!read_text(*condition, "a condition")) return;
    auto compiled = compile_expression(*condition, {names_, ExpressionPlace::expect}, problems_);
    if (!compiled) return;
    expectation.condition = std::move(*compiled);
    scenario_.expectations.push_back(std::move(expectation));
}

void ScenarioWalk::read_expect(const Node& top) {
    const Node* expect = top.member("expect");
    if (expect == nullptr) return;
    if (!check_mapping(*expect, "expect")) return;
    if (expect->entries.empty())
        problems_.add(expect->at, "nothing is expected", "add `always: [...]`");
    const std::pair<const char*, Expectation::Mode> modes[] = {
        {"always", Expectation::Mode::always},
        {"sometimes", Expectation::Mode::sometimes},
        {"never", Expectation::Mode::never}};
    for (const auto& [key, mode] : modes)
        if (const Node* conditions = list(*expect, key))
            for (const Node& condition : conditions->items) read_condition(condition, mode);
}

// "oracle/word", or "oracle" for whatever it says.
void ScenarioWalk::read_finding(const Node& node, Allowance& allowance) {
    const auto text = read_text(node, "a finding such as truthful-errors/conservative");
    if (!text) return;
    const std::size_t slash = text->find('/');
    allowance.oracle = text->substr(0, slash);
    if (!index_of(oracle_words(), allowance.oracle))
        problems_.add(node.at,
                      "there is no oracle " + quoted(allowance.oracle) + ", expected " +
                          list_words(oracle_words()),
                      suggest_word(allowance.oracle, oracle_words()));
    if (slash == std::string::npos) return;
    allowance.word = text->substr(slash + 1);
    const bool word = !allowance.word.empty() &&
                      allowance.word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                          std::string::npos;
    if (!word)
        problems_.add(node.position_of(slash + 1),
                      "expected a word of the oracle after `/`, found " + quoted(allowance.word));
}

void ScenarioWalk::read_allowance(const Node& node) {
    Allowance allowance;
    allowance.line = node.at.line;
    if (node.kind == Node::Kind::mapping) {
        if (!check_mapping(node, "allow")) return;
        read_finding(*node.member("finding"), allowance);
        if (const Node* condition = node.member("if"))
            allowance.only_if = read_features(*condition);
        if (const Node* required = node.member("required"))
            allowance.required = read_truth(*required).value_or(false);
    } else {
        read_finding(node, allowance);
    }
    scenario_.allowances.push_back(std::move(allowance));
}

void ScenarioWalk::read_oracles(const Node& top) {
    if (const Node* oracles = list(top, "oracles"))
        for (const Node& node : oracles->items)
            if (const auto word = read_word(node, "optional oracle", optional_oracles()))
                scenario_.oracles.push_back(optional_oracles()[*word]);
}

// Ports are looked up by whoever prints the matrix: which there are differs between machines.
void ScenarioWalk::read_verdicts(const Node& top) {
    const Node* verdicts = top.member("verdicts");
    if (verdicts == nullptr ||
        !expect_kind(*verdicts, Node::Kind::mapping, "verdicts such as `qspinlock: ok`"))
        return;
    for (const Node::Entry& entry : verdicts->entries)
        if (const auto word = read_word(entry.value, "verdict", verdict_words()))
            scenario_.port_verdicts[entry.key] = verdict_words()[*word];
}

void ScenarioWalk::read_allow(const Node& top) {
    if (const Node* allow = list(top, "allow"))
        for (const Node& node : allow->items) read_allowance(node);
}

}  // namespace lockstep
