// The wait-for graph over contexts.
#include "sim/oracles/wait_graph.h"

#include <algorithm>
#include <cstdio>

namespace lockstep {

void WaitGraph::apply(const Event& event) {
    WaitCpu& cpu = cpus_[event.cpu];
    WaitNode& node = cpu.nodes[event.depth];
    const bool about_lock = event.lock != kNoLock;
    switch (event.kind) {
        case EventKind::context_enter:
            cpu.top = event.depth;
            node = WaitNode{};
            for (unsigned d = 0; d < event.depth; ++d)
                if (cpu.nodes[d].releasing != kNoLock)
                    locks_[cpu.nodes[d].releasing].window_step = event.step + 1;
            break;
        case EventKind::context_exit:
            cpu.top = static_cast<std::uint8_t>(event.depth - 1);
            node = WaitNode{};
            break;
        case EventKind::acquire_begin:
            if (!about_lock) break;
            node = WaitNode{};
            node.wants = event.lock;
            node.step = event.step;
            node.began = event.time;
            node.held_at_begin = static_cast<std::uint8_t>(std::min<unsigned>(cpu.held, 255));
            cycle_from({event.cpu, event.depth}, true);
            break;
        case EventKind::acquire_end:
            if (!about_lock) break;
            node.wants = kNoLock;
            if (event.value == 0) {
                WaitLock& lock = locks_[event.lock];
                lock.owned = 1;
                lock.owner = {event.cpu, event.depth};
                lock.progress = event.time;
                ++cpu.held;
            } else {
                locks_[event.lock].error_step = event.step + 1;
            }
            break;
        case EventKind::release_begin:
            if (!about_lock) break;
            locks_[event.lock].owned = 0;
            locks_[event.lock].progress = event.time;
            node.releasing = event.lock;
            if (cpu.held > 0) --cpu.held;
            break;
        case EventKind::release_end:
            node.releasing = kNoLock;
            break;
        default:
            break;
    }
}

unsigned WaitGraph::cycle_from(ContextRef from, bool mark) {
    WaitNode& start = cpus_[from.cpu].nodes[from.depth];
    ContextRef path[kCpusMax * kContextsMax];
    unsigned length = 0;
    ContextRef at = from;
    while (length < kCpusMax * kContextsMax) {
        WaitNode& node = cpus_[at.cpu].nodes[at.depth];
        if (node.wants == kNoLock) return 0;
        path[length++] = at;
        // An attempt on a lock that a context below is itself attempting queues behind it.
        bool behind_own = false;
        for (unsigned d = 0; d < at.depth; ++d)
            behind_own |= cpus_[at.cpu].nodes[d].wants == node.wants;
        const WaitLock& lock = locks_[node.wants];
        if (lock.owned == 0 && !behind_own) return 0;
        const ContextRef owner = behind_own ? ContextRef{at.cpu, 0} : lock.owner;
        const ContextRef next = blocked_by(owner);
        // The owner is at or below the start on its CPU: it cannot move before we do.
        if (owner.cpu == from.cpu && owner.depth <= from.depth && next == blocked_by(from)) break;
        if (std::find(path, path + length, next) != path + length) return 0;  // a cycle without us
        at = next;
    }
    if (mark)
        for (unsigned i = 0; i < length; ++i) {
            std::uint8_t& cycle = cpus_[path[i].cpu].nodes[path[i].depth].cycle;
            if (cycle == 0 || cycle > length) cycle = static_cast<std::uint8_t>(length);
        }
    static_cast<void>(start);
    return length;
}

bool WaitGraph::trylock_fallback(const Event& event) const {
    if (!facts(event.lock).queue_trylock_fallback || event.depth == 0) return false;
    if (event.context != Context::nmi && event.depth + 1U < kContextsMax) return false;
    for (unsigned d = 0; d < event.depth; ++d)
        if (cpus_[event.cpu].nodes[d].wants != kNoLock) return true;
    return false;
}

bool WaitGraph::unlock_window(const Event& event) const {
    for (unsigned d = 0; d < event.depth; ++d)
        if (cpus_[event.cpu].nodes[d].releasing != kNoLock) return true;
    return locks_[event.lock].window_step > node(event).step;
}

bool WaitGraph::error_elsewhere(const Event& event) const {
    return locks_[event.lock].error_step > node(event).step + 1;
}

bool WaitGraph::table_full(const Event& event) const {
    const std::uint32_t entries = facts(event.lock).held_table.entries;
    return entries != 0 && node(event).held_at_begin >= entries;
}

void WaitGraph::describe(char* into, std::size_t size) const {
    std::size_t used = 0;
    into[0] = '\0';
    for (unsigned c = 0; c < setup_->cpus; ++c)
        for (unsigned d = 0; d < kContextsMax; ++d) {
            const WaitNode& node = cpus_[c].nodes[d];
            if (node.wants == kNoLock || used >= size) continue;
            const WaitLock& lock = locks_[node.wants];
            char owner[32] = "held by nobody";
            if (lock.owned != 0)
                std::snprintf(owner, sizeof owner, "held by CPU%u", lock.owner.cpu);
            const int wrote = std::snprintf(into + used, size - used, "%sCPU%u%s waits for %s, %s",
                                            used == 0 ? "" : "; ", c, d == 0 ? "" : " (interrupt)",
                                            facts(node.wants).name.c_str(), owner);
            used += static_cast<std::size_t>(std::max(wrote, 0));
        }
}

}  // namespace lockstep
