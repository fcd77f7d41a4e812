// Lock points: stable names for places inside a resilient lock, the same for every port. A port
// attaches them to its sites; scenarios, scripts and traces use the names.
#pragma once

#include <string_view>

#include "sim/types.h"

namespace lockstep {

struct PointEntry {
    std::string_view name;
    std::string_view meaning;
};

// Index = PointId. "after" and "before" say on which side of the access the point lies.
inline constexpr PointEntry kPoints[] = {
    {"", "no point"},
    {"rq.entry.grab", "before the held-table entry of an attempt is recorded"},
    {"rq.entry.held", "after it is recorded (count raised and slot written)"},
    {"rq.fast.taken", "after the fast-path cmpxchg, taken or not"},
    {"rq.pending.set", "after the pending bit is set"},
    {"rq.pending.wait", "before each look at the locked byte by the pending waiter"},
    {"rq.pending.claim", "before pending is turned into locked"},
    {"rq.queue.node", "after an MCS node is taken (count raised)"},
    {"rq.queue.trylock", "before the only trylock of a waiter that may not queue"},
    {"rq.queue.tail", "after the tail is published"},
    {"rq.queue.link", "after the node is linked behind the previous one"},
    {"rq.queue.wait", "before each look at its own node by a waiter that is not head"},
    {"rq.head.wait", "before each look at the lock word by the queue head"},
    {"rq.head.claim", "before the head takes the lock"},
    {"rq.head.handover", "before the head role is given to the next waiter"},
    {"rq.queue.destroy", "before a timed-out head tells the next waiter to leave"},
    {"rq.error.entry", "before a failed attempt clears its held-table entry"},
    {"rq.unlock.clear", "after the store-release that frees the lock"},
    {"rq.unlock.entry", "after unlock cleared its held-table slot, before the count goes down"},
    {"rq.tas.wait", "before each look at the word by the test-and-set fallback"},
    {"rq.check", "a deadlock/timeout check begins"},
    {"pv.wait", "before a waiter asks the hypervisor to halt its vCPU"},
    {"pv.kick", "before a halted vCPU is kicked"},
};
constexpr PointId kPointCount = sizeof(kPoints) / sizeof(kPoints[0]);

// 0 if there is no such point.
constexpr PointId point_by_name(std::string_view name) {
    for (PointId id = 1; id < kPointCount; ++id)
        if (kPoints[id].name == name) return id;
    return 0;
}

}  // namespace lockstep
