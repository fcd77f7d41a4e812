// Single values of a scenario file: words, numbers, durations, truth values, lists.
#include <algorithm>

#include "scenarios/reader_walk.h"

namespace lockstep {
namespace {

Words keys_of(std::string_view mapping) {
    Words words;
    for (const KeyEntry& entry : kKeys)
        if (entry.mapping == mapping) words.emplace_back(entry.key);
    return words;
}

}  // namespace

std::optional<std::uint64_t> parse_digits(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
            __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value))
            return std::nullopt;
    }
    if (text.empty() || value > most) return std::nullopt;
    return value;
}

std::optional<TimeNs> parse_duration(std::string_view text) {
    const std::size_t unit_at = text.find_first_not_of("0123456789");
    if (unit_at == 0 || unit_at == std::string_view::npos) return std::nullopt;
    const std::string_view unit = text.substr(unit_at);
    const TimeNs scale = unit == "ns"   ? 1
                         : unit == "us" ? kNsPerUs
                         : unit == "ms" ? kNsPerMs
                         : unit == "s"  ? kNsPerSec
                                        : 0;
    if (scale == 0) return std::nullopt;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const auto amount = parse_digits(text.substr(0, unit_at), kMost / scale);
    if (!amount) return std::nullopt;
    return *amount * scale;
}

bool is_lower_word(std::string_view text) {
    if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

bool ScenarioWalk::expect_kind(const Node& node, Node::Kind kind, const char* what) {
    if (node.kind == kind) return true;
    problems_.add(node.at, std::string("expected ") + what + ", found " + describe_node(node));
    return false;
}

// A mapping with keys of the table: unknown ones and missing ones are problems.
bool ScenarioWalk::check_mapping(const Node& node, std::string_view mapping) {
    const Words known = keys_of(mapping);
    if (!expect_kind(node, Node::Kind::mapping, ("a mapping with " + list_words(known)).c_str()))
        return false;
    for (const Node::Entry& entry : node.entries)
        if (!index_of(known, entry.key))
            problems_.add(entry.at,
                          "unknown key " + quoted(entry.key) + ", expected " + list_words(known),
                          suggest_word(entry.key, known));
    bool complete = true;
    for (const KeyEntry& entry : kKeys) {
        if (entry.mapping != mapping || !entry.required) continue;
        if (node.member(entry.key) != nullptr) continue;
        problems_.add(node.at, "the key " + quoted(entry.key) + " is missing");
        complete = false;
    }
    return complete;
}

const Node* ScenarioWalk::list(const Node& parent, std::string_view key) {
    const Node* node = parent.member(key);
    if (node == nullptr || !expect_kind(*node, Node::Kind::sequence, "a list")) return nullptr;
    if (!node->items.empty()) return node;
    problems_.add(node->at, "the list " + quoted(key) + " is empty", "leave the key out");
    return nullptr;
}

std::optional<std::string> ScenarioWalk::read_text(const Node& node, const char* what) {
    if (node.kind == Node::Kind::scalar && node.type() == Node::Type::text && !node.text.empty())
        return node.text;
    const bool other_type = node.kind == Node::Kind::scalar && node.type() != Node::Type::text &&
                            node.type() != Node::Type::null;
    problems_.add(node.at, std::string("expected ") + what + ", found " + describe_node(node),
                  other_type ? "quote it if it is meant as text" : "");
    return std::nullopt;
}

std::optional<std::uint16_t> ScenarioWalk::read_word(const Node& node, const char* what,
                                                     const Words& words) {
    const auto text = read_text(node, what);
    if (!text) return std::nullopt;
    const auto index = index_of(words, *text);
    if (!index)
        problems_.add(node.at,
                      "unknown " + std::string(what) + " " + quoted(*text) + ", expected " +
                          list_words(words),
                      suggest_word(*text, words));
    return index;
}

std::optional<std::int64_t> ScenarioWalk::read_integer(const Node& node, std::int64_t least,
                                                       std::int64_t most) {
    std::string_view text = node.text;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    std::optional<std::int64_t> value;
    if (node.kind == Node::Kind::scalar && node.type() == Node::Type::integer)
        if (const auto digits = parse_digits(
                text, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())))
            value =
                negative ? -static_cast<std::int64_t>(*digits) : static_cast<std::int64_t>(*digits);
    if (value && *value >= least && *value <= most) return value;
    problems_.add(node.at, "expected a number from " + std::to_string(least) + " to " +
                               std::to_string(most) + ", found " + describe_node(node));
    return std::nullopt;
}

std::optional<bool> ScenarioWalk::read_truth(const Node& node) {
    if (node.kind == Node::Kind::scalar && node.type() == Node::Type::boolean)
        return node.text[0] == 't' || node.text[0] == 'T';
    problems_.add(node.at, "expected true or false, found " + describe_node(node));
    return std::nullopt;
}

std::optional<TimeNs> ScenarioWalk::read_duration(const Node& node) {
    std::optional<TimeNs> duration;
    if (node.kind == Node::Kind::scalar && node.type() == Node::Type::text)
        duration = parse_duration(node.text);
    if (!duration)
        problems_.add(node.at, "expected a duration such as 100ms, 20us, 5ns or 1s, found " +
                                   describe_node(node));
    return duration;
}

}  // namespace lockstep
