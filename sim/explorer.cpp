// The search itself: frames of saved parts, one for every state on the current path.
#include "sim/explorer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim/check.h"
#include "sim/hub.h"
#include "sim/internal.h"
#include "sim/rng.h"

namespace lockstep {

namespace {

constexpr unsigned kOptionsMax = 64;  // of one state: bits of a word
constexpr CpuId kNoCpu = 0xff;  // at boot nobody has moved yet: whoever begins preempts nobody

// Taking `option` where `cpu` moved last and could go on stops that CPU in the middle.
bool preempts(const Option& option, CpuId cpu, const Option* options, std::uint32_t count) {
    if (option.kind == Option::Kind::preempt) return true;
    if (option.kind != Option::Kind::run || option.cpu == cpu) return false;
    return std::any_of(options, options + count, [cpu](const Option& other) {
        return other.kind == Option::Kind::run && other.cpu == cpu;
    });
}

std::uint32_t injections_fired() {
    std::uint32_t fired = 0;
    for (std::size_t i = 0; i < host().injections.size(); ++i) fired += state().injections[i].fired;
    return fired;
}

}  // namespace

ChainRules ExploreBounds::chain_rules() const {
    ChainRules rules;
    rules.any = !every_step;
    rules.own_memory = own_memory;
    rules.asked = asked;
    rules.at_once = !preemptions;  // it would move CPUs that the bound speaks about
    if (injections) rules.injections_max = *injections;
    return rules;
}

void ExploreCounts::add(const ExploreCounts& other) {
    states += other.states;
    transitions += other.transitions;
    ends += other.ends;
    depth_max = std::max(depth_max, other.depth_max);
    truncated += other.truncated;
    unjudged += other.unjudged;
}

Explorer::Explorer(const ExploreBounds& bounds, Client& client) : bounds_(bounds), client_(client) {
    // The CPU that moved last is part of a bounded state, and is like no other.
    SIM_CHECK(!bounds_.symmetry || !bounds_.preemptions);
#ifdef LOCKSTEP_SANITIZE
    bounds_.reexecute = true;  // what sanitizers know of a stack is not in its bytes
#endif
}

// --- where the machine is --------------------------------------------------------------------

void Explorer::go_to_boot() {
    hub::start(bounds_.chain_rules(), bounds_.symmetry);
    parts::lay_out();
    part_hash_.assign(host().parts.count, 0);
    hash_ = 0;
    at_top_ = false;
    at_boot_ = true;
}

void Explorer::take(const Option& option) {
    if (option.kind != Option::Kind::family) at_boot_ = false;
    hub::take(option);
}

CpuId Explorer::moved_last() const {
    return at_boot_ ? kNoCpu : hub::running_cpu();
}

// Takes the options of a path from where the machine is. Returns the preemptions among them.
std::uint32_t Explorer::follow(const Path& path) {
    std::uint32_t preemptions = 0;
    for (const Option& option : path) {
        SIM_CHECK_MSG(hub::settle(), "a path goes on where an execution ended");
        const Option* const options = hub::options();
        const std::uint32_t count = hub::option_count();
        SIM_CHECK_MSG(std::find(options, options + count, option) != options + count,
                      "a path takes an option that is not there");
        if (preempts(option, moved_last(), options, count)) ++preemptions;
        take(option);
    }
    return preemptions;
}

void Explorer::update_hash() {
    Parts& all = host().parts;
    all.marked.add(all.always);
    all.marked.for_each([this, &all](unsigned part) {
        const std::uint64_t now = parts::hash_of(part);
        if (now == part_hash_[part] && parts::is_identity(all, part)) return;
        changed_.add(part);
        hash_ += now - part_hash_[part];
        part_hash_[part] = now;
    });
    all.marked.clear();
    if (!bounds_.verify) return;
    for (unsigned part = 0; part < all.count; ++part)
        SIM_CHECK_MSG(parts::hash_of(part) == part_hash_[part], "bytes changed without a mark");
}

std::uint64_t Explorer::key(std::uint32_t preemptions) const {
    if (!bounds_.preemptions) return hash_;
    return mixed(hash_, std::uint64_t{preemptions} << 8 | moved_last());
}

std::uint64_t Explorer::allowed_options(std::uint32_t preemptions) const {
    const Option* const options = hub::options();
    const std::uint32_t count = hub::option_count();
    SIM_CHECK_MSG(count <= kOptionsMax, "too many options in one state to be searched");
    const bool spent = bounds_.injections && injections_fired() >= *bounds_.injections;
    const bool settled = bounds_.preemptions && preemptions >= *bounds_.preemptions;
    std::uint64_t allowed = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (spent && options[i].kind == Option::Kind::inject) continue;
        if (state().alike_any && has_lower_like(options[i].cpu, options, count, options[i].kind))
            continue;
        if (settled && preempts(options[i], moved_last(), options, count)) continue;
        allowed |= std::uint64_t{1} << i;
    }
    return allowed;
}

