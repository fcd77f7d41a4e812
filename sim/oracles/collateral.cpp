// collateral: an error is never given to a waiter that is in no cycle unless a timeout fired
// ahead of it.
//
//   premature   -ETIMEDOUT before the shortest documented bound has passed for this attempt, and
//               no other waiter of the lock had run into its own (a timed-out queue head sends
//               everybody behind it away, and these the ones behind them: documented)
//   innocent    -EDEADLK for a waiter in no cycle, with another waiter of the lock that failed
//
// Does not check which of a lock's bounds applies to a waiter, and leaves an -EDEADLK that comes
// out of nowhere to truthful-errors.
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class Collateral final : public WaitJudge {
  public:
    const char* name() const override { return "collateral"; }
    std::uint64_t interest() const override { return event_bit(EventKind::acquire_end); }

    void on_event(const Event& event, FindingSink& sink) override {
        if (graph().ends_attempt(event) && event.value != 0) judge(event, sink);
    }

  private:
    void judge(const Event& event, FindingSink& sink) const {
        const auto ret = static_cast<std::int64_t>(event.value);
        const char* const lock = graph().facts(event.lock).name.c_str();
        if (ret == -kEtimedout && premature(event))
            sink.report(name(), "premature", event,
                        "CPU%u %s got -ETIMEDOUT for %s after %llu us, before any timeout",
                        event.cpu, context_name(event.context), lock,
                        static_cast<unsigned long long>(waited(event) / kNsPerUs));
        if (ret == -kEdeadlk && innocent(event))
            sink.report(name(), "innocent", event,
                        "CPU%u %s is in no deadlock and got -EDEADLK for %s because another "
                        "waiter failed",
                        event.cpu, context_name(event.context), lock);
    }

    TimeNs waited(const Event& event) const { return event.time - graph().node(event).began; }

    bool premature(const Event& event) const {
        const TimeNs bound = graph().shortest_bound(event.lock);
        if (bound == kNever || waited(event) >= bound) return false;
        return !graph().timeout_nearby(event);
    }

    bool innocent(const Event& event) const {
        constexpr std::uint8_t kExcused = WaitNode::in_cycle | WaitNode::in_window;
        if ((graph().node(event).marks & kExcused) != 0) return false;
        return !graph().trylock_fallback(event) && graph().error_nearby(event);
    }
};

}  // namespace

OracleEntry collateral_entry() {
    return make_wait_judge<Collateral>(
        "collateral", "no error for a bystander unless a timeout fired ahead of it");
}

}  // namespace lockstep
