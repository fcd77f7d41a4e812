// The JSON Schema for editors and the reader say the same: the same keys, the same words, and what
// the schema refuses the reader refuses too. The few schema keywords we use are evaluated here; an
// unknown one fails the test, so that none is silently ignored.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "scenarios/reader_keys.h"
#include "scenarios/reader_nodes.h"
#include "sim/points.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

const std::string& source_dir() {
    static const std::string kDir = LOCKSTEP_SOURCE_DIR;
    return kDir;
}

const Json& schema() {
    static const Json kSchema =
        Json::parse(text_of_file(source_dir() + "/scenarios/scenario-v1.schema.json"));
    return kSchema;
}

const Json& at(const std::string& pointer) {
    return schema().at(Json::json_pointer(pointer));
}

std::vector<std::filesystem::path> yaml_files(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() + folder))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// --- a small validator ---------------------------------------------------------------------------

Json to_json(const Node& node) {
    if (node.kind == Node::Kind::sequence) {
        Json list = Json::array();
        for (const Node& item : node.items) list.push_back(to_json(item));
        return list;
    }
    if (node.kind == Node::Kind::mapping) {
        Json object = Json::object();
        for (const Node::Entry& entry : node.entries) object[entry.key] = to_json(entry.value);
        return object;
    }
    switch (node.type()) {
        case Node::Type::integer:
            return std::stod(node.text) > 9e18 ? Json(node.text)
                                               : Json(std::stoll(node.text, nullptr, 0));
        case Node::Type::number:
            return std::stod(node.text);
        case Node::Type::boolean:
            return node.text[0] == 't' || node.text[0] == 'T';
        case Node::Type::null:
            return nullptr;
        case Node::Type::text:
            break;
    }
    return node.text;
}

bool has_type(const Json& value, const Json& type) {
    if (type.is_array())
        return std::any_of(type.begin(), type.end(),
                           [&](const Json& one) { return has_type(value, one); });
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "boolean") return value.is_boolean();
    ADD_FAILURE() << "the validator does not know the type " << type;
    return false;
}

bool valid(const Json& value, const Json& rule);

bool matches(const std::string& text, const Json& pattern) {
    return std::regex_search(text, std::regex(pattern.get<std::string>(), std::regex::ECMAScript));
}

bool valid_object(const Json& value, const Json& rule) {
    static const Json kNone = Json::object();
    const Json& properties = rule.contains("properties") ? rule["properties"] : kNone;
    for (const auto& [key, inner] : value.items()) {
        if (rule.contains("propertyNames") && !valid(key, rule["propertyNames"])) return false;
        if (properties.contains(key)) {
            if (!valid(inner, properties[key])) return false;
        } else if (rule.contains("additionalProperties")) {
            const Json& additional = rule["additionalProperties"];
            if (additional.is_boolean() ? !additional.get<bool>() : !valid(inner, additional))
                return false;
        }
    }
    for (const Json& key : rule.value("required", Json::array()))
        if (!value.contains(key.get<std::string>())) return false;
    const Json& dependencies = rule.contains("dependencies") ? rule["dependencies"] : kNone;
    for (const auto& [key, needs] : dependencies.items())
        for (const Json& need : needs)
            if (value.contains(key) && !value.contains(need.get<std::string>())) return false;
    return value.size() >= rule.value("minProperties", std::size_t{0}) &&
           value.size() <= rule.value("maxProperties", std::size_t{1'000'000});
}

bool valid_array(const Json& value, const Json& rule) {
    if (rule.contains("items"))
        for (const Json& item : value)
            if (!valid(item, rule["items"])) return false;
    return value.size() >= rule.value("minItems", std::size_t{0}) &&
           value.size() <= rule.value("maxItems", std::size_t{1'000'000});
}

