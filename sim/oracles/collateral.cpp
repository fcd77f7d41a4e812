// collateral: an error is never given to a waiter that is in no cycle unless a timeout fired
// ahead of it.
//
//   premature   -ETIMEDOUT before any documented bound has passed, and nobody else timed out
//   innocent    -EDEADLK for a waiter in no cycle, because another waiter failed
//
// Does not check that the timeout itself was deserved, and leaves an -EDEADLK that comes out of
// nowhere to truthful-errors.
#include <algorithm>

#include "sim/oracles/oracles.h"
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class Collateral final : public Oracle {
  public:
    const char* name() const override { return "collateral"; }
    std::uint64_t interest() const override { return WaitGraph::kInterest; }

    void begin(const OracleSetup& setup) override {
        graph_.begin(setup);
        std::fill(std::begin(timeout_step_), std::end(timeout_step_), std::uint64_t{0});
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.kind == EventKind::acquire_end && event.lock != kNoLock &&
            graph_.facts(event.lock).resilient)
            judge(event, sink);
        graph_.apply(event);
    }

  private:
    // The shortest time after which a waiter of this lock may give up by itself.
    static TimeNs shortest(const LockBounds& bounds) {
        TimeNs shortest = kNever;
        for (const TimeNs bound : {bounds.pending, bounds.head, bounds.test_and_set})
            if (bound != 0) shortest = std::min(shortest, bound);
        return shortest;
    }

    bool timed_out_elsewhere(const Event& event, TimeNs bound) const {
        const WaitNode& self = graph_.node(event);
        if (timeout_step_[event.lock] > self.step + 1) return true;
        // The head tells the others before it returns itself.
        for (unsigned c = 0; c < graph_.setup().cpus; ++c)
            for (const WaitNode& other : graph_.cpu(static_cast<CpuId>(c)).nodes)
                if (other.wants == event.lock && event.time - other.began >= bound) return true;
        return false;
    }

    void judge(const Event& event, FindingSink& sink) {
        const auto ret = static_cast<std::int64_t>(event.value);
        const LockFacts& facts = graph_.facts(event.lock);
        const WaitNode& self = graph_.node(event);
        if (ret == -kEtimedout) {
            const TimeNs bound = shortest(facts.bounds);
            if (event.time - self.began >= bound)
                timeout_step_[event.lock] = event.step + 1;
            else if (!timed_out_elsewhere(event, bound))
                sink.report(name(), "premature", event,
                            "CPU%u %s got -ETIMEDOUT for %s after %llu us, before any timeout",
                            event.cpu, context_name(event.context), facts.name.c_str(),
                            static_cast<unsigned long long>((event.time - self.began) / kNsPerUs));
            return;
        }
        if (ret != -kEdeadlk || self.cycle != 0) return;
        if (graph_.trylock_fallback(event) || graph_.unlock_window(event)) return;
        if (graph_.error_elsewhere(event))
            sink.report(name(), "innocent", event,
                        "CPU%u %s is in no deadlock and got -EDEADLK for %s because another "
                        "waiter failed",
                        event.cpu, context_name(event.context), facts.name.c_str());
    }

    std::uint64_t timeout_step_[kLocksMax];
    WaitGraph graph_;
};

}  // namespace

OracleEntry collateral_entry() {
    return make_entry<Collateral>("collateral",
                                  "no error for a bystander unless a timeout fired ahead of it",
                                  sizeof(WaitCpu));
}

}  // namespace lockstep
