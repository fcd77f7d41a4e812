// bounded-time: every acquire of a lock that promises it returns within its documented bound.
//
//   AA from the start                 at the first check
//   otherwise, while nobody comes     pending + head (or the test-and-set bound), plus one check
//   or goes
//
// A waiter behind others waits for each of their turns, so the clock starts anew whenever an
// owner comes or goes. Not judged when the clock itself may stall (clock mode `stalls`, injected
// stalls), and an AA is not when the table of held locks was full.
#include <algorithm>

#include "sim/oracles/oracles.h"
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class BoundedTime final : public Oracle {
  public:
    const char* name() const override { return "bounded-time"; }
    std::uint64_t interest() const override { return WaitGraph::kInterest; }
    void begin(const OracleSetup& setup) override { graph_.begin(setup); }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.kind == EventKind::acquire_begin) {
            graph_.apply(event);
            return;
        }
        if (event.kind == EventKind::acquire_end && event.lock != kNoLock &&
            graph_.facts(event.lock).resilient && !graph_.setup().clock_may_stall)
            judge(event, sink);
        graph_.apply(event);
    }

  private:
    void judge(const Event& event, FindingSink& sink) {
        const LockFacts& facts = graph_.facts(event.lock);
        const LockBounds& bounds = facts.bounds;
        const WaitNode& self = graph_.node(event);
        const TimeNs waited = event.time - self.began;
        const auto ret = static_cast<std::int64_t>(event.value);
        if (self.cycle == 1 && ret != 0 && !graph_.table_full(event) &&
            waited > bounds.aa + bounds.check_interval)
            say(sink, event, waited, "although it asked for a lock its own CPU has");
        const TimeNs longest = std::max(bounds.pending + bounds.head, bounds.test_and_set);
        const TimeNs since = std::max(self.began, graph_.lock(event.lock).progress);
        // One check on the way in, one on the way out.
        if (longest != 0 && event.time - since > longest + 2 * bounds.check_interval)
            say(sink, event, event.time - since, "while the lock did not change hands");
    }

    void say(FindingSink& sink, const Event& event, TimeNs waited, const char* why) const {
        sink.report(name(), "late", event, "CPU%u %s waited %llu us for %s %s", event.cpu,
                    context_name(event.context), static_cast<unsigned long long>(waited / kNsPerUs),
                    graph_.facts(event.lock).name.c_str(), why);
    }

    WaitGraph graph_;
};

}  // namespace

OracleEntry bounded_time_entry() {
    return make_entry<BoundedTime>(
        "bounded-time", "every acquire returns within its documented bound", sizeof(WaitCpu));
}

}  // namespace lockstep
