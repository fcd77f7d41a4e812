// The YAML of a scenario as a small tree that knows the place of every character in the file.
//
// Only plain YAML is let in: UTF-8, one document, no anchors, aliases, tags or duplicate keys, and
// limits on size and nesting, so that whatever comes out is safe to walk recursively.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/reader_problems.h"

namespace lockstep {

constexpr std::size_t kFileSizeMax = 1024 * 1024;
constexpr unsigned kNestingMax = 16;
constexpr unsigned kNodesMax = 20'000;

struct Node {
    enum class Kind : std::uint8_t { scalar, sequence, mapping };
    enum class Style : std::uint8_t { plain, quoted, literal, folded };
    // What a YAML 1.2 reader makes of a scalar; only plain ones can be anything but text.
    enum class Type : std::uint8_t { text, integer, number, boolean, null };
    struct Entry;

    Kind kind = Kind::scalar;
    Style style = Style::plain;
    Position at;
    std::string text;
    std::vector<Node> items;     // sequence
    std::vector<Entry> entries;  // mapping, in file order, keys unique

    // Where the text of a scalar stands, if its characters are those of the file.
    Position text_at;
    bool exact = false;

    Type type() const;
    const Node* member(std::string_view key) const;  // mapping; nullptr if absent
    // The place of a character of `text`; the start of the node if that cannot be told.
    Position position_of(std::size_t offset) const;
};

struct Node::Entry {
    Position at;
    std::string key;
    Node value;
};

// "a list", "the number 5", "the text `x`": for "expected ..., found ...".
std::string describe_node(const Node& node);

// The top of the document, or nothing if there is a problem that leaves no tree.
std::optional<Node> read_nodes(std::string_view text, Problems& problems);

}  // namespace lockstep
