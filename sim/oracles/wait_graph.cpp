// The wait-for graph: what each event changes in it, and how cycles are found.
#include "sim/oracles/wait_graph.h"

#include <algorithm>
#include <bit>

namespace lockstep {

namespace {

std::uint64_t bit_of(CpuId cpu) {
    return std::uint64_t{1} << cpu;
}

// Calls `each` for every CPU in the set.
template <class Each>
void for_each_cpu(std::uint64_t set, Each each) {
    for (; set != 0; set &= set - 1) each(static_cast<CpuId>(std::countr_zero(set)));
}

}  // namespace

const OracleEntry& wait_graph_entry() {
    static const OracleEntry entry =
        make_entry<WaitGraph>("wait-graph", "knows who waits for whom");
    return entry;
}

void WaitGraph::on_event(const Event& event, FindingSink&) {
    WaitCpu& cpu = of_cpu(event.cpu);
    switch (event.kind) {
        case EventKind::context_enter:
            cpu.top = event.depth;
            cpu.contexts[event.depth] = event.context;
            cpu.nodes[event.depth] = WaitNode{};
            return;
        case EventKind::context_exit:
            return leave_context(event);
        case EventKind::task_start:
            cpu.task = static_cast<TaskId>(event.value);
            return;
        case EventKind::task_switch:
            return switch_task(event);
        default:
            break;
    }
    if (event.kind == EventKind::store) return fold_store(event);
    if (event.kind == EventKind::park) return fold_park(event);
    if (event.lock == kNoLock) return;
    WaitNode& node = cpu.nodes[event.depth];
    switch (event.kind) {
        case EventKind::acquire_begin:
            return begin_attempt(event);
        case EventKind::acquire_end:
            return end_attempt(event);
        case EventKind::release_begin:
            return begin_release(event);
        case EventKind::release_end:
            if (node.releasing == event.lock) --of_lock(event.lock).busy;
            node = WaitNode{};
            return;
        default:
            return;
    }
}

void WaitGraph::begin_attempt(const Event& event) {
    if (event.value == 1) return;  // a trylock does not wait
    WaitCpu& cpu = of_cpu(event.cpu);
    WaitNode& node = cpu.nodes[event.depth];
    node = WaitNode{};
    node.wants = event.lock;
    node.began = node.undisturbed = event.time;
    node.entries = cpu.held;
    for (unsigned d = 0; d < event.depth; ++d)
        if (cpu.nodes[d].wants != kNoLock || cpu.nodes[d].releasing != kNoLock) ++node.entries;
    const WaitLock& lock = of_lock(event.lock);
    ++of_lock(event.lock).busy;
    if (lock.owned != 0 || lock.busy > 1) mark_cycle(event.cpu);
}

void WaitGraph::end_attempt(const Event& event) {
    WaitCpu& cpu = of_cpu(event.cpu);
    WaitLock& lock = of_lock(event.lock);
    const WaitNode ended = cpu.nodes[event.depth];
    cpu.nodes[event.depth] = WaitNode{};
    if (ended.wants == event.lock) {
        --lock.busy;
        if (event.value != 0 && lock.busy > 0) note_error(event, ended);
    }
    if (event.value != 0) return;
    lock.owned = 1;
    lock.owner = {event.cpu, event.depth};
    if (facts(event.lock).held_table.entries != 0) ++cpu.held;
}

void WaitGraph::begin_release(const Event& event) {
    WaitCpu& cpu = of_cpu(event.cpu);
    WaitLock& lock = of_lock(event.lock);
    lock.owned = 0;
    lock.owner = {};
    ++lock.busy;
    if (facts(event.lock).held_table.entries != 0 && cpu.held > 0) --cpu.held;
    cpu.nodes[event.depth] = WaitNode{};
    cpu.nodes[event.depth].releasing = event.lock;
}

// A handler that ends with a lock leaves it to the context it interrupted: the CPU has it still.
void WaitGraph::leave_context(const Event& event) {
    if (event.depth == 0) return;
    WaitCpu& cpu = of_cpu(event.cpu);
    const ContextRef left{event.cpu, event.depth};
    cpu.nodes[event.depth] = WaitNode{};
    cpu.contexts[event.depth] = Context{};
    cpu.top = static_cast<std::uint8_t>(event.depth - 1);
    for (unsigned i = 0; i < setup().locks.size(); ++i)
        if (of_lock(i).owned != 0 && of_lock(i).owner == left) of_lock(i).owner.depth = cpu.top;
    WaitNode& below = cpu.nodes[cpu.top];
    if (below.wants == kNoLock) return;
    if (!setup().clock_may_stall) below.undisturbed = event.time;
    // Only now does the attempt below wait again, with what others took meanwhile in its way.
    mark_cycle(event.cpu);
}

// A task is only preempted before the lock call has disabled preemption or interrupts, so an
// attempt that is put aside here is nobody's obstacle. (With more of them than there is room
// for, the rest is forgotten and then not judged.) The event's own depth is not the CPU's.
void WaitGraph::switch_task(const Event& event) {
    WaitCpu& cpu = of_cpu(event.cpu);
    WaitNode& node = cpu.nodes[0];
    if (node.wants != kNoLock)
        for (SuspendedAttempt& slot : suspended_)
            if (slot.task == kNoTask) {
                slot = {cpu.task, node.wants, node.marks, node.entries, {}, node.began};
                break;
            }
    node = WaitNode{};
    cpu.task = static_cast<TaskId>(event.value);
    for (SuspendedAttempt& slot : suspended_)
        if (slot.task == cpu.task) {
            node.wants = slot.wants;
            node.marks = slot.marks;
            node.entries = slot.entries;
            node.began = slot.began;
            node.undisturbed = setup().clock_may_stall ? slot.began : event.time;
            slot = SuspendedAttempt{};
        }
}

void WaitGraph::fold_store(const Event& event) {
    WaitNode& node = of_cpu(event.cpu).nodes[event.depth];
    if (event.object_kind == ObjectKind::held_table) {
        if (node.wants == kNoLock) return;
        const std::uint64_t entry = facts(node.wants).address;
        if (event.value == entry)
            node.marks |= WaitNode::recorded;
        else if (event.old == entry)
            node.marks &= 0xff ^ WaitNode::recorded;
        return;
    }
    if (event.object_kind != ObjectKind::lock_word || event.offset >= 4) return;
    if (event.lock != node.wants && event.lock != node.releasing) return;
    const std::uint64_t mask = facts(event.lock).word.locked_mask;
    const bool was = (event.old << (8 * event.offset) & mask) != 0;
    const bool is = (event.value << (8 * event.offset) & mask) != 0;
    if (was == is) return;
    if (is && event.lock == node.wants) node.marks |= WaitNode::taken;
    if (was && event.lock == node.releasing) node.marks |= WaitNode::freed;
}

void WaitGraph::fold_park(const Event& event) {
    WaitNode& node = of_cpu(event.cpu).nodes[event.depth];
    if (node.wants == kNoLock) return;
    // Only for a side of an ABBA deadlock does it matter; who holds nothing is none.
    if (setup().clock_may_stall || of_cpu(event.cpu).held == 0 ||
        facts(node.wants).bounds.abba == 0)
        return;
    if (event.object_kind == ObjectKind::queue_node) node.marks &= 0xff ^ WaitNode::looking;
    if (event.object_kind != ObjectKind::lock_word || event.lock != node.wants) return;
    if ((node.marks & WaitNode::looking) == 0) node.undisturbed = event.time;
    node.marks |= WaitNode::looking;
}

// Everybody who is at the lock now may have been sent away by, or because of, this one.
void WaitGraph::note_error(const Event& event, const WaitNode& failed) {
    const auto ret = static_cast<std::int64_t>(event.value);
    if (ret != -kEdeadlk && ret != -kEtimedout) return;
    std::uint8_t marks = WaitNode::near_error;
    const bool full = event.time - failed.began >= shortest_bound(event.lock);
    if (ret == -kEtimedout && (full || (failed.marks & WaitNode::near_timeout) != 0))
        marks |= WaitNode::near_timeout;
    for (unsigned c = 0; c < setup().cpus; ++c)
        for (unsigned d = 0; d <= of_cpu(c).top; ++d)
            if (of_cpu(c).nodes[d].wants == event.lock) of_cpu(c).nodes[d].marks |= marks;
}

template <class Each>
void WaitGraph::for_each_blocker(LockId lock, ContextRef self, Blocking blocking, Each each) const {
    if (lock == kNoLock) return;
    const WaitLock& state = of_lock(lock);
    if (state.owned != 0) each(state.owner);
    if (state.busy == 0) return;
    for (unsigned c = 0; c < setup().cpus; ++c) {
        const WaitCpu& cpu = of_cpu(c);
        for (unsigned d = 0; d <= cpu.top; ++d) {
            const WaitNode& node = cpu.nodes[d];
            const ContextRef here{static_cast<CpuId>(c), static_cast<std::uint8_t>(d)};
            if (here == self) continue;
            const bool interrupted = d < cpu.top;
            bool blocks = false;
            if (node.wants == lock && interrupted)
                blocks = blocking >= Blocking::possible ||
                         (blocking >= Blocking::certain && (node.marks & WaitNode::taken) != 0) ||
                         (blocking == Blocking::recorded && c == self.cpu &&
                          (node.marks & WaitNode::recorded) != 0);
            if (node.releasing == lock)
                blocks = blocking == Blocking::in_windows ||
                         (blocking >= Blocking::certain && interrupted &&
                          (node.marks & WaitNode::freed) == 0);
            if (blocks) each(here);
        }
    }
}

std::uint64_t WaitGraph::blockers(LockId lock, ContextRef self, Blocking blocking) const {
    std::uint64_t found = 0;
    for_each_blocker(lock, self, blocking, [&](ContextRef to) { found |= bit_of(to.cpu); });
    return found;
}

// What a context waits for, or seems to: a table shows a lock that is being released as its CPU's
// latest attempt, also while a handler interrupts the unlock.
LockId WaitGraph::awaited(ContextRef from, Blocking blocking) const {
    const WaitNode& node = of_cpu(from.cpu).nodes[from.depth];
    const bool shown = node.wants == kNoLock && blocking == Blocking::in_windows;
    return shown ? node.releasing : node.wants;
}

// The CPUs whose running contexts are in one circle with that of `start`; empty if there is none.
std::uint64_t WaitGraph::circle(CpuId start, Blocking blocking) const {
    // Of each CPU that is waited for the lowest context: it waits for those above it.
    std::uint8_t lowest[kCpusMax];
    std::uint64_t seen = bit_of(start);
    bool back = false;  // somebody there waits for a context of the first CPU
    lowest[start] = of_cpu(start).top;
    for (std::uint64_t open = seen; open != 0;) {
        const auto c = static_cast<CpuId>(std::countr_zero(open));
        open &= open - 1;
        for (std::uint8_t d = lowest[c]; d <= of_cpu(c).top; ++d)
            for_each_blocker(awaited({c, d}, blocking), {c, d}, blocking, [&](ContextRef to) {
                const std::uint64_t bit = bit_of(to.cpu);
                back |= to.cpu == start;
                if ((seen & bit) != 0 && lowest[to.cpu] <= to.depth) return;
                seen |= bit;
                open |= bit;
                lowest[to.cpu] = to.depth;
            });
    }
    return back ? leading_back(start, blocking, seen, lowest) : 0;
}

// Of these CPUs, from their lowest contexts up: whose running context waits for `start`.
std::uint64_t WaitGraph::leading_back(CpuId start, Blocking blocking, std::uint64_t seen,
                                      const std::uint8_t (&lowest)[kCpusMax]) const {
    std::uint64_t leads = 0;  // the CPU has a context that leads back to the start ...
    std::uint64_t running = 0;
    std::uint8_t highest[kCpusMax];  // ... and this is the highest; those below wait for it
    const auto leads_back = [&](ContextRef from) {
        bool found = false;
        for_each_blocker(awaited(from, blocking), from, blocking, [&](ContextRef to) {
            const bool known = (leads & bit_of(to.cpu)) != 0 && to.depth <= highest[to.cpu];
            found |= known || to.cpu == start;
        });
        return found;
    };
    for (bool grown = true; grown;) {
        grown = false;
        for_each_cpu(seen & ~running, [&](CpuId c) {
            const std::uint8_t top = of_cpu(c).top;
            unsigned from = lowest[c];
            if ((leads & bit_of(c)) != 0) from = highest[c] + 1U;
            for (unsigned d = top + 1U; d-- > from;) {
                if (!leads_back({c, static_cast<std::uint8_t>(d)})) continue;
                highest[c] = static_cast<std::uint8_t>(d);
                leads |= bit_of(c);
                if (d == top) running |= bit_of(c);
                grown = true;
                return;
            }
        });
    }
    return (running & bit_of(start)) != 0 ? running : 0;
}

// Whether somebody may have to wait for a context of this CPU whose running one begins to wait.
bool WaitGraph::in_the_way(CpuId cpu) const {
    if (of_cpu(cpu).top > 0) return true;
    for (unsigned i = 0; i < setup().locks.size(); ++i)
        if (of_lock(i).owned != 0 && of_lock(i).owner.cpu == cpu) return true;
    return false;
}

void WaitGraph::mark_cycle(CpuId start) {
    if (!in_the_way(start)) return;
    const std::uint64_t shown = circle(start, Blocking::in_windows);
    if (shown == 0) return;  // whoever is in the way otherwise is so then too
    const std::uint64_t cycle = circle(start, Blocking::possible);
    // One deadlock does not keep tables from showing another besides.
    const std::uint64_t windows = shown & ~cycle;
    // An unlock is not judged, and who was in one needs no excuse: equal situations are to be equal
    // bytes.
    for_each_cpu(cycle, [&](CpuId c) {
        std::uint8_t& marks = of_cpu(c).nodes[of_cpu(c).top].marks;
        marks = (marks | WaitNode::in_cycle) & (0xff ^ WaitNode::in_window);
    });
    for_each_cpu(windows, [&](CpuId c) {
        WaitNode& node = of_cpu(c).nodes[of_cpu(c).top];
        if (node.wants != kNoLock && (node.marks & WaitNode::in_cycle) == 0)
            node.marks |= WaitNode::in_window;
    });
}

ShortCycle WaitGraph::short_cycle(CpuId cpu, Blocking blocking) const {
    const LockId wanted = running(cpu).wants;
    if (wanted == kNoLock) return {};
    const std::uint64_t holders = blockers(wanted, {cpu, of_cpu(cpu).top}, blocking);
    if ((holders & bit_of(cpu)) != 0) return {1, cpu};
    const Blocking at_most_certain = std::min(blocking, Blocking::certain);
    ShortCycle found;
    for_each_cpu(holders, [&](CpuId c) {
        const LockId other = running(c).wants;
        if (other == kNoLock) return;
        if ((blockers(other, {c, of_cpu(c).top}, at_most_certain) & bit_of(cpu)) != 0)
            found = {2, c};
    });
    return found;
}

bool WaitGraph::clear_cut(CpuId cpu, Blocking blocking) const {
    const ShortCycle cycle = short_cycle(cpu, blocking);
    for (const CpuId c : {cpu, cycle.partner}) {
        const ContextRef self{c, of_cpu(c).top};
        const LockId lock = running(c).wants;
        if (blockers(lock, self, Blocking::in_windows) != blockers(lock, self, blocking))
            return false;
    }
    return true;
}

bool WaitGraph::trylock_fallback(const Event& event) const {
    if (!facts(event.lock).queue_trylock_fallback || event.context != Context::nmi) return false;
    for (unsigned d = 0; d < event.depth; ++d)
        if (of_cpu(event.cpu).nodes[d].wants != kNoLock) return true;
    return false;
}

template <class Predicate>
bool WaitGraph::any_other_attempt(const Event& event, Predicate predicate) const {
    if (of_lock(event.lock).busy <= 1) return false;
    const WaitNode* const self = &node(event);
    for (unsigned c = 0; c < setup().cpus; ++c)
        for (unsigned d = 0; d <= of_cpu(c).top; ++d) {
            const WaitNode& other = of_cpu(c).nodes[d];
            if (other.wants == event.lock && &other != self && predicate(other)) return true;
        }
    return false;
}

bool WaitGraph::error_nearby(const Event& event) const {
    if ((node(event).marks & WaitNode::near_error) != 0) return true;
    const TimeNs bound = shortest_bound(event.lock);
    return any_other_attempt(event, [&](const WaitNode& other) {
        return (other.marks & (WaitNode::in_cycle | WaitNode::near_error)) != 0 ||
               event.time - other.began >= bound;
    });
}

bool WaitGraph::timeout_nearby(const Event& event) const {
    if ((node(event).marks & WaitNode::near_timeout) != 0) return true;
    const TimeNs bound = shortest_bound(event.lock);
    return any_other_attempt(event, [&](const WaitNode& other) {
        return (other.marks & WaitNode::near_timeout) != 0 || event.time - other.began >= bound;
    });
}

bool WaitGraph::table_full(const WaitNode& attempt) const {
    const std::uint32_t entries = facts(attempt.wants).held_table.entries;
    return entries != 0 && attempt.entries >= entries;
}

TimeNs WaitGraph::shortest_bound(LockId lock) const {
    const LockBounds& bounds = facts(lock).bounds;
    TimeNs shortest = kNever;
    for (const TimeNs bound : {bounds.pending, bounds.head, bounds.test_and_set})
        if (bound != 0) shortest = std::min(shortest, bound);
    return shortest;
}

}  // namespace lockstep
