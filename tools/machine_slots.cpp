// Folding events into slots. It believes what was stored, as a debugger would, and judges nothing.
#include "tools/machine_slots.h"

#include <algorithm>

#include "sim/points.h"
#include "tools/describe.h"

namespace lockstep {

namespace {

using SlotValue = nlohmann::ordered_json;

constexpr int kNull = -1, kNoLockThere = -2;
constexpr std::uint32_t kEntriesKept = 40;  // one more than fits is what an overflow looks like

int actor_number(const Event& event) {
    return static_cast<int>(event.cpu * kContextsMax + event.depth);
}

}  // namespace

MachineSlots::MachineSlots(const Recording& recording) : recording_(recording) {
    for (const LockFacts& facts : recording.facts) {
        if (facts.held_table.entries != 0) table_ = facts.held_table;
        if (facts.nodes.stride != 0) node_ = facts.nodes;
    }
    for (unsigned lock = 0; lock < recording.locks.size(); ++lock) {
        words_.push_back(add("word", lock, 0, 0));
        owners_.push_back(add("owner", lock, 0, -1));
    }
    cpus_.resize(std::min(recording.cpus, kCpusMax));
    for (unsigned number = 0; number < cpus_.size(); ++number) {
        Cpu& cpu = cpus_[number];
        cpu.stack = add("stack", number, 0, "");
        cpu.park = add("park", number, 0, "");
        cpu.held = add("held", number, 0, SlotValue::array());
        cpu.nodes = add("nodes", number, 0, 0);
        for (unsigned i = 0; i < kContextsMax; ++i) {
            cpu.mine[i] = add("mine", number, i, -1);
            cpu.next[i] = add("next", number, i, -1);
            cpu.flag[i] = add("flag", number, i, 0);
            cpu.wants[i] = add("wants", number, i, -1);
            cpu.role[i] = add("role", number, i, "");
        }
    }
}

std::size_t MachineSlots::add(const char* kind, unsigned a, unsigned b, SlotValue value) {
    slots_.push_back({kind, a, b, std::move(value)});
    return slots_.size() - 1;
}

void MachineSlots::set(std::size_t slot, SlotValue value) {
    if (slots_[slot].value == value) return;
    changes_.push_back(slot);
    changes_.push_back(value);
    slots_[slot].value = std::move(value);
}

int MachineSlots::lock_at(std::uint64_t address) const {
    if (address == 0) return kNull;
    const Place* place = recording_.place_at(address);
    const bool lock = place != nullptr && place->kind == ObjectKind::lock_word;
    return lock ? place->lock : kNoLockThere;
}

int MachineSlots::node_at(std::uint64_t address) const {
    const Place* place = address == 0 ? nullptr : recording_.place_at(address);
    if (place == nullptr || place->kind != ObjectKind::queue_node || node_.stride == 0) return -1;
    const auto offset = static_cast<std::uint32_t>(address - place->address);
    if (offset < node_.first_offset) return -1;
    const std::uint32_t index = (offset - node_.first_offset) / node_.stride;
    return static_cast<int>(place->cpu * kContextsMax + index);
}

SlotValue MachineSlots::take(const Event& event) {
    changes_ = SlotValue::array();
    if (event.cpu < cpus_.size() && event.depth < kContextsMax) {
        if (event.object_kind == ObjectKind::lock_word) take_word(event);
        if (event.kind == EventKind::store) take_store(event);
        take_context(event);
        take_call(event);
    }
    return std::move(changes_);
}

// The point at which pending is set says nothing of who had set it before. Who has it keeps it
// until he clears it himself: as the owner, because there is a queue, or because he gives up.
void MachineSlots::take_word(const Event& event) {
    const LockFacts* const facts = recording_.facts_of(event.lock);
    const bool store = event.kind == EventKind::store;
    if (facts == nullptr || (!store && event.kind != EventKind::load)) return;
    const auto is_set = [&](std::uint64_t value) {
        return (value << (8 * event.offset) & facts->word.pending_mask) != 0;
    };
    Cpu& cpu = cpus_[event.cpu];
    const bool before = is_set(store ? event.old : event.value);
    cpu.found_pending[event.depth] = before;
    const bool is_pending =
        cpu.wait_role[event.depth] == static_cast<std::uint8_t>(WaitRole::pending);
    if (store && before && !is_set(event.value) && is_pending &&
        slots_[cpu.wants[event.depth]].value == event.lock)
        set_role(cpu, event.depth, WaitRole::fast);
}

void MachineSlots::take_store(const Event& event) {
    if (event.object_kind == ObjectKind::lock_word && event.lock < words_.size()) {
        const auto before = slots_[words_[event.lock]].value.get<std::uint32_t>();
        set(words_[event.lock], merge_word(before, event, event.value));
    }
    if (event.object_cpu >= cpus_.size()) return;
    if (event.object_kind == ObjectKind::held_table && table_.entries != 0) take_held(event);
    if (event.object_kind == ObjectKind::queue_node && node_.stride != 0) take_node(event);
}

void MachineSlots::take_held(const Event& event) {
    Cpu& cpu = cpus_[event.object_cpu];
    if (event.offset == table_.count_offset) {
        cpu.held_count = static_cast<std::uint32_t>(event.value);
    } else if (event.offset >= table_.entries_offset && table_.entry_size != 0) {
        const std::uint32_t entry = (event.offset - table_.entries_offset) / table_.entry_size;
        if (entry >= kEntriesKept) return;
        if (cpu.entries.size() <= entry) cpu.entries.resize(entry + 1, kNull);
        cpu.entries[entry] = lock_at(event.value);
    }
    SlotValue listed = SlotValue::array();
    for (std::uint32_t i = 0; i < std::min(cpu.held_count, kEntriesKept); ++i)
        listed.push_back(i < cpu.entries.size() ? cpu.entries[i] : kNull);
    set(cpu.held, std::move(listed));
}

// A node has no owner in memory: it is whose who raised the count past it.
void MachineSlots::take_node(const Event& event) {
    Cpu& cpu = cpus_[event.object_cpu];
    if (event.offset == node_.count_offset) {
        const auto count = static_cast<int>(event.value);
        const auto before = slots_[cpu.nodes].value.get<int>();
        for (const std::size_t mine : cpu.mine)
            if (slots_[mine].value.get<int>() >= count) set(mine, -1);
        if (count > before && event.cpu == event.object_cpu) set(cpu.mine[event.depth], count - 1);
        set(cpu.nodes, count);
        return;
    }
    if (event.offset < node_.first_offset) return;
    const std::uint32_t index = (event.offset - node_.first_offset) / node_.stride;
    const std::uint32_t inside = (event.offset - node_.first_offset) % node_.stride;
    if (index >= kContextsMax) return;
    if (inside == node_.next_offset) set(cpu.next[index], node_at(event.value));
    if (inside == node_.locked_offset)
        set(cpu.flag[index], static_cast<std::int64_t>(static_cast<std::int32_t>(event.value)));
}

void MachineSlots::set_role(Cpu& cpu, unsigned depth, WaitRole role) {
    cpu.wait_role[depth] = static_cast<std::uint8_t>(role);
    set(cpu.role[depth], role == WaitRole::fast ? "" : wait_role_text(role));
}

void MachineSlots::set_park(const Cpu& cpu) {
    const std::size_t depth = cpu.contexts.empty() ? 0 : cpu.contexts.size() - 1;
    set(cpu.park, cpu.parked[std::min<std::size_t>(depth, kContextsMax - 1)]);
}

void MachineSlots::take_context(const Event& event) {
    Cpu& cpu = cpus_[event.cpu];
    switch (event.kind) {
        case EventKind::task_start:
        case EventKind::task_switch:
            if (cpu.contexts.empty()) cpu.contexts = "t";
            break;
        case EventKind::task_end:
            cpu.contexts.clear();
            break;
        case EventKind::context_enter:
            cpu.contexts += context_name(event.context)[0];
            break;
        case EventKind::context_exit:
            if (cpu.contexts.size() > 1) cpu.contexts.pop_back();
            break;
        case EventKind::park:
            cpu.parked[event.depth] = event_text(recording_, event);
            break;
        case EventKind::wake:
            cpu.parked[event.depth].clear();
            break;
        default:
            return;
    }
    set(cpu.stack, cpu.contexts);
    set_park(cpu);
}

void MachineSlots::take_call(const Event& event) {
    Cpu& cpu = cpus_[event.cpu];
    const bool known = event.lock < owners_.size();
    if (event.kind == EventKind::acquire_begin && known) {
        cpu.wait_role[event.depth] = 0;
        set(cpu.wants[event.depth], event.lock);
    }
    if (event.kind == EventKind::acquire_end && known) {
        set(cpu.wants[event.depth], -1);
        set(cpu.role[event.depth], "");
        if (event.value == 0) set(owners_[event.lock], actor_number(event));
    }
    if (event.kind == EventKind::release_begin && known &&
        slots_[owners_[event.lock]].value == actor_number(event))
        set(owners_[event.lock], -1);
    if (event.kind != EventKind::point || slots_[cpu.wants[event.depth]].value == -1) return;
    static constexpr PointId kPendingSet = point_by_name("rq.pending.set");
    static constexpr PointId kNodeTaken = point_by_name("rq.queue.node");
    if (event.aux == kPendingSet && cpu.found_pending[event.depth]) return;
    const WaitRole role = role_after(static_cast<PointId>(event.aux),
                                     static_cast<WaitRole>(cpu.wait_role[event.depth]));
    if (event.aux != kNodeTaken) return set_role(cpu, event.depth, role);
    cpu.wait_role[event.depth] = static_cast<std::uint8_t>(role);
    set(cpu.role[event.depth], "about to queue");
}

}  // namespace lockstep
