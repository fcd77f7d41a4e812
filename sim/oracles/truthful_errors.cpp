// truthful-errors: what an acquire returns agrees with the wait-for graph of contexts.
//
//   -EDEADLK    and a cycle through this attempt      as it should be
//               an NMI that may not queue              conservative (documented)
//               a lock caught in its unlock window     stale        (documented)
//               none of these                          false
//   -ETIMEDOUT  in a cycle of one or two locks         missed, unless the table was full
//   0           in a cycle                             broken
//
// A cycle counts if it existed at any time during the attempt: both sides of an ABBA may fail.
// Cycles of three or more locks are outside the pairwise check; a timeout is their answer. An
// -EDEADLK handed to a bystander of somebody else's failure belongs to `collateral`. Says nothing
// about locks that cannot fail.
#include "sim/oracles/oracles.h"
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class TruthfulErrors final : public Oracle {
  public:
    const char* name() const override { return "truthful-errors"; }
    std::uint64_t interest() const override { return WaitGraph::kInterest; }
    void begin(const OracleSetup& setup) override { graph_.begin(setup); }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.kind == EventKind::acquire_end && event.lock != kNoLock &&
            graph_.facts(event.lock).resilient)
            judge(event, sink);
        graph_.apply(event);
    }

  private:
    void judge(const Event& event, FindingSink& sink) {
        const auto ret = static_cast<std::int64_t>(event.value);
        const unsigned now = graph_.cycle_from({event.cpu, event.depth});
        if (ret == -kEdeadlk)
            judge_deadlock(event, sink);
        else if (ret == -kEtimedout && (now == 1 || now == 2) && !graph_.table_full(event))
            say(sink, "missed", event, "-ETIMEDOUT, but it is part of a deadlock");
        else if (ret == 0 && now != 0)
            say(sink, "broken", event, "success in the middle of a deadlock");
    }

    void judge_deadlock(const Event& event, FindingSink& sink) {
        if (graph_.node(event).cycle != 0) return;
        if (graph_.trylock_fallback(event))
            say(sink, "conservative", event, "-EDEADLK: it may not queue above another waiter");
        else if (graph_.unlock_window(event))
            say(sink, "stale", event, "-EDEADLK about a lock that was just being released");
        else if (!graph_.error_elsewhere(event))
            say(sink, "false", event, "-EDEADLK, but there was no cycle");
    }

    void say(FindingSink& sink, const char* word, const Event& event, const char* what) const {
        sink.report(name(), word, event, "CPU%u %s asked for %s and got %s", event.cpu,
                    context_name(event.context), graph_.facts(event.lock).name.c_str(), what);
    }

    WaitGraph graph_;
};

}  // namespace

OracleEntry truthful_errors_entry() {
    return make_entry<TruthfulErrors>("truthful-errors",
                                      "-EDEADLK exactly when there is a deadlock", sizeof(WaitCpu));
}

}  // namespace lockstep
