// The `upstream:` key: which known bug a scenario shows, and how a lock with the fix is recognised.
#include <algorithm>

#include "scenarios/reader_walk.h"

namespace lockstep {

namespace {

// "R11", "R6a": a capital R, a number, perhaps a letter.
bool is_bug_name(const std::string& text) {
    std::size_t end = text.find_first_not_of("0123456789", 1);
    if (end == std::string::npos) end = text.size();
    const bool letter = end + 1 == text.size() && text[end] >= 'a' && text[end] <= 'z';
    return text.starts_with('R') && end >= 2 && end <= 3 && (end == text.size() || letter);
}

bool is_commit(const std::string& text) {
    return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

// A value on its own, or a list of values.
std::vector<const Node*> ScenarioWalk::one_or_list(const Node& parent, std::string_view key) {
    std::vector<const Node*> nodes;
    const Node* node = parent.member(key);
    if (node == nullptr) return nodes;
    if (node->kind != Node::Kind::sequence) return {node};
    if (const Node* items = list(parent, key))
        for (const Node& item : items->items) nodes.push_back(&item);
    return nodes;
}

// A commit may look like a number to YAML and is taken as it is written.
void ScenarioWalk::read_fixes(const Node& upstream) {
    for (const Node* node : one_or_list(upstream, "fix")) {
        if (node->kind == Node::Kind::scalar && is_commit(node->text))
            scenario_.upstream->fixes.push_back(node->text);
        else
            problems_.add(node->at, "expected a commit of 12 hexadecimal digits, found " +
                                        describe_node(*node));
    }
}

void ScenarioWalk::read_upstream(const Node& top) {
    const Node* upstream = top.member("upstream");
    if (upstream == nullptr || !check_mapping(*upstream, "upstream")) return;
    UpstreamBug& bug = scenario_.upstream.emplace();
    if (const auto name = read_text(*upstream->member("bug"), "a bug such as R11")) {
        bug.bug = *name;
        if (!is_bug_name(*name))
            problems_.add(upstream->member("bug")->at,
                          "expected a bug such as R11 or R6a, found " + quoted(*name));
    }
    for (const Node* node : one_or_list(*upstream, "feature"))
        if (const auto word = read_word(*node, "feature", feature_words()))
            bug.features.push_back(feature_words()[*word]);
    read_fixes(*upstream);
    for (const Node* node : one_or_list(*upstream, "finding")) {
        bug.findings.emplace_back().line = node->at.line;
        read_finding(*node, bug.findings.back());
    }
    if (const Node* needs = upstream->member("needs"))
        if (const auto word = read_word(*needs, "need", needs_words()))
            bug.needs = needs_words()[*word];
}

}  // namespace lockstep
