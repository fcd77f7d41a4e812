// One moment of a run as a Graphviz graph: who waits for which lock and who holds it, which handler
// is in the way, and the queue of each lock from its tail back to the waiter at its head.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tools/describe.h"
#include "tools/exporter.h"

namespace lockstep {

namespace {

std::string dot_text(const std::string& text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

struct NodePlace {
    CpuId cpu = 0;
    std::uint32_t index = 0;
    auto operator<=>(const NodePlace&) const = default;
    std::string name() const {
        return "node cpu" + std::to_string(cpu) + "." + std::to_string(index);
    }
};

struct NodeNow {
    std::uint64_t next = 0;
    std::uint64_t locked = 0;
};

// The queue nodes of a run, followed store by store.
class QueueNodes {
  public:
    explicit QueueNodes(const Recording& recording) : recording_(recording) {
        for (const LockFacts& facts : recording.facts)
            if (facts.nodes.stride != 0) layout_ = facts.nodes;
    }
    void take(const Event& event);
    // The nodes from the head of the queue to its tail.
    std::vector<NodePlace> queue_before(NodePlace tail) const;
    const NodeNow* at(NodePlace place) const {
        const auto found = nodes_.find(place);
        return found == nodes_.end() ? nullptr : &found->second;
    }

  private:
    std::optional<NodePlace> node_at(std::uint64_t address) const;
    const Recording& recording_;
    QueueNodeLayout layout_;
    std::map<NodePlace, NodeNow> nodes_;
    std::array<std::uint64_t, kCpusMax> in_use_{};
};

void QueueNodes::take(const Event& event) {
    if (event.kind != EventKind::store || event.object_kind != ObjectKind::queue_node) return;
    if (layout_.stride == 0 || event.object_cpu >= kCpusMax) return;
    if (event.offset == layout_.count_offset) {
        in_use_[event.object_cpu] = event.value;
        return;
    }
    if (event.offset < layout_.first_offset) return;
    const std::uint32_t inside = event.offset - layout_.first_offset;
    NodeNow& node = nodes_[{event.object_cpu, inside / layout_.stride}];
    if (inside % layout_.stride == layout_.next_offset) node.next = event.value;
    if (inside % layout_.stride == layout_.locked_offset) node.locked = event.value;
}

std::optional<NodePlace> QueueNodes::node_at(std::uint64_t address) const {
    const Place* const place = address == 0 ? nullptr : recording_.place_at(address);
    if (place == nullptr || place->kind != ObjectKind::queue_node) return std::nullopt;
    const std::uint64_t inside = address - place->address - layout_.first_offset;
    return NodePlace{place->cpu, static_cast<std::uint32_t>(inside / layout_.stride)};
}

std::vector<NodePlace> QueueNodes::queue_before(NodePlace tail) const {
    std::vector<NodePlace> queue = {tail};
    for (bool found = true; found;) {
        found = false;
        const NodeNow* const front = at(queue.back());
        if (front != nullptr && front->locked != 0) break;  // it has been made the head
        for (const auto& [place, node] : nodes_) {
            const bool linked = node_at(node.next) == queue.back();
            const bool used = place.index < in_use_[place.cpu];
            if (!linked || !used || std::count(queue.begin(), queue.end(), place) > 0) continue;
            queue.push_back(place);
            found = true;
            break;
        }
    }
    std::reverse(queue.begin(), queue.end());
    return queue;
}

class DotGraph {
  public:
    explicit DotGraph(const ExportedRun& run)
        : run_(run),
          recording_(cut(run)),
          waits_(fold_waits(recording_)),
          words_(recording_),
          nodes_(recording_) {}
    std::string write();

  private:
    static Recording cut(const ExportedRun& run);
    std::string actor_node(const Actor& actor);
    std::string lock_node(LockId lock);
    void follow();
    void add_holders();
    void add_waiters();
    void add_queue(LockId lock);
    void edge(const std::string& from, const std::string& to, const std::string& attributes) {
        edges_ += "  " + dot_text(from) + " -> " + dot_text(to) + " [" + attributes + "];\n";
    }

    const ExportedRun& run_;
    const Recording recording_;  // up to the moment that is drawn
    const Waits waits_;
    LockWords words_;
    QueueNodes nodes_;
    std::vector<std::pair<LockId, Actor>> held_;
    std::array<std::vector<Context>, kCpusMax> handlers_;
    std::set<std::string> declared_;
    std::set<std::pair<CpuId, std::uint8_t>> interrupted_;
    std::string declarations_, edges_;
};

Recording DotGraph::cut(const ExportedRun& run) {
    Recording part = run.recording;
    if (run.at)
        std::erase_if(part.events, [&](const Event& event) { return event.step > *run.at; });
    return part;
}

std::string DotGraph::actor_node(const Actor& actor) {
    std::string name = actor_text(actor);
    if (actor.depth == 0 && actor.task < recording_.tasks.size())
        name += " " + recording_.tasks[actor.task];
    if (declared_.insert(name).second)
        declarations_ += "  " + dot_text(name) + " [shape=box, style=rounded];\n";
    return name;
}

std::string DotGraph::lock_node(LockId lock) {
    const std::string name = "lock " + recording_.lock_name(lock);
    if (declared_.insert(name).second)
        declarations_ += "  " + dot_text(name) + " [shape=ellipse, label=" +
                         dot_text(recording_.lock_name(lock) + " " +
                                  word_text(recording_.facts[lock].word, words_.word(lock))) +
                         "];\n";
    return name;
}

void DotGraph::follow() {
    for (std::size_t i = 0; i < recording_.events.size(); ++i) {
        const Event& event = recording_.events[i];
        if (event.cpu >= kCpusMax) continue;
        if (is_word_store(recording_, event)) words_.take(event);
        nodes_.take(event);
        std::vector<Context>& handlers = handlers_[event.cpu];
        if (event.kind == EventKind::context_enter) handlers.push_back(event.context);
        if (event.kind == EventKind::context_exit && !handlers.empty()) handlers.pop_back();
        const std::int32_t attempt = waits_.attempt_at[i];
        if (event.kind == EventKind::acquire_end && event.value == 0 && attempt >= 0)
            held_.emplace_back(event.lock, waits_.attempts[static_cast<std::size_t>(attempt)].who);
        if (event.kind == EventKind::release_begin)
            std::erase_if(held_, [&](const auto& held) {
                return held.first == event.lock && held.second.cpu == event.cpu &&
                       held.second.depth == event.depth;
            });
    }
}

void DotGraph::add_holders() {
    for (const auto& [lock, who] : held_) {
        edge(lock_node(lock), actor_node(who), "label=\"held by\"");
        const std::vector<Context>& handlers = handlers_[who.cpu];
        if (handlers.size() <= who.depth || !interrupted_.insert({who.cpu, who.depth}).second)
            continue;
        Actor above;
        above.cpu = who.cpu;
        above.depth = static_cast<std::uint8_t>(who.depth + 1);
        above.context = handlers[who.depth];
        edge(actor_node(who), actor_node(above), "label=\"interrupted by\", style=dashed");
    }
}

void DotGraph::add_waiters() {
    for (const Attempt& attempt : waits_.attempts) {
        if (attempt.ended) continue;
        const std::string role =
            attempt.role == WaitRole::fast ? "" : std::string(", ") + wait_role_text(attempt.role);
        edge(actor_node(attempt.who), lock_node(attempt.lock),
             "label=" + dot_text("wants" + role) +
                 (attempt.chain.cycle ? ", color=red, penwidth=2" : ""));
    }
}

void DotGraph::add_queue(LockId lock) {
    const WordLayout& layout = recording_.facts[lock].word;
    const std::uint32_t word = words_.word(lock);
    const bool queued = layout.shape == WordLayout::Shape::queued;
    if (!queued || (word & layout.tail_mask) == 0) return;
    const NodePlace tail = {
        static_cast<CpuId>(((word & layout.tail_mask) >> layout.tail_cpu_shift) - 1),
        word >> layout.tail_index_shift & 3};
    const std::vector<NodePlace> queue = nodes_.queue_before(tail);
    const std::string prefix = recording_.lock_name(lock) + " ";
    declarations_ += "  subgraph " + dot_text("cluster queue " + recording_.lock_name(lock)) +
                     " {\n    label=" + dot_text("queue of " + recording_.lock_name(lock)) + ";\n";
    for (const NodePlace& place : queue) {
        const NodeNow* const node = nodes_.at(place);
        const std::string locked = node != nullptr && node->locked != 0 ? "\nlocked=" : "";
        declarations_ +=
            "    " + dot_text(prefix + place.name()) + " [shape=box, label=" +
            dot_text(place.name() + (locked.empty() ? "" : locked + std::to_string(node->locked))) +
            "];\n";
    }
    declarations_ += "  }\n";
    for (std::size_t i = 0; i + 1 < queue.size(); ++i)
        edge(prefix + queue[i].name(), prefix + queue[i + 1].name(), "label=\"next\"");
    edge(lock_node(lock), prefix + tail.name(), "label=\"tail\", style=dotted");
}

std::string DotGraph::write() {
    follow();
    add_holders();
    add_waiters();
    for (std::size_t lock = 0; lock < recording_.locks.size(); ++lock) {
        lock_node(static_cast<LockId>(lock));
        add_queue(static_cast<LockId>(lock));
    }
    const bool none = recording_.events.empty();
    const Event last = none ? Event() : recording_.events.back();
    return "digraph " + dot_text(run_.title) + " {\n  rankdir=LR;\n  labelloc=t;\n  label=" +
           dot_text(run_.title + ", step " + std::to_string(last.step) + ", " +
                    time_text(last.time)) +
           ";\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n" +
           declarations_ + edges_ + "}\n";
}

}  // namespace

std::string write_dot(const ExportedRun& run) {
    return DotGraph(run).write();
}

}  // namespace lockstep
