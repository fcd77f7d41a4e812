// Events: made by the running context, hashed, and handed to whoever folds over them.
#include <cstdarg>
#include <cstdio>

#include "sim/internal.h"
#include "sim/kernel.h"

namespace lockstep {

namespace {

class Sink final : public FindingSink {
  public:
    void report(const char* oracle, const char* word, const Event& at, const char* format,
                ...) override {
        State& m = state();
        ++m.findings_total;
        if (m.findings >= kFindingsMax) return;
        Finding& finding = finding_slot(m.findings++);
        finding = Finding{};
        finding.oracle = oracle;
        finding.word = word;
        finding.step = at.step;
        finding.time = at.time;
        finding.cpu = at.cpu;
        finding.context = at.context;
        finding.lock = at.lock;
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(finding.text, sizeof finding.text, format, arguments);
        va_end(arguments);
    }
};

Sink sink;

}  // namespace

FindingSink& Machine::findings() {
    return sink;
}

void mix_into_step_hash(std::uint64_t what, std::uint64_t value) {
    State& m = state();
    std::uint64_t h = m.step_hash ^ what;
    h = (h << 27 | h >> 37) * 0x9e3779b97f4a7c15ULL + value;
    m.step_hash = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9ULL;
}

Event make_event(EventKind kind) {
    const State& m = state();
    const CpuState& cpu = this_cpu_state();
    Event event;
    event.kind = kind;
    event.cpu = m.cpu;
    event.depth = cpu.depth;
    event.context = cpu.contexts[cpu.depth];
    event.time = m.now;
    event.step = m.steps;
    return event;
}

void emit(Event& event) {
    Host& h = host();
    const std::uint64_t bit = event_bit(event.kind);
    // Accesses were hashed where they were made, observed or not.
    if (event.kind > EventKind::fence)
        mix_into_step_hash(static_cast<std::uint64_t>(event.kind) << 56 |
                               static_cast<std::uint64_t>(event.cpu) << 48 |
                               static_cast<std::uint64_t>(event.depth) << 40 |
                               static_cast<std::uint64_t>(event.lock) << 32 | event.aux,
                           event.value);
    if ((steering_interest() & bit) != 0) steering_event(event);
    for (std::size_t i = 0; i < h.oracles.size(); ++i)
        if ((h.oracle_interest[i] & bit) != 0) h.oracles[i]->on_event(event, sink);
    if (h.trace != nullptr) h.trace->on_event(event);
}

void emit_simple(EventKind kind, std::uint64_t value, std::uint64_t old, std::uint32_t aux) {
    Event event = make_event(kind);
    event.value = value;
    event.old = old;
    event.aux = aux;
    emit(event);
}

void compute_interest() {
    Host& h = host();
    std::uint64_t interest = steering_interest();
    h.oracle_interest.clear();
    for (const Oracle* oracle : h.oracles) {
        h.oracle_interest.push_back(oracle->interest());
        interest |= oracle->interest();
    }
    if (h.trace != nullptr) interest = ~std::uint64_t{0};
    state().interest = interest;
    state().observe_loads = h.trace != nullptr;
}

}  // namespace lockstep