// --- frames ----------------------------------------------------------------------------------

void Explorer::save_marked(Frame& frame) {
    const std::size_t count = host().parts.count;
    latest_.resize(frames_.size() * count);
    std::uint32_t* const here = latest_.data() + (frames_.size() - 1) * count;
    if (frames_.size() > 1) std::copy(here - count, here, here);
    frame.own.for_each([this, here](unsigned part) {
        const parts::Range range = host().parts.ranges[part];
        const parts::Range tail = parts::tail_of(part);
        const std::size_t size = range.size + tail.size;
        const std::size_t room = sizeof(Saved) + (size + 15) / 16 * 16;
        if (bytes_.size() < bytes_top_ + room) bytes_.resize((bytes_top_ + room) * 2);
        const Saved saved{part_hash_[part], part, static_cast<std::uint32_t>(size)};
        here[part] = static_cast<std::uint32_t>(bytes_top_ / 16);
        std::byte* to = bytes_.data() + bytes_top_;
        std::memcpy(to, &saved, sizeof saved);
        to += sizeof saved;
        std::memcpy(to, range.begin, range.size);
        if (tail.size > 0) std::memcpy(to + range.size, tail.begin, tail.size);
        bytes_top_ += room;
    });
}

void Explorer::restore_part(unsigned part) {
    const std::size_t count = host().parts.count;
    const std::byte* from =
        bytes_.data() + std::size_t{latest_[(frames_.size() - 1) * count + part]} * 16;
    Saved saved;
    std::memcpy(&saved, from, sizeof saved);
    from += sizeof saved;
    const parts::Range range = host().parts.ranges[part];
    std::memcpy(range.begin, from, range.size);
    const parts::Range tail = parts::tail_of(part);
    SIM_CHECK(range.size + tail.size == saved.size);
    if (tail.size > 0) std::memcpy(tail.begin, from + range.size, tail.size);
    hash_ += saved.hash - part_hash_[part];
    part_hash_[part] = saved.hash;
}

void Explorer::push(std::uint64_t hash, std::uint32_t preemptions, std::uint64_t allowed) {
    Frame& frame = frames_.emplace_back();
    frame.hash = hash;
    frame.remaining = allowed;
    // Nothing can happen any more but an interrupt that the bound forbids.
    if (frame.remaining == 0) cut();
    frame.options_at = static_cast<std::uint32_t>(options_.size());
    frame.options = hub::option_count();
    frame.saved_at = static_cast<std::uint32_t>(bytes_top_ / 16);
    frame.preemptions = preemptions;
    frame.cpu = moved_last();
    options_.insert(options_.end(), hub::options(), hub::options() + frame.options);
    frame.own = changed_;
    if (!bounds_.reexecute) save_marked(frame);
    changed_.clear();
    at_top_ = true;
    counts_.depth_max = std::max<std::uint64_t>(counts_.depth_max, prefix_.size() + frames_.size());
}

void Explorer::pop() {
    const Frame& frame = frames_.back();
    changed_.add(frame.own);
    options_.resize(frame.options_at);
    bytes_top_ = std::size_t{frame.saved_at} * 16;
    frames_.pop_back();
    at_top_ = false;
}

void Explorer::return_to_top() {
    if (bounds_.reexecute) {
        const Path path = path_to(frames_.size() - 1);
        go_to_boot();
        follow(path);
        SIM_CHECK(hub::settle());
        update_hash();
#ifndef LOCKSTEP_SANITIZE  // whose frames keep more than the state
        SIM_CHECK_MSG(hash_ == frames_.back().hash, "the same path led to another state");
#endif
        changed_.clear();
    } else {
        changed_.add(host().parts.marked);
        host().parts.marked.clear();
        changed_.for_each([this](unsigned part) { restore_part(part); });
        changed_.clear();
    }
    at_top_ = true;
}

Path Explorer::path_to(std::size_t frame) const {
    Path path = prefix_;
    for (std::size_t i = 0; i < frame; ++i) path.push_back(frames_[i].taken);
    return path;
}

Path Explorer::path() const {
    return path_to(at_top_ ? frames_.size() - 1 : frames_.size());
}

// --- the search ------------------------------------------------------------------------------

void Explorer::begin() {
    begin(Unexplored{});
}

void Explorer::begin(const Unexplored& at) {
    SIM_CHECK(done());
    go_to_boot();
    prefix_ = at.path;
    const std::uint32_t preemptions = follow(prefix_);
    latest_.clear();
    bytes_top_ = 0;
    changed_.clear();
    if (!hub::settle()) return arrive_at_end();
    if (prefix_.empty() && at.options == 0) return arrive(preemptions);
    update_hash();
    push(hash_, preemptions, allowed_options(preemptions));
    frames_.back().remaining &= at.options;
}

