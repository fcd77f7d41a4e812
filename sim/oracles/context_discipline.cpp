// context-discipline: irq flags and the preempt count are as balanced as the calls are.
//
//   preempt             a successful acquire raises the count by one, a failed one not at all, a
//                       release lowers it by one; a handler or task ends as it began
//   irq                 a handler or task ends with irqs as it began, and a failed acquire too
//   missed-reschedule   preemption was enabled with a reschedule pending while irqs were still off
//
// A context that ends while it owns a lock is held to that lock's share only. Nesting itself is
// enforced by the machine.
#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

struct ContextState {
    std::int8_t raised = 0;  // preempt count changes since the context began
    std::int8_t base = 0;    // ... when the running call began
    std::int8_t held = 0;    // locks it owns
    std::uint8_t irqs = 0;   // bit 0: it turned them off; bit 1: so it was at the call's begin
};

struct CpuContexts {
    ContextState contexts[kContextsMax];
};

class ContextDiscipline final : public RowOracle<ContextDiscipline, CpuContexts, NoRow> {
  public:
    const char* name() const override { return "context-discipline"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::acquire_begin) | event_bit(EventKind::acquire_end) |
               event_bit(EventKind::release_begin) | event_bit(EventKind::release_end) |
               event_bit(EventKind::context_enter) | event_bit(EventKind::context_exit) |
               event_bit(EventKind::task_start) | event_bit(EventKind::task_end) |
               event_bit(EventKind::task_switch) | event_bit(EventKind::preempt_on) |
               event_bit(EventKind::preempt_off) | event_bit(EventKind::irq_on) |
               event_bit(EventKind::irq_off);
    }

    void on_event(const Event& event, FindingSink& sink) override {
        ContextState& self = of_cpu(event.cpu).contexts[event.depth];
        switch (event.kind) {
            // A task is only left with preemption and irqs on. The event's depth is not the CPU's.
            case EventKind::task_switch:
                of_cpu(event.cpu).contexts[0] = ContextState{};
                break;
            case EventKind::task_start:
            case EventKind::context_enter:
                self = ContextState{};
                break;
            case EventKind::preempt_off:
                ++self.raised;
                break;
            case EventKind::preempt_on:
                --self.raised;
                if ((event.aux & 1U) != 0)
                    sink.report(name(), "missed-reschedule", event,
                                "CPU%u enabled preemption with a reschedule pending and irqs off",
                                event.cpu);
                break;
            case EventKind::irq_off:
                self.irqs |= 1U;
                break;
            case EventKind::irq_on:
                self.irqs &= 2U;
                break;
            case EventKind::context_exit:
            case EventKind::task_end:
                judge_exit(self, event, sink);
                self = ContextState{};
                break;
            default:
                fold_call(self, event, sink);
        }
    }

  private:
    void fold_call(ContextState& self, const Event& event, FindingSink& sink) {
        const bool won = event.kind == EventKind::acquire_end && event.value == 0;
        switch (event.kind) {
            case EventKind::acquire_begin:
            case EventKind::release_begin:
                self.base = self.raised;
                self.irqs = static_cast<std::uint8_t>((self.irqs & 1U) * 3U);
                break;
            case EventKind::acquire_end:
                if (won) ++self.held;
                expect_raised(self, won ? 1 : 0, event, sink);
                if (!won && (self.irqs == 1 || self.irqs == 2))
                    sink.report(name(), "irq", event, "a failed acquire on CPU%u %s left irqs %s",
                                event.cpu, context_name(event.context),
                                self.irqs == 1 ? "off" : "on");
                break;
            case EventKind::release_end:
                --self.held;
                expect_raised(self, -1, event, sink);
                break;
            default:
                return;
        }
        if (event.kind == EventKind::acquire_end || event.kind == EventKind::release_end) {
            self.base = 0;  // a call that is over leaves nothing
            self.irqs &= 1U;
        }
    }

    void expect_raised(ContextState& self, int by, const Event& event, FindingSink& sink) {
        const int changed = self.raised - self.base;
        if (changed == by) return;
        sink.report(name(), "preempt", event,
                    "a lock call on CPU%u %s changed the preempt count by %d instead of %d",
                    event.cpu, context_name(event.context), changed, by);
        self.raised = static_cast<std::int8_t>(self.base + by);
    }

    void judge_exit(const ContextState& self, const Event& event, FindingSink& sink) {
        const auto changed = static_cast<std::int64_t>(event.value - event.old);
        const char* const context = context_name(event.context);
        if (changed != self.held)
            sink.report(name(), "preempt", event,
                        "CPU%u's %s ended with the preempt count off by %d", event.cpu, context,
                        static_cast<int>(changed - self.held));
        const bool on = (event.aux & 1U) != 0;
        const bool was_on = (event.aux & 2U) != 0 && event.context <= Context::softirq;
        if (on != was_on && self.held == 0)
            sink.report(name(), "irq", event, "CPU%u's %s ended with irqs %s", event.cpu, context,
                        on ? "on" : "off");
    }
};

}  // namespace

OracleEntry context_discipline_entry() {
    return make_entry<ContextDiscipline>("context-discipline",
                                         "irq flags, preempt count and nesting are balanced");
}

}  // namespace lockstep
