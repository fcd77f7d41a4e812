// One level of a search at a time: nothing it meets is new enough to go on below it.
#include "scenarios/successors.h"

namespace lockstep {

namespace {

ExploreBounds every_step() {
    ExploreBounds bounds;
    bounds.every_step = true;
    bounds.one_level = true;
    return bounds;
}

}  // namespace

Successors::Successors() : explorer_(every_step(), *this) {}

std::vector<std::uint64_t> Successors::of(const Path& path) {
    std::vector<std::uint64_t> hashes;
    Unexplored at;
    at.path = path;
    at.options = ~std::uint64_t{0};
    explorer_.begin(at);
    while (!explorer_.done()) {
        const std::uint64_t before = explorer_.counts().transitions;
        explorer_.advance();
        if (explorer_.counts().transitions != before) hashes.push_back(told_);
    }
    return hashes;
}

bool Successors::fresh(std::uint64_t hash) {
    told_ = hash;
    return false;
}

void Successors::on_end(const ExecutionResult&) {}

// The state behind a finding is one like any other.
bool Successors::on_finding(const ExecutionResult&) {
    return true;
}

}  // namespace lockstep
