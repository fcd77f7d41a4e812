// Folding the events up to a step.
#include "tools/run_state.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "sim/kernel.h"
#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr std::uint32_t kNobodysNode = ~std::uint32_t{0};

bool is_statement(const Event& event) {
    if (event.site == nullptr || event.site->file == nullptr) return false;
    return std::string_view(event.site->file).ends_with(".yaml");
}

std::string hexadecimal(std::uint32_t word) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%08x", word);
    return text;
}

bool says_a_wake(EventKind kind) {
    return kind == EventKind::wake || kind == EventKind::context_enter || kind == EventKind::store;
}

}  // namespace

RunState::RunState(const Recording& recording)
    : recording_(recording), tables_(recording), words_(recording.locks.size(), 0) {}

void RunState::on_event(const Event& event) {
    time_ = std::max(time_, event.time);
    if (event.cpu >= kCpusMax) return;
    tables_.on_event(event);
    enter(event);
    note_call(event);
    note_place(event);
    if (event.kind == EventKind::store) note_store(event);
    if (event.kind == EventKind::stall_begin) stalled_[event.cpu] = true;
    if (event.kind == EventKind::stall_end) stalled_[event.cpu] = false;
}

void RunState::enter(const Event& event) {
    Frame& here = frame(event);
    switch (event.kind) {
        case EventKind::inject_fired:
            handler_ = event.value < recording_.injections.size()
                           ? recording_.injections[event.value]
                           : "";
            break;
        case EventKind::context_enter: {
            here = Frame{};
            here.live = true;
            here.context = event.context;
            const std::size_t space = handler_.find(' ');
            here.name = space == std::string::npos ? "" : handler_.substr(space + 1);
            handler_.clear();
            break;
        }
        case EventKind::task_start:
        case EventKind::task_switch: {
            here = Frame{};
            here.live = true;
            if (event.value < recording_.tasks.size()) here.name = recording_.tasks[event.value];
            break;
        }
        case EventKind::context_exit:
        case EventKind::task_end:
            here.live = false;
            here.parked = false;
            here.has_inside = false;
            here.doing.clear();
            break;
        default:
            break;
    }
}

void RunState::note_call(const Event& event) {
    Frame& here = frame(event);
    const std::string since = ", since step " + std::to_string(event.step);
    switch (event.kind) {
        case EventKind::acquire_begin:
            here.doing = acquire_text(recording_, event.lock, event.value == 1) + since;
            here.has_inside = false;
            break;
        case EventKind::release_begin:
            here.doing = release_text(recording_, event.lock) + since;
            here.has_inside = false;
            break;
        case EventKind::acquire_end:
            if (event.value == 0) here.holds.push_back(event.lock);
            here.last = event_text(recording_, event);
            here.doing.clear();
            here.has_inside = false;
            break;
        case EventKind::release_end: {
            const auto at = std::find(here.holds.rbegin(), here.holds.rend(), event.lock);
            if (at != here.holds.rend()) here.holds.erase(std::next(at).base());
            here.last = event_text(recording_, event);
            here.doing.clear();
            here.has_inside = false;
            break;
        }
        case EventKind::label:
            here.last = event_text(recording_, event);
            break;
        case EventKind::park:
            here.parked = true;
            break;
        default:
            if (says_a_wake(event.kind)) here.parked = false;
            break;
    }
}

void RunState::note_place(const Event& event) {
    const bool placed = event.pc != 0 || (event.site != nullptr && event.site->line != 0);
    if (!placed) return;
    Frame& here = frame(event);
    if (is_statement(event)) {
        here.statement = source_text(recording_, event);
    } else if (!here.doing.empty()) {
        here.inside = event;
        here.has_inside = true;
    }
}

void RunState::note_store(const Event& event) {
    if (event.object_kind == ObjectKind::lock_word && event.lock < words_.size()) {
        words_[event.lock] = merge_word(words_[event.lock], event, event.value);
        return;
    }
    const LockFacts* const facts = node_facts();
    if (event.object_kind != ObjectKind::queue_node || facts == nullptr) return;
    if (event.offset < facts->nodes.first_offset) return;
    const std::uint32_t inside = event.offset - facts->nodes.first_offset;
    Node& node = nodes_[{event.object_cpu, inside / facts->nodes.stride}];
    const std::uint32_t field = inside % facts->nodes.stride;
    if (field == facts->nodes.next_offset) node.next = event.value;
    if (field == facts->nodes.locked_offset) node.locked = static_cast<std::uint32_t>(event.value);
}

const LockFacts* RunState::node_facts() const {
    for (const LockFacts& facts : recording_.facts)
        if (facts.nodes.nodes != 0 && facts.nodes.stride != 0) return &facts;
    return nullptr;
}

