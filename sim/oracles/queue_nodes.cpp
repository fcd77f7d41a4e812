// queue-nodes: MCS nodes are given back, and a node given back can no longer be reached.
//
//   leak, underflow   the node count after an API call is not what it was before
//   foreign           a CPU writes the node count of another one
//   dangling          a lock's tail names a released node, or a waiter is linked to one that left
//                     without having been given the head role
//
// Everything is rebuilt from writes to nodes and lock words. If a second port with nodes of its own
// takes part, only counts are judged. Says nothing about the order in which waiters are served.
#include <type_traits>

#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

constexpr unsigned kNodesMax = 4;

struct Nodes {
    std::int8_t count = 0;
    std::uint8_t taken = 0;  // bit = index: taken, and no attempt ended since
    std::int8_t base[kContextsMax] = {};
    std::uint16_t next[kNodesMax] = {};    // 1 + cpu * kNodesMax + index; 0 = NULL
    std::uint8_t granted[kNodesMax] = {};  // its `locked` was set since the node was taken
};
static_assert(std::has_unique_object_representations_v<Nodes>);

// Of each CPU its nodes, of each lock its word.
class QueueNodes final : public RowOracle<QueueNodes, Nodes, std::uint32_t> {
  public:
    const char* name() const override { return "queue-nodes"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_begin) |
               event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
               event_bit(EventKind::release_end);
    }
    std::uint32_t accesses_to() const override {
        return object_bit(ObjectKind::queue_node) | object_bit(ObjectKind::lock_word);
    }

    void begin(const OracleSetup& setup) override {
        RowOracle::begin(setup);
        lock_ = kNoLock;
        for (LockId lock = 0; lock < setup.locks.size(); ++lock)
            if (setup.locks[lock].nodes.nodes != 0 && lock_ == kNoLock) lock_ = lock;
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (lock_ == kNoLock) return;
        if (event.kind == EventKind::store) {
            if (event.object_kind == ObjectKind::queue_node) fold_node(event, sink);
            if (event.object_kind == ObjectKind::lock_word) fold_word(event);
            return;
        }
        if (event.lock == kNoLock || setup().locks[event.lock].nodes.nodes == 0) return;
        Nodes& nodes = of_cpu(event.cpu);
        if (event.kind == EventKind::acquire_begin || event.kind == EventKind::release_begin) {
            nodes.base[event.depth] = nodes.count;
            return;
        }
        judge_count(nodes, event, sink);
        nodes.base[event.depth] = 0;
        if (event.kind == EventKind::acquire_end && !setup().nodes_of_several_ports)
            judge_released(nodes, event, sink);
    }

  private:
    const QueueNodeLayout& layout() const { return setup().locks[lock_].nodes; }
    void fold_node(const Event& event, FindingSink& sink) {
        Nodes& nodes = of_cpu(event.object_cpu);
        if (event.offset == layout().count_offset) {
            fold_count(nodes, event);
            if (event.cpu != event.object_cpu)
                sink.report(name(), "foreign", event, "CPU%u writes the node count of CPU%u",
                            event.cpu, event.object_cpu);
            return;
        }
        if (event.offset < layout().first_offset) return;
        const std::uint32_t index = (event.offset - layout().first_offset) / layout().stride;
        const std::uint32_t field = (event.offset - layout().first_offset) % layout().stride;
        if (index >= kNodesMax) return;
        if (field == layout().next_offset) nodes.next[index] = node_at(event.value);
        if (field != layout().locked_offset) return;
        nodes.granted[index] = event.value != 0;
        // Who hands the head role on has used its link; its node may outlive it for a while.
        if (event.value != 0)
            for (std::uint16_t& next : of_cpu(event.cpu).next)
                if (next == name_of(event.object_cpu, index)) next = 0;
    }

    static void fold_count(Nodes& nodes, const Event& event) {
        nodes.count = static_cast<std::int8_t>(static_cast<std::int32_t>(event.value));
        const int index = nodes.count - 1;
        const bool raised = static_cast<std::int32_t>(event.old) < nodes.count;
        if (!raised || index < 0 || index >= static_cast<int>(kNodesMax)) return;
        nodes.next[index] = 0;
        nodes.granted[index] = 0;
        nodes.taken = static_cast<std::uint8_t>(nodes.taken | 1U << index);
    }

    static std::uint16_t name_of(unsigned cpu, unsigned index) {
        return static_cast<std::uint16_t>(1 + cpu * kNodesMax + index);
    }

    std::uint16_t node_at(std::uint64_t address) const {
        if (address == 0 || setup().nodes_cpu_stride == 0) return 0;
        const std::uint64_t distance = address - setup().nodes_base;
        const std::uint64_t cpu = distance / setup().nodes_cpu_stride;
        const std::uint64_t index =
            (distance % setup().nodes_cpu_stride - layout().first_offset) / layout().stride;
        if (cpu >= setup().cpus || index >= kNodesMax) return 0;
        return name_of(static_cast<unsigned>(cpu), static_cast<unsigned>(index));
    }

    void fold_word(const Event& event) {
        if (event.lock == kNoLock || event.offset + event.size > 4) return;
        std::uint32_t& word = of_lock(event.lock);
        const unsigned shift = 8 * event.offset;
        const std::uint32_t mask = event.size == 4 ? ~0U : ((1U << (8 * event.size)) - 1U) << shift;
        word = (word & ~mask) | (static_cast<std::uint32_t>(event.value) << shift & mask);
    }

    void judge_count(Nodes& nodes, const Event& event, FindingSink& sink) {
        const std::int8_t expected = nodes.base[event.depth];
        if (nodes.count == expected) return;
        sink.report(name(), nodes.count > expected ? "leak" : "underflow", event,
                    "CPU%u had %d queue nodes in use before the call and has %d after it",
                    event.cpu, expected, nodes.count);
    }

    // Nodes of this CPU with an index at or above its count have been given back.
    void judge_released(Nodes& nodes, const Event& event, FindingSink& sink) {
        const WordLayout& layout = setup().locks[event.lock].word;
        const std::uint32_t tail = of_lock(event.lock) & layout.tail_mask;
        if (layout.shape == WordLayout::Shape::queued && tail != 0) {
            const std::uint32_t cpu = (tail >> layout.tail_cpu_shift) - 1;
            const std::uint32_t index = tail >> layout.tail_index_shift & 3U;
            if (cpu == event.cpu && static_cast<int>(index) >= nodes.count)
                sink.report(name(), "dangling", event,
                            "%s's tail still names node %u of CPU%u, which has left",
                            setup().locks[event.lock].name.c_str(), index, cpu);
        }
        for (unsigned index = 0; nodes.taken != 0 && index < kNodesMax; ++index) {
            if (static_cast<int>(index) < nodes.count || (nodes.taken >> index & 1U) == 0) continue;
            nodes.taken = static_cast<std::uint8_t>(nodes.taken & ~(1U << index));
            if (nodes.granted[index] == 0) judge_linked(event, index, sink);
            nodes.granted[index] = 0;
            nodes.next[index] = 0;
        }
    }

    void judge_linked(const Event& event, unsigned index, FindingSink& sink) {
        for (unsigned c = 0; c < setup().cpus; ++c)
            for (int i = 0; i < of_cpu(c).count && i < static_cast<int>(kNodesMax); ++i) {
                if (of_cpu(c).next[i] != name_of(event.cpu, index)) continue;
                sink.report(name(), "dangling", event,
                            "CPU%u's node is linked to node %u of CPU%u, which has left", c, index,
                            event.cpu);
                of_cpu(c).next[i] = 0;
            }
    }

    // The first lock whose port has nodes. Not its address: that would be a part of every state.
    std::uint64_t lock_ = kNoLock;
};

}  // namespace

OracleEntry queue_nodes_entry() {
    return make_entry<QueueNodes>("queue-nodes",
                                  "node counts balance and no released node can be reached");
}

}  // namespace lockstep
