// From bytes to the node tree: our own check of the characters, then libyaml's events.
#include "scenarios/reader_nodes.h"

#include <yaml.h>

#include <algorithm>
#include <set>

namespace lockstep {
namespace {

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    if (lead >= 0xf0 && lead < 0xf5) return 4;
    return 0;
}

// The character at `offset` as a code point; length 0 if the bytes are not UTF-8.
struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0;
};

Character decode(std::string_view text, std::size_t offset) {
    const auto lead = static_cast<unsigned char>(text[offset]);
    const std::size_t length = sequence_length(lead);
    if (length == 0 || length > text.size() - offset) return {};
    std::uint32_t code = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[offset + i]);
        if ((next & 0xc0U) != 0x80U) return {};
        code = code << 6 | (next & 0x3fU);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < kSmallest[length] || code > 0x10ffff || surrogate) return {};
    return {code, length};
}

// Other line ends would make our line numbers differ from an editor's.
bool is_foreign_line_end(std::string_view text, std::size_t offset, std::uint32_t code) {
    if (code == '\r') return offset + 1 >= text.size() || text[offset + 1] != '\n';
    return code == 0x85 || code == 0x2028 || code == 0x2029;
}

bool check_characters(std::string_view text, Problems& problems) {
    Position at;
    for (std::size_t offset = 0; offset < text.size();) {
        const Character character = decode(text, offset);
        const std::uint32_t code = character.code;
        if (character.length == 0) {
            problems.add(at, "this byte is not UTF-8");
            return false;
        }
        if (is_foreign_line_end(text, offset, code)) {
            problems.add(at, "unknown kind of line end, expected a line feed");
            return false;
        }
        const bool control = (code < 0x20 && code != '\n' && code != '\t' && code != '\r') ||
                             (code >= 0x7f && code < 0xa0) || code == 0xfffe || code == 0xffff;
        if (control) {
            problems.add(at, "control characters are not allowed in a scenario");
            return false;
        }
        if (code == '\n') {
            ++at.line;
            at.column = 1;
        } else {
            ++at.column;
        }
        offset += character.length;
    }
    return true;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

Position position_at(const yaml_mark_t& mark) {
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// libyaml's parser and its current event, both released whatever happens.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {
        ready_ = yaml_parser_initialize(&parser_) == 1;
        if (!ready_) return;
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
        split_lines();
    }
    ~Parser() {
        drop_event();
        if (ready_) yaml_parser_delete(&parser_);
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    std::optional<Node> read_document(Problems& problems);

  private:
    bool next(Problems& problems);
    void drop_event();
    void split_lines();
    Position here() const { return position_at(event_.start_mark); }
    bool read_node(Node& node, unsigned depth, Problems& problems);
    bool read_sequence(Node& node, unsigned depth, Problems& problems);
    bool read_mapping(Node& node, unsigned depth, Problems& problems);
    void read_scalar(Node& node);
    void locate_text(Node& node) const;
    void check_decorations(const yaml_char_t* anchor, const yaml_char_t* tag, Problems& problems);
    void check_document_start(Problems& problems);
    void check_end(Problems& problems);

    std::string_view text_;
    std::vector<std::string_view> lines_;
    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool ready_ = false;
    bool has_event_ = false;
    unsigned nodes_ = 0;
};

void Parser::drop_event() {
    if (has_event_) yaml_event_delete(&event_);
    has_event_ = false;
}

void Parser::split_lines() {
    for (std::size_t begin = 0; begin <= text_.size();) {
        const std::size_t end = std::min(text_.find('\n', begin), text_.size());
        std::string_view line = text_.substr(begin, end - begin);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        lines_.push_back(line);
        begin = end + 1;
    }
}

bool Parser::next(Problems& problems) {
    drop_event();
    if (yaml_parser_parse(&parser_, &event_) == 1) {
        has_event_ = true;
        return true;
    }
    std::string message = "this is not YAML";
    if (parser_.problem != nullptr) message += std::string(": ") + parser_.problem;
    if (parser_.context != nullptr) message += std::string(" ") + parser_.context;
    const bool placed = parser_.problem_mark.line > 0 || parser_.problem_mark.column > 0;
    problems.add(position_at(placed ? parser_.problem_mark : parser_.mark), message);
    return false;
}

void Parser::check_decorations(const yaml_char_t* anchor, const yaml_char_t* tag,
                               Problems& problems) {
    if (anchor != nullptr) problems.add(here(), "anchors are not allowed in a scenario");
    if (tag != nullptr) problems.add(here(), "tags are not allowed in a scenario");
}

// Finds out where the characters of a scalar stand: a literal block starts on the next line behind
// its indentation, a scalar on one line stands where it stands unless it has escapes.
void Parser::locate_text(Node& node) const {
    const std::size_t first = node.at.line - 1;
    if (node.style == Node::Style::literal) {
        std::size_t line = first + 1;
        std::size_t begin = 0;
        while (begin < node.text.size() && node.text[begin] == '\n') {
            ++begin;
            ++line;
        }
        const std::size_t end = std::min(node.text.find('\n', begin), node.text.size());
        const std::string_view content = std::string_view(node.text).substr(begin, end - begin);
        if (line >= lines_.size() || !lines_[line].ends_with(content)) return;
        const std::string_view indent =
            lines_[line].substr(0, lines_[line].size() - content.size());
        node.text_at = {node.at.line + 1, static_cast<std::uint32_t>(count_characters(indent) + 1)};
        node.exact = true;
        return;
    }
    if (event_.end_mark.line != event_.start_mark.line || first >= lines_.size()) return;
    const std::uint32_t quote = node.style == Node::Style::quoted ? 1 : 0;
    std::string_view line = lines_[first];
    for (std::uint32_t skip = node.at.column + quote; skip > 1 && !line.empty(); --skip)
        line.remove_prefix(std::max<std::size_t>(
            1, std::min(sequence_length(static_cast<unsigned char>(line[0])), line.size())));
    if (!line.starts_with(node.text)) return;
    node.text_at = {node.at.line, node.at.column + quote};
    node.exact = true;
}

void Parser::read_scalar(Node& node) {
    const auto& scalar = event_.data.scalar;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    switch (scalar.style) {
        case YAML_LITERAL_SCALAR_STYLE:
            node.style = Node::Style::literal;
            break;
        case YAML_FOLDED_SCALAR_STYLE:
            node.style = Node::Style::folded;
            break;
        case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
            node.style = Node::Style::quoted;
            break;
        default:
            node.style = Node::Style::plain;
    }
    locate_text(node);
}

bool Parser::read_sequence(Node& node, unsigned depth, Problems& problems) {
    node.kind = Node::Kind::sequence;
    while (next(problems)) {
        if (event_.type == YAML_SEQUENCE_END_EVENT) return true;
        node.items.emplace_back();
        if (!read_node(node.items.back(), depth + 1, problems)) return false;
    }
    return false;
}

bool Parser::read_mapping(Node& node, unsigned depth, Problems& problems) {
    node.kind = Node::Kind::mapping;
    std::set<std::string> keys;
    while (next(problems)) {
        if (event_.type == YAML_MAPPING_END_EVENT) return true;
        Node key;
        if (!read_node(key, depth + 1, problems)) return false;
        Node::Entry entry{key.at, key.text, {}};
        if (!next(problems) || !read_node(entry.value, depth + 1, problems)) return false;
        if (key.kind != Node::Kind::scalar)
            problems.add(key.at, "a key must be a word, found " + describe_node(key));
        else if (!keys.insert(key.text).second)
            problems.add(key.at, "the key " + quoted(key.text) + " stands here twice");
        else
            node.entries.push_back(std::move(entry));
    }
    return false;
}

bool Parser::read_node(Node& node, unsigned depth, Problems& problems) {
    node.at = here();
    if (depth > kNestingMax) {
        problems.add(node.at, "nested too deeply, at most " + std::to_string(kNestingMax) +
                                  " levels are allowed");
        return false;
    }
    if (++nodes_ > kNodesMax) {
        problems.add(node.at,
                     "too many values, at most " + std::to_string(kNodesMax) + " are allowed");
        return false;
    }
    switch (event_.type) {
        case YAML_ALIAS_EVENT:
            problems.add(node.at, "aliases are not allowed in a scenario");
            return true;
        case YAML_SCALAR_EVENT:
            check_decorations(event_.data.scalar.anchor, event_.data.scalar.tag, problems);
            read_scalar(node);
            return true;
        case YAML_SEQUENCE_START_EVENT:
            check_decorations(event_.data.sequence_start.anchor, event_.data.sequence_start.tag,
                              problems);
            return read_sequence(node, depth, problems);
        case YAML_MAPPING_START_EVENT:
            check_decorations(event_.data.mapping_start.anchor, event_.data.mapping_start.tag,
                              problems);
            return read_mapping(node, depth, problems);
        default:
            problems.add(node.at, "this is not YAML: expected a value");
            return false;
    }
}

void Parser::check_document_start(Problems& problems) {
    const auto& start = event_.data.document_start;
    if (start.version_directive != nullptr ||
        start.tag_directives.start != start.tag_directives.end)
        problems.add(here(), "YAML directives are not allowed in a scenario");
}

void Parser::check_end(Problems& problems) {
    if (!next(problems) || event_.type != YAML_DOCUMENT_END_EVENT) return;
    if (!next(problems)) return;
    if (event_.type != YAML_STREAM_END_EVENT)
        problems.add(here(), "a second document starts here, a scenario is one document");
}

std::optional<Node> Parser::read_document(Problems& problems) {
    if (!ready_) {
        problems.add({}, "there is no memory for reading the file");
        return std::nullopt;
    }
    if (!next(problems) || !next(problems)) return std::nullopt;
    if (event_.type == YAML_STREAM_END_EVENT) {
        problems.add({}, "the file is empty, expected a scenario");
        return std::nullopt;
    }
    check_document_start(problems);
    Node top;
    if (!next(problems) || !read_node(top, 0, problems)) return std::nullopt;
    check_end(problems);
    return top;
}

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_number(std::string_view text) {
    const std::size_t exponent = text.find_first_of("eE");
    if (exponent != std::string_view::npos) {
        std::string_view power = text.substr(exponent + 1);
        if (!power.empty() && (power[0] == '+' || power[0] == '-')) power.remove_prefix(1);
        if (!all_digits(power)) return false;
        text = text.substr(0, exponent);
    }
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return all_digits(text);
    const std::string_view whole = text.substr(0, dot);
    const std::string_view part = text.substr(dot + 1);
    return (whole.empty() || all_digits(whole)) && (part.empty() || all_digits(part)) &&
           !(whole.empty() && part.empty());
}

}  // namespace