void Explorer::advance() {
    SIM_CHECK(!done());
    if (frames_.back().remaining == 0) return pop();
    if (!at_top_) return_to_top();
    Frame& frame = frames_.back();
    const int index = std::countr_zero(frame.remaining);
    frame.remaining &= frame.remaining - 1;
    const Option* const options = options_.data() + frame.options_at;
    frame.taken = options[index];
    const std::uint32_t preemptions =
        frame.preemptions + (preempts(frame.taken, frame.cpu, options, frame.options) ? 1 : 0);
    const std::uint32_t findings = state().findings_total;
    at_top_ = false;
    changed_.add(host().parts.always);
    ++counts_.transitions;
    take(frame.taken);
    const bool alive = hub::settle();
    if (!alive) return arrive_at_end();
    if (state().findings_total != findings && !client_.on_finding(collect_result())) return;
    arrive(preemptions);
}

void Explorer::arrive(std::uint32_t preemptions) {
    update_hash();
    const std::uint64_t state = key(preemptions);
    client_.expect(state);
    const std::uint64_t allowed = allowed_options(preemptions);  // while that is on its way
    if (!client_.fresh(state)) return;
    ++counts_.states;
    if (bounds_.one_level && !frames_.empty()) return;
    if (path_is_full())
        cut();
    else
        push(hash_, preemptions, allowed);
}

void Explorer::cut() {
    ++counts_.truncated;
    ++counts_.unjudged;
}

Path Explorer::random_path(std::uint64_t seed) {
    SIM_CHECK(done());
    Rng rng(seed);
    Path path;
    std::uint32_t preemptions = 0;
    go_to_boot();
    while (path.size() < bounds_.depth_max && hub::settle()) {
        const Option* const options = hub::options();
        const std::uint64_t allowed = allowed_options(preemptions);
        std::uint64_t runs = 0;
        for (std::uint64_t left = allowed; left != 0; left &= left - 1)
            if (options[std::countr_zero(left)].kind == Option::Kind::run)
                runs |= left & (~left + 1);
        std::uint64_t among = runs != 0 ? runs : allowed;
        if (among == 0) break;
        for (auto n = rng.below(static_cast<std::uint32_t>(std::popcount(among))); n != 0; --n)
            among &= among - 1;
        const Option option = options[std::countr_zero(among)];
        if (preempts(option, moved_last(), options, hub::option_count())) ++preemptions;
        const std::uint32_t findings = state().findings_total;
        take(option);
        if (state().findings_total != findings && !client_.on_finding(collect_result())) break;
        path.push_back(option);
    }
    return path;
}

bool Explorer::path_is_full() const {
    return prefix_.size() + frames_.size() >= bounds_.depth_max ||
           bytes_top_ + latest_.size() * sizeof(std::uint32_t) >= bounds_.path_bytes_max;
}

void Explorer::arrive_at_end() {
    update_hash();
    const EndReason reason = state().end_reason;
    if (reason == EndReason::step_limit || reason == EndReason::time_limit) ++counts_.truncated;
    if (!client_.fresh(hash_)) return;
    ++counts_.states;
    ++counts_.ends;
    client_.on_end(collect_result());
}

// --- sharing ---------------------------------------------------------------------------------

bool Explorer::donate(Unexplored& to) {
    std::size_t busy = 0;
    for (const Frame& frame : frames_)
        busy += static_cast<std::size_t>(std::popcount(frame.remaining));
    if (busy < 2) return false;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        Frame& frame = frames_[i];
        if (frame.remaining == 0) continue;
        const int give = (std::popcount(frame.remaining) + 1) / 2;
        to.options = 0;
        for (int n = 0; n < give; ++n) {
            const std::uint64_t last = std::bit_floor(frame.remaining);
            to.options |= last;
            frame.remaining &= ~last;
        }
        to.path = path_to(i);
        return true;
    }
    return false;
}

std::vector<Unexplored> Explorer::unexplored(std::size_t most) const {
    std::vector<Unexplored> all;
    for (std::size_t i = 0; i < frames_.size() && all.size() < most; ++i)
        if (frames_[i].remaining != 0) all.push_back({path_to(i), frames_[i].remaining});
    return all;
}

void Explorer::disturbed() {
    at_top_ = false;
    for (unsigned part = 0; part < host().parts.count; ++part) changed_.add(part);
}

void Explorer::append_state(std::vector<std::byte>& to) const {
    for (unsigned part = 0; part < host().parts.count; ++part) parts::append_identity(part, to);
}

std::uint64_t Explorer::bytes_used() const {
    return bytes_.capacity() + latest_.capacity() * sizeof(std::uint32_t) +
           frames_.capacity() * sizeof(Frame);
}

}  // namespace lockstep
