// Lays out the parts of a sealed machine and hashes them one by one.
#include "sim/parts.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "sim/check.h"
#include "sim/hash.h"
#include "sim/internal.h"
#include "sim/raw_bytes.h"

namespace lockstep::parts {

namespace {

// None of a task that has ended.
Range live_stack(TaskId id) {
    const TaskSlot& task = task_slot(id);
    if (task.state == TaskState::ended) return {};
    auto* const pointer = static_cast<std::byte*>(task.stack_pointer);
    return {pointer, static_cast<std::size_t>(arena::stack_of(id).top - pointer)};
}

// What the machine as a whole remembers that matters for the future. Counters of steps, picks and
// fuel are how a state was reached and stay out; so is which CPU moved last.
struct MachineIdentity {
    TimeNs now;
    std::uint64_t user_top;
    std::uint32_t script_next, script_steps;
    std::uint32_t tasks, findings, leaps_left, families_chosen;
    std::uint8_t script_met, script_failed, unsettled, ended;
    std::uint32_t spurious_left;
    std::uint64_t quiet;  // no padding: the struct is hashed as bytes
};
static_assert(std::has_unique_object_representations_v<MachineIdentity>);

std::uint64_t finish(std::uint64_t hash, unsigned part) {
    hash += (part + 1) * 0x9e3779b97f4a7c15ULL;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
    return hash ^ (hash >> 31);
}

// Each of these hands the bytes that are a part's identity to `sink`, piece by piece.
template <class Sink>
void machine_identity(Sink sink) {
    const State& m = state();
    MachineIdentity identity{};
    identity.now = m.now;
    identity.user_top = m.user_top;
    identity.script_next = m.script_next;
    identity.script_steps = script_active() ? m.script_steps : 0;
    identity.tasks = m.tasks;
    identity.findings = m.findings;
    identity.leaps_left = m.leaps_left;
    identity.spurious_left = m.spurious_left;
    identity.families_chosen = m.families_chosen;
    identity.script_met = m.script_met ? 1 : 0;
    identity.script_failed = m.script_failed ? 1 : 0;
    identity.unsettled = m.unsettled_any ? 1 : 0;
    identity.ended = m.ended ? 1 : 0;
    identity.quiet = m.quiet ? 1 : 0;
    sink(&identity, sizeof identity);
}

template <class Sink>
void findings_identity(Sink sink) {
    const State& m = state();
    // What was found on the way here is part of the state, when and in which words is not.
    for (std::uint32_t i = 0; i < m.findings; ++i) {
        const Finding& finding = finding_slot(i);
        const std::uint64_t what[] = {
            reinterpret_cast<std::uint64_t>(finding.oracle),
            reinterpret_cast<std::uint64_t>(finding.word),
            std::uint64_t{finding.cpu} << 16 |
                std::uint64_t{static_cast<unsigned>(finding.context)} << 8 | finding.lock};
        sink(what, sizeof what);
    }
}

// The order in the run queue matters, not how far the counter has come.
std::uint64_t rank_of(const TaskSlot& task) {
    const State& m = state();
    std::uint64_t rank = 0;
    if (cpu_state(task.cpu).ready_tasks < 2) return rank;
    for (TaskId other = 0; other < m.tasks; ++other) {
        const TaskSlot& there = task_slot(other);
        if (there.cpu == task.cpu && there.state == TaskState::ready &&
            there.ready_since < task.ready_since)
            ++rank;
    }
    return rank;
}

template <class Sink>
void task_identity(TaskId id, Sink sink) {
    const TaskSlot& task = task_slot(id);
    const std::uint64_t slot[] = {static_cast<std::uint64_t>(task.state) << 16 |
                                      (task.stop ? 2U : 0U) | (task.woken ? 1U : 0U),
                                  task.state == TaskState::sleeping ? task.wake_at : 0,
                                  rank_of(task)};
    sink(slot, sizeof slot);
    if (task.state == TaskState::ended) return;
    const Range stack = live_stack(id);
    sink(stack.begin, stack.size);
}

bool all_zero(const std::byte* begin, const std::byte* end) {
    std::uint64_t bits = 0;
    for (; begin != end; begin += sizeof bits) {
        std::uint64_t word = 0;
        std::memcpy(&word, begin, sizeof word);
        bits |= word;
    }
    return bits == 0;
}

// Of a CPU that neither waits nor has read anything it could wait for, that is all zero and left
// out. Roles are nothing that an execution without them has.
void cpu_identity(unsigned id, auto sink) {
    auto* const cpu = reinterpret_cast<const std::byte*>(&cpu_state(id));
    constexpr std::size_t kWaiting = offsetof(CpuState, footprint) + offsetof(Footprint, spots);
    constexpr std::size_t kRoles = offsetof(CpuState, role_pending);
    sink(cpu, all_zero(cpu + kWaiting, cpu + kRoles) ? kWaiting : kRoles);
    if (host().owner_locks > 0) sink(cpu + kRoles, sizeof(CpuState) - kRoles);
}

template <class Sink>
void identity_of(unsigned part, Sink sink) {
    const Parts& all = host().parts;
    if (part == 0) return machine_identity(sink);
    if (part < all.tasks_at) return cpu_identity(part - 1, sink);
    if (part < all.oracles_at) return task_identity(static_cast<TaskId>(part - all.tasks_at), sink);
    if (part == all.findings_at) return findings_identity(sink);
    const Range range = all.ranges[part];
    sink(range.begin, range.size);
}

Range range_between(const void* begin, const void* end) {
    auto* const first = static_cast<std::byte*>(const_cast<void*>(begin));
    return {first, static_cast<std::size_t>(static_cast<const std::byte*>(end) - first)};
}

Range find_range(unsigned part) {
    const Host& h = host();
    const State& m = state();
    const Parts& all = h.parts;
    const auto at = [](std::uint64_t address) { return reinterpret_cast<std::byte*>(address); };
    if (part == 0) return range_between(at(arena::kBase), at(kCpusAt));
    if (part < all.tasks_at) return range_between(&cpu_state(part - 1), &cpu_state(part));
    if (part < all.oracles_at) {
        const unsigned task = part - all.tasks_at;
        return range_between(&task_slot(task), &task_slot(task + 1));
    }
    if (part < all.user_at) {
        const unsigned i = part - all.oracles_at;
        return {reinterpret_cast<std::byte*>(h.oracles[i]), h.oracle_rooms[i].size};
    }
    if (part < all.static_at) {
        const std::uint64_t begin =
            arena::kUser + (std::uint64_t{part - all.user_at} << all.block_shift);
        const std::uint64_t end =
            std::min(begin + (std::uint64_t{1} << all.block_shift), all.user_end);
        return range_between(at(begin), at(end));
    }
    if (part < all.steering_at) {
        const Host::Range& range = h.static_data[part - all.static_at];
        return {static_cast<std::byte*>(range.begin), range.size};
    }
    if (part == all.steering_at) return range_between(m.injections, m.owner_cpu + h.owner_locks);
    return {at(kFindingsAt), 0};
}

}  // namespace

void lay_out() {
    Host& h = host();
    const State& m = state();
    Parts& all = h.parts;
    all = Parts{};
    all.tasks_at = 1 + m.cpus;
    all.oracles_at = all.tasks_at + m.tasks;
    all.user_at = all.oracles_at + static_cast<unsigned>(h.oracles.size());
    const std::uint64_t user = m.user_top - arena::kUser;
    all.block_shift = 7;
    while ((user >> all.block_shift) >= kUserBlocksMax) ++all.block_shift;
    all.user_end = m.user_top;
    all.static_at = all.user_at + static_cast<unsigned>(user >> all.block_shift) + 1;
    all.steering_at = all.static_at + static_cast<unsigned>(h.static_data.size());
    all.findings_at = all.steering_at + 1;
    all.count = all.findings_at + 1;
    SIM_CHECK_MSG(all.count <= kPartsMax, "the machine is too large to be searched");
    all.on = true;
    for (unsigned part = 0; part < all.count; ++part) all.ranges.push_back(find_range(part));
    all.always.add(0);
    if (all.ranges[all.steering_at].size > 0) all.always.add(all.steering_at);
    for (unsigned part = 0; part < all.count; ++part) all.marked.add(part);
}

Range tail_of(unsigned part) {
    const Parts& all = host().parts;
    if (part - all.tasks_at < all.oracles_at - all.tasks_at)
        return live_stack(static_cast<TaskId>(part - all.tasks_at));
    if (part == all.findings_at)
        return {reinterpret_cast<std::byte*>(kFindingsAt), state().findings * sizeof(Finding)};
    return {};
}

std::uint64_t hash_of(unsigned part) {
#ifdef LOCKSTEP_SANITIZE
    static std::vector<std::byte> bytes;
    bytes.clear();
    append_identity(part, bytes);
    return finish(hash_bytes(bytes.data(), bytes.size()), part);
#else
    std::uint64_t hash = 0;
    identity_of(part, [&hash](const void* begin, std::size_t size) {
        hash = hash * 0x9e3779b97f4a7c15ULL + hash_bytes(begin, size);
        hash ^= hash >> 32;
    });
    return finish(hash, part);
#endif
}

void append_identity(unsigned part, std::vector<std::byte>& to) {
    identity_of(part, [&to](const void* begin, std::size_t size) {
        const std::size_t at = to.size();
        to.resize(at + size);
        copy_raw(to.data() + at, static_cast<const std::byte*>(begin), size);
    });
}

}  // namespace lockstep::parts
