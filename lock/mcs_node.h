// The node a queued waiter looks at, shared by the mcs lock and the two locks built on it.
#pragma once

#include <cstddef>

#include "lock/port.h"
#include "lock/word.h"

namespace lockstep {

// One waiter. Sixteen bytes: four nodes, one per context that can nest on a CPU, fill one
// cache line.
struct McsNode {
    Atomic<McsNode*> next;         // who waits behind us; NULL until it has linked itself
    Atomic<std::int32_t> granted;  // 0 = wait; anything else was written by whoever was before us
    Atomic<std::int32_t> count;    // nodes in use on this CPU; in a CPU's first node only
};
static_assert(sizeof(McsNode) == 16);

constexpr QueueNodeLayout mcs_node_layout(std::uint32_t nodes) {
    QueueNodeLayout layout;
    layout.stride = sizeof(McsNode);
    layout.nodes = nodes;
    layout.next_offset = 0;
    layout.locked_offset = 8;
    layout.count_offset = 12;
    return layout;
}

}  // namespace lockstep
