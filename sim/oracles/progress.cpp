// progress: nobody waits for ever. An execution ends with every task at its end; a WARN or BUG of
// the code under test is reported here too.
//
// Does not measure how long a wait is (bounded-time does), and takes a step or time limit for a
// lack of progress: an execution that needs more than its limit has to be given a higher one.
#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

class Progress final : public WaitJudge {
  public:
    const char* name() const override { return "progress"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::execution_end) | event_bit(EventKind::warn);
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.kind == EventKind::warn)
            sink.report(name(), "warn", event, "a WARN in the code under test on CPU%u", event.cpu);
        else
            judge_end(event, sink);
    }

  private:
    void judge_end(const Event& event, FindingSink& sink) const {
        char waits[Finding::kTextMax];
        graph().describe(waits, sizeof waits);
        switch (static_cast<EndReason>(event.value)) {
            case EndReason::finished:
                return;
            case EndReason::stuck:
                sink.report(name(), "stuck", event, "nothing can ever happen again: %s",
                            waits[0] != '\0' ? waits : "a task waits outside any lock");
                return;
            case EndReason::step_limit:
                sink.report(name(), "no-progress", event, "the step limit was reached: %s",
                            waits[0] != '\0' ? waits : "nobody waits for a lock");
                return;
            case EndReason::time_limit:
                sink.report(name(), "no-progress", event, "the time limit was reached: %s",
                            waits[0] != '\0' ? waits : "nobody waits for a lock");
                return;
            case EndReason::bug:
                sink.report(name(), "bug", event, "a BUG in the code under test on CPU%u",
                            event.cpu);
                return;
        }
    }
};

}  // namespace

OracleEntry progress_entry() {
    return make_wait_judge<Progress>("progress", "nobody waits for ever");
}

}  // namespace lockstep