bool valid_scalar(const Json& value, const Json& rule) {
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        if (rule.contains("pattern") && !matches(text, rule["pattern"])) return false;
        if (text.size() < rule.value("minLength", std::size_t{0})) return false;
        if (text.size() > rule.value("maxLength", std::size_t{1'000'000'000})) return false;
    }
    if (value.is_number()) {
        if (rule.contains("minimum") && value < rule["minimum"]) return false;
        if (rule.contains("maximum") && value > rule["maximum"]) return false;
    }
    return true;
}

bool valid(const Json& value, const Json& rule) {
    static const std::set<std::string> kKnown = {"$schema",
                                                 "$id",
                                                 "$ref",
                                                 "title",
                                                 "description",
                                                 "definitions",
                                                 "type",
                                                 "const",
                                                 "enum",
                                                 "oneOf",
                                                 "properties",
                                                 "propertyNames",
                                                 "additionalProperties",
                                                 "required",
                                                 "dependencies",
                                                 "minProperties",
                                                 "maxProperties",
                                                 "items",
                                                 "minItems",
                                                 "maxItems",
                                                 "pattern",
                                                 "minLength",
                                                 "maxLength",
                                                 "minimum",
                                                 "maximum"};
    for (const auto& [keyword, _] : rule.items())
        EXPECT_TRUE(kKnown.contains(keyword)) << "the validator does not know " << keyword;
    if (rule.contains("$ref")) return valid(value, at(rule["$ref"].get<std::string>().substr(1)));
    if (rule.contains("const") && value != rule["const"]) return false;
    if (rule.contains("enum") &&
        std::find(rule["enum"].begin(), rule["enum"].end(), value) == rule["enum"].end())
        return false;
    if (rule.contains("type") && !has_type(value, rule["type"])) return false;
    if (rule.contains("oneOf") &&
        std::count_if(rule["oneOf"].begin(), rule["oneOf"].end(),
                      [&](const Json& one) { return valid(value, one); }) != 1)
        return false;
    if (value.is_object()) return valid_object(value, rule);
    if (value.is_array()) return valid_array(value, rule);
    return valid_scalar(value, rule);
}

// --- the tests -----------------------------------------------------------------------------------

// Where the mappings of the reader's key table stand in the schema.
const std::pair<std::string, std::string> kMappings[] = {
    {"", ""},
    {"machine", "/definitions/machine"},
    {"cpu", "/definitions/cpu"},
    {"inject", "/definitions/injection"},
    {"inject.cpu", "/definitions/role"},
    {"inject.at", "/definitions/moment"},
    {"explore", "/definitions/explore"},
    {"explore.stop", "/definitions/explore/properties/stop"},
    {"expect", "/properties/expect"},
    {"condition", "/definitions/condition"},
    {"allow", "/definitions/allowance/oneOf/1"},
    {"upstream", "/definitions/upstream"},
};

TEST(schema, lists_the_keys_of_the_reader_and_requires_the_same_ones) {
    std::set<std::string> compared;
    for (const auto& [mapping, pointer] : kMappings) {
        std::set<std::string> keys, required, schema_keys, schema_required;
        for (const KeyEntry& entry : kKeys) {
            if (entry.mapping != mapping) continue;
            keys.emplace(entry.key);
            if (entry.required) required.emplace(entry.key);
        }
        const Json& rule = at(pointer);
        for (const auto& [key, _] : rule["properties"].items()) schema_keys.insert(key);
        for (const Json& key : rule.value("required", Json::array()))
            schema_required.insert(key.get<std::string>());
        EXPECT_EQ(keys, schema_keys) << mapping;
        EXPECT_EQ(required, schema_required) << mapping;
        EXPECT_EQ(rule["additionalProperties"], false) << mapping;
        compared.insert(mapping);
    }
    for (const KeyEntry& entry : kKeys)
        EXPECT_TRUE(compared.contains(std::string(entry.mapping))) << entry.mapping;
}

TEST(schema, lists_the_words_of_the_reader) {
    const std::pair<std::string, const Words&> words[] = {
        {"/definitions/arch/enum", arch_words()},
        {"/definitions/machine/properties/memory/enum", memory_words()},
        {"/definitions/machine/properties/clock/enum", clock_words()},
        {"/properties/locks/additionalProperties/enum", lock_class_words()},
        {"/definitions/injection/properties/ctx/enum", context_words()},
        {"/definitions/role/properties/role/enum", role_words()},
        {"/definitions/explore/properties/strategy/enum", strategy_words()},
        {"/properties/verdicts/additionalProperties/enum", verdict_words()},
        {"/properties/oracles/items/enum", optional_oracles()},
        {"/definitions/upstream/properties/needs/enum", needs_words()},
    };
    for (const auto& [pointer, list] : words) EXPECT_EQ(at(pointer).get<Words>(), list) << pointer;
    Words points;
    for (PointId id = 1; id < kPointCount; ++id) points.emplace_back(kPoints[id].name);
    EXPECT_EQ(at("/definitions/point/enum").get<Words>(), points);
    for (const std::string& oracle : oracle_words())
        EXPECT_TRUE(matches(oracle + "/word", at("/definitions/finding/pattern"))) << oracle;
    EXPECT_FALSE(matches("no-such-oracle/word", at("/definitions/finding/pattern")));
}

TEST(schema, has_the_limits_of_the_reader) {
    EXPECT_EQ(at("/definitions/machine/properties/cpus/maximum"), kCpusPerScenarioMax);
    EXPECT_EQ(at("/definitions/machine/properties/nr_cpus/maximum"), kNrCpusMax);
    EXPECT_EQ(at("/definitions/machine/properties/leaps/oneOf/0/maximum"), kLeapsMax);
    EXPECT_EQ(at("/definitions/machine/properties/steps_max/maximum"), kStepsMax);
    EXPECT_EQ(at("/definitions/injection/properties/times/maximum"), kTimesMax);
    EXPECT_EQ(at("/definitions/count/maximum"), kExploreMax);
    EXPECT_EQ(at("/properties/inject/maxItems"), kInjectionsMax);
    EXPECT_EQ(at("/properties/locks/maxProperties"), kLocksMax);
    EXPECT_EQ(at("/properties/variables/maxProperties"), kVariablesMax);
}

TEST(schema, accepts_every_scenario_of_the_library) {
    for (const auto& path : yaml_files("/scenarios")) {
        Problems problems;
        const auto top = read_nodes(text_of_file(path), problems);
        ASSERT_TRUE(top.has_value() && problems.empty()) << path;
        EXPECT_TRUE(valid(to_json(*top), schema())) << path;
    }
}

// The reader refuses the whole corpus (bad_input_test); here: the schema catches its share of it,
// and nothing it refuses gets past the reader.
TEST(schema, refuses_nothing_that_the_reader_takes) {
    unsigned refused = 0;
    for (const auto& path : yaml_files("/tests/scenarios/bad")) {
        const std::string text = text_of_file(path);
        Problems problems;
        const auto top = read_nodes(text, problems);
        if (!top || !problems.empty() || valid(to_json(*top), schema())) continue;
        ++refused;
        EXPECT_FALSE(read_scenario(path.string(), text).scenario.has_value()) << path;
    }
    EXPECT_GE(refused, 40U) << "the schema should help in an editor";
}

TEST(schema, refuses_what_its_keywords_say) {
    const Json good = Json::parse(R"json({"scenario": 1, "name": "ab", "locks": {"A": "tas"},
        "programs": {"p": "x"}, "cpus": {"0": {"task": "p"}}, "expect": {"always": ["1"]}})json");
    EXPECT_TRUE(valid(good, schema()));
    const std::pair<const char*, const char*> changes[] = {
        {"/scenario", "2"},
        {"/name", "\"Bad\""},
        {"/name", "1"},
        {"/locks", "{}"},
        {"/locks/a", "\"tas\""},
        {"/locks/A", "\"none\""},
        {"/cpus/x", "{}"},
        {"/cpus/0", "{\"task\": \"p\", \"tasks\": [\"p\"]}"},
        {"/expect", "{}"},
        {"/expect/always", "[]"},
        {"/expect/always/0", "1"},
        {"/unknown", "1"},
        {"/machine", "{\"cpus\": 65}"},
        {"/inject", "[{\"ctx\": \"nmi\"}]"},
        {"/inject", "[{\"ctx\": \"nmi\", \"cpu\": 0, \"at\": {\"label\": \"cs\"}}]"},
        {"/allow", "[\"nobody/stale\"]"},
    };
    for (const auto& [pointer, value] : changes) {
        Json changed = good;
        changed[Json::json_pointer(pointer)] = Json::parse(value);
        EXPECT_FALSE(valid(changed, schema())) << pointer << " = " << value;
    }
}

}  // namespace
}  // namespace lockstep
