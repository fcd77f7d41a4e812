// bounded-time: every acquire of a lock that promises it returns within its documented bound.
//
//   AA                                 at the first check
//   ABBA, while looking at the word    abba, plus two looks at the clock
//   nobody comes, goes or fails        pending + head, or test-and-set; plus two looks
//
// A waiter behind others waits for each of their turns, so the last clock starts anew whenever
// anybody enters, leaves or gives up the lock, or a waiter of it returns from an interrupt. Time
// during which the waiter itself was interrupted does not count. Does not judge locks without
// bounds, nor anything when the clock may stall; AA and ABBA not when a table was full; ABBA not
// for waiters in the middle of the queue, who check nothing.
#include <algorithm>

#include "sim/oracles/rows.h"
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class BoundedTime final : public RowOracle<BoundedTime, NoRow, TimeNs> {
  public:
    const char* name() const override { return "bounded-time"; }
    void share(const Oracle& fold) override { graph_ = static_cast<const WaitGraph*>(&fold); }
    std::uint64_t interest() const override {
        return event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
               event_bit(EventKind::context_exit);
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (setup().clock_may_stall) return;
        if (graph_->ends_attempt(event)) judge(event, sink);
        if (event.kind == EventKind::context_exit)
            note_return(event);
        else if (event.lock != kNoLock)
            moved(event.lock) = is_wanted_by_others(event) ? event.time : 0;
    }

  private:
    // When a context last came to, left or gave up the lock.
    TimeNs& moved(LockId lock) { return of_lock(lock); }
    TimeNs moved(LockId lock) const { return of_lock(lock); }

    // What happened before an attempt began is of no use to it, and without a promise there is
    // nothing to judge.
    bool is_wanted_by_others(const Event& event) const {
        if (longest_bound(event.lock) == 0) return false;
        const WaitNode* const self = &graph_->node(event);
        for (unsigned c = 0; c < setup().cpus; ++c) {
            const WaitCpu& cpu = graph_->cpu(static_cast<CpuId>(c));
            for (unsigned d = 0; d <= cpu.top; ++d)
                if (cpu.nodes[d].wants == event.lock && &cpu.nodes[d] != self) return true;
        }
        return false;
    }

    // Whoever is below the handler that returns.
    void note_return(const Event& event) {
        const WaitCpu& cpu = graph_->cpu(event.cpu);
        for (unsigned d = 0; d < event.depth; ++d)
            if (const LockId lock = cpu.nodes[d].wants; lock != kNoLock && longest_bound(lock) != 0)
                moved(lock) = event.time;
    }

    TimeNs longest_bound(LockId lock) const {
        const LockBounds& bounds = graph_->facts(lock).bounds;
        return std::max(bounds.pending + bounds.head, bounds.test_and_set);
    }

    void judge(const Event& event, FindingSink& sink) const {
        const LockBounds& bounds = graph_->facts(event.lock).bounds;
        const WaitNode& self = graph_->node(event);
        const TimeNs slack = 2 * bounds.check_interval;
        const ShortCycle cycle = graph_->short_cycle(event.cpu, Blocking::owned);
        if (cycle.locks == 1 && bounds.aa != 0 && !graph_->table_full(self) &&
            event.time - self.undisturbed > bounds.aa + slack)
            return say(sink, event, self.undisturbed, "although its own CPU has it");
        if (cycle.locks == 2 && bounds.abba != 0) judge_abba(event, cycle.partner, sink);
        const TimeNs longest = longest_bound(event.lock);
        const TimeNs since = std::max(self.undisturbed, moved(event.lock));
        if (longest != 0 && event.time - since > longest + slack)
            say(sink, event, since, "in which nobody came or went");
    }

    // The end of either side's attempt ends the deadlock: did anybody who looked miss it?
    void judge_abba(const Event& event, CpuId partner, FindingSink& sink) const {
        const LockBounds& bounds = graph_->facts(event.lock).bounds;
        const WaitNode& self = graph_->node(event);
        const WaitNode& other = graph_->running(partner);
        if (graph_->table_full(self) || graph_->table_full(other)) return;
        if (!graph_->clear_cut(event.cpu, Blocking::owned)) return;
        for (const WaitNode* side : {&self, &other}) {
            if ((side->marks & WaitNode::looking) == 0) continue;
            // A check that comes while the other side's handler cleans up sees a table in between.
            const TimeNs since =
                std::max({self.began, other.began, self.undisturbed, other.undisturbed});
            if (event.time - since <= bounds.abba + 2 * bounds.check_interval) continue;
            return say(sink, event, since, "as one side of an ABBA deadlock");
        }
    }

    void say(FindingSink& sink, const Event& event, TimeNs since, const char* why) const {
        sink.report(name(), "late", event, "CPU%u %s waited %llu us for %s %s", event.cpu,
                    context_name(event.context),
                    static_cast<unsigned long long>((event.time - since) / kNsPerUs),
                    graph_->facts(event.lock).name.c_str(), why);
    }

    const WaitGraph* graph_ = nullptr;
};

}  // namespace

OracleEntry bounded_time_entry() {
    OracleEntry entry = make_entry<BoundedTime>(
        "bounded-time", "every acquire returns within its documented bound");
    entry.shares = &wait_graph_entry();
    return entry;
}

}  // namespace lockstep
