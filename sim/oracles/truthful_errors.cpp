// truthful-errors: what an acquire returns agrees with the wait-for graph of contexts.
//
//   -EDEADLK    it was part of a cycle              as it should be
//               an NMI inside a waiter              conservative  (documented: one trylock)
//               an unlock not yet finished          stale         (documented: unlock window)
//               none of these                       false
//   -ETIMEDOUT  in an AA or ABBA that shows         missed
//   0           in an AA or ABBA                    broken
//
// A cycle counts if it existed at any time during the attempt: both sides of an ABBA may fail. An
// interrupted waiter counts as an owner then, for it may be ahead in the queue. "Missed" asks for
// more: the cycle is certain, the table of held locks has room, and an ABBA has been there and
// looked for at the word for longer than its search takes, with nothing that could be mistaken for
// an owner and nobody who may have sent this waiter away. Cycles of three or more locks end in
// timeouts; says nothing about them, nor about locks that cannot fail. An -EDEADLK that goes with
// somebody else's failure is left to `collateral`.
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class TruthfulErrors final : public WaitJudge {
  public:
    const char* name() const override { return "truthful-errors"; }
    std::uint64_t interest() const override { return event_bit(EventKind::acquire_end); }

    void on_event(const Event& event, FindingSink& sink) override {
        if (graph().ends_attempt(event)) judge(event, sink);
    }

  private:
    void judge(const Event& event, FindingSink& sink) const {
        const auto ret = static_cast<std::int64_t>(event.value);
        if (ret == -kEdeadlk)
            judge_deadlock(event, sink);
        else if (ret == -kEtimedout)
            judge_timeout(event, sink);
        else if (ret == 0 && graph().short_cycle(event.cpu, Blocking::certain).locks != 0)
            say(sink, "broken", event, "success in the middle of a deadlock");
    }

    void judge_deadlock(const Event& event, FindingSink& sink) const {
        const std::uint8_t marks = graph().node(event).marks;
        if ((marks & WaitNode::in_cycle) != 0) return;
        if (graph().trylock_fallback(event))
            say(sink, "conservative", event, "-EDEADLK: it may not queue above another waiter");
        else if ((marks & WaitNode::in_window) != 0)
            say(sink, "stale", event, "-EDEADLK about a lock that was just being released");
        else if (!graph().error_nearby(event))
            say(sink, "false", event, "-EDEADLK, but there was no cycle");
    }

    void judge_timeout(const Event& event, FindingSink& sink) const {
        const ShortCycle cycle = graph().short_cycle(event.cpu, Blocking::recorded);
        if (cycle.locks == 0 || graph().table_full(graph().node(event))) return;
        if (cycle.locks == 1)
            say(sink, "missed", event, "-ETIMEDOUT, but its own CPU is what it waited for");
        else if (old_enough(event, cycle.partner))
            say(sink, "missed", event, "-ETIMEDOUT, but it is one side of an ABBA deadlock");
    }

    // The search for an ABBA had its chance on this CPU.
    bool old_enough(const Event& event, CpuId partner) const {
        const LockBounds& bounds = graph().facts(event.lock).bounds;
        const WaitNode& self = graph().node(event);
        const WaitNode& other = graph().running(partner);
        if (graph().setup().clock_may_stall || bounds.abba == 0) return false;
        if (graph().table_full(other) || !graph().clear_cut(event.cpu, Blocking::certain))
            return false;
        if (graph().timeout_nearby(event)) return false;
        const TimeNs since = self.undisturbed > other.began ? self.undisturbed : other.began;
        return event.time - since > bounds.abba + 2 * bounds.check_interval;
    }

    void say(FindingSink& sink, const char* word, const Event& event, const char* what) const {
        sink.report(name(), word, event, "CPU%u %s asked for %s and got %s", event.cpu,
                    context_name(event.context), graph().facts(event.lock).name.c_str(), what);
    }
};

}  // namespace

OracleEntry truthful_errors_entry() {
    return make_wait_judge<TruthfulErrors>("truthful-errors",
                                           "-EDEADLK exactly when there is a deadlock");
}

}  // namespace lockstep