RunState::NodeKey RunState::node_at(std::uint64_t address) const {
    const Place* const place = address == 0 ? nullptr : recording_.place_at(address);
    const LockFacts* const facts = node_facts();
    if (place == nullptr || facts == nullptr || place->kind != ObjectKind::queue_node)
        return {0, kNobodysNode};
    const std::uint64_t offset = address - place->address - facts->nodes.first_offset;
    return {place->cpu, static_cast<std::uint32_t>(offset / facts->nodes.stride)};
}

// From the tail towards the head, along the links that are there.
std::vector<RunState::NodeKey> RunState::queue_of(LockId lock) const {
    const LockFacts* const facts = recording_.facts_of(lock);
    std::vector<NodeKey> queue;
    if (facts == nullptr || (words_[lock] & facts->word.tail_mask) == 0) return queue;
    const std::uint32_t cpu = (words_[lock] & facts->word.tail_mask) >> facts->word.tail_cpu_shift;
    const std::uint32_t index = words_[lock] >> facts->word.tail_index_shift & 3;
    queue.push_back({static_cast<CpuId>(cpu - 1), index});
    while (queue.size() < nodes_.size()) {
        const auto last = nodes_.find(queue.back());
        if (last != nodes_.end() && last->second.locked != 0) break;  // the head: it was told so
        const auto before = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
            return node_at(entry.second.next) == queue.back() &&
                   std::find(queue.begin(), queue.end(), entry.first) == queue.end();
        });
        if (before == nodes_.end()) break;
        queue.push_back(before->first);
    }
    std::reverse(queue.begin(), queue.end());
    return queue;
}

std::string RunState::queue_text(LockId lock) const {
    std::string text;
    for (const NodeKey& key : queue_of(lock)) {
        const auto found = nodes_.find(key);
        const Node node = found == nodes_.end() ? Node{} : found->second;
        text += (text.empty() ? "" : " -> ") + std::string("node[cpu") + std::to_string(key.first) +
                "][" + std::to_string(key.second) + "] (locked = " + std::to_string(node.locked) +
                ")";
    }
    return text.empty() ? "nobody is queued" : text + " = tail";
}

std::string RunState::word_line(LockId lock) const {
    const LockFacts* const facts = recording_.facts_of(lock);
    const std::string decoded = facts == nullptr ? "" : word_text(facts->word, words_[lock]) + "  ";
    return recording_.lock_name(lock) + " = " + decoded + hexadecimal(words_[lock]);
}

std::vector<std::string> RunState::queue_lines() const {
    std::vector<std::string> lines;
    for (std::size_t lock = 0; lock < words_.size(); ++lock) {
        const LockId id = static_cast<LockId>(lock);
        const LockFacts* const facts = recording_.facts_of(id);
        const bool queued = facts != nullptr && facts->word.tail_mask != 0;
        lines.push_back(word_line(id) +
                        (queued ? ": " + queue_text(id) : ": this kind of lock has no queue"));
    }
    return lines;
}

std::vector<std::string> RunState::held_lines() const {
    std::vector<std::string> lines;
    for (unsigned cpu = 0; cpu < recording_.cpus; ++cpu) {
        for (const Frame& each : frames_[cpu]) {
            std::string locks;
            for (const LockId lock : each.holds)
                locks += (locks.empty() ? "" : ", ") + recording_.lock_name(lock);
            if (locks.empty()) continue;
            lines.push_back(context_text(static_cast<CpuId>(cpu), each.context) + " holds " +
                            locks);
        }
        const std::string table = tables_.text(static_cast<CpuId>(cpu));
        if (table != "[]") lines.push_back("held[cpu" + std::to_string(cpu) + "] = " + table);
    }
    if (lines.empty()) lines.push_back("nobody holds a lock, all tables are empty");
    return lines;
}

std::vector<std::string> RunState::backtrace_lines(CpuId cpu) const {
    std::vector<std::string> lines;
    for (unsigned depth = kContextsMax; depth-- > 0;) {
        const Frame& each = frames_[cpu][depth];
        if (!each.live) continue;
        const bool top = lines.empty();
        std::string head = "#" + std::to_string(depth) + " " + context_name(each.context);
        if (!each.name.empty()) head += " (" + each.name + ")";
        if (!top) head += ", interrupted";
        if (top && each.parked) head += ", parked";
        if (top && stalled_[cpu]) head += ", its vCPU is taken away";
        lines.push_back(head);
        if (each.doing.empty() && !each.last.empty()) lines.push_back("     after " + each.last);
        if (!each.doing.empty()) lines.push_back("     in " + each.doing);
        if (each.has_inside) lines.push_back("     at " + source_text(recording_, each.inside));
        if (!each.statement.empty()) lines.push_back("     by " + each.statement);
    }
    if (lines.empty()) lines.push_back("CPU" + std::to_string(cpu) + " runs nothing");
    return lines;
}

}  // namespace lockstep