Node::Type Node::type() const {
    if (style != Style::plain) return Type::text;
    std::string_view word = text;
    if (word.empty() || word == "~" || word == "null" || word == "Null" || word == "NULL")
        return Type::null;
    for (const char* name : {"true", "True", "TRUE", "false", "False", "FALSE"})
        if (word == name) return Type::boolean;
    if (word[0] == '-' || word[0] == '+') word.remove_prefix(1);
    if (all_digits(word)) return Type::integer;
    const bool hexadecimal =
        text.size() > 2 && text.starts_with("0x") &&
        text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos;
    if (hexadecimal) return Type::integer;
    return is_number(word) ? Type::number : Type::text;
}

const Node* Node::member(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

Position Node::position_of(std::size_t offset) const {
    if (!exact) return at;
    const std::string_view before = std::string_view(text).substr(0, std::min(offset, text.size()));
    const std::size_t newline = before.rfind('\n');
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const auto lines = std::count(before.begin(), before.end(), '\n');
    return {text_at.line + static_cast<std::uint32_t>(lines),
            text_at.column + static_cast<std::uint32_t>(count_characters(before.substr(begin)))};
}

std::string describe_node(const Node& node) {
    if (node.kind == Node::Kind::sequence) return "a list";
    if (node.kind == Node::Kind::mapping) return "a mapping";
    switch (node.type()) {
        case Node::Type::integer:
        case Node::Type::number:
            return "the number " + quoted(node.text);
        case Node::Type::boolean:
            return "the truth value " + quoted(node.text);
        case Node::Type::null:
            return "nothing";
        case Node::Type::text:
            break;
    }
    return "the text " + quoted(node.text);
}

std::optional<Node> read_nodes(std::string_view text, Problems& problems) {
    if (text.size() > kFileSizeMax) {
        problems.add({}, "the file is longer than 1 MiB");
        return std::nullopt;
    }
    // A byte order mark is no character of the file.
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (!check_characters(text, problems)) return std::nullopt;
    return Parser(text).read_document(problems);
}

}  // namespace lockstep
