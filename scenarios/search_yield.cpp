// What workers came to: added up, and as bytes.
#include <algorithm>
#include <utility>

#include "scenarios/archive.h"
#include "scenarios/search_worker.h"

namespace lockstep {

namespace {

template <typename Archive>
void visit(Archive& archive, Path& path) {
    path.resize(archive.size(path.size()));
    for (Option& option : path) {
        archive(option.kind);
        archive(option.cpu);
        archive(option.argument);
    }
}

template <typename Archive>
void visit(Archive& archive, SearchYield& yield) {
    archive(yield.counts.states);
    archive(yield.counts.transitions);
    archive(yield.counts.ends);
    archive(yield.counts.depth_max);
    archive(yield.counts.truncated);
    archive(yield.counts.unjudged);
    archive(yield.failing_ends);
    archive(yield.out_of_memory);
    archive(yield.begin_again);
    archive(yield.own_memory_is_shared);
    yield.places_to_ask.resize(archive.size(yield.places_to_ask.size()));
    for (std::uint64_t& place : yield.places_to_ask) archive(place);
    yield.left.resize(archive.size(yield.left.size()));
    for (Unexplored& left : yield.left) {
        visit(archive, left.path);
        archive(left.options);
    }
}

}  // namespace

bool SearchYield::is_better(const std::string& key, const std::string& text,
                            std::size_t length) const {
    const auto known = allowed.find(key);
    if (known == allowed.end()) return true;
    const auto& [said, path] = known->second;
    return text != said ? text < said : length < path.size();
}

void SearchYield::add(const SearchYield& other) {
    counts.add(other.counts);
    lockstep::add(harvest, other.harvest);
    failing_ends += other.failing_ends;
    for (const auto& [signature, path] : other.found) {
        const auto [known, added] = found.emplace(signature, path);
        if (!added && path.size() < known->second.size()) known->second = path;
    }
    for (const auto& [key, example] : other.allowed)
        if (is_better(key, example.first, example.second.size())) allowed[key] = example;
    left.insert(left.end(), other.left.begin(), other.left.end());
    out_of_memory |= other.out_of_memory;
    begin_again |= other.begin_again;
    own_memory_is_shared |= other.own_memory_is_shared;
    for (const std::uint64_t place : other.places_to_ask)
        if (std::find(places_to_ask.begin(), places_to_ask.end(), place) == places_to_ask.end())
            places_to_ask.push_back(place);
}

std::string SearchYield::pack() const {
    ArchiveWriter writer;
    SearchYield copy = *this;
    visit(writer, copy);
    writer(found.size());
    for (auto& [signature, path] : copy.found) {
        writer(signature);
        visit(writer, path);
    }
    writer(allowed.size());
    for (auto& [key, example] : copy.allowed) {
        writer(key);
        writer(example.first);
        visit(writer, example.second);
    }
    writer(lockstep::pack(harvest));
    return writer.bytes;
}

SearchYield SearchYield::unpack(const std::string& bytes) {
    ArchiveReader reader(bytes);
    SearchYield yield;
    visit(reader, yield);
    std::size_t count = 0;
    reader(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::string signature;
        Path path;
        reader(signature);
        visit(reader, path);
        yield.found.emplace(std::move(signature), std::move(path));
    }
    reader(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::string key;
        reader(key);
        auto& example = yield.allowed[key];
        reader(example.first);
        visit(reader, example.second);
    }
    std::string harvest;
    reader(harvest);
    yield.harvest = lockstep::unpack(harvest);
    if (!reader.at_end()) throw EngineBug("a worker of a search sent more than it should");
    return yield;
}

}  // namespace lockstep
