// Events: made by the running context, hashed, and handed to whoever folds over them.
#include <cstdarg>
#include <cstdio>

#include "sim/check.h"
#include "sim/internal.h"
#include "sim/kernel.h"

namespace lockstep {

namespace {

class Sink final : public FindingSink {
  public:
    void report(const char* oracle, const char* word, const Event& at, const char* format,
                ...) override {
        if (is_tolerated(oracle, word)) return;
        State& m = state();
        ++m.findings_total;
        if (m.findings >= kFindingsMax) return;
        Finding& finding = finding_slot(m.findings++);
        mark_findings();
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
        if (host().stops_at && host().stops_at(finding)) pause_soon();
    }

  private:
    static bool is_tolerated(const char* oracle, const char* word) {
        for (Tolerated& limit : host().tolerated) {
            if (limit.oracle != oracle || limit.word != word) continue;
            ++limit.count;
            return true;
        }
        return false;
    }
    // Before the next step, even in the middle of what a pick lasts for.
    static void pause_soon() {
        State& m = state();
        drop_fuel();
        m.pause_at = m.steps;
        m.look_at = 0;
    }
};

Sink findings_sink;

}  // namespace

FindingSink& Machine::findings() {
    return findings_sink;
}

std::uint32_t Machine::findings_until_now() const {
    return state().findings_total;
}

namespace {

const Listeners& listeners_of(const Event& event) {
    const Host& h = host();
    const auto object = static_cast<unsigned>(event.object_kind);
    if (event.kind == EventKind::store) return h.store_listeners[object];
    if (event.kind == EventKind::load) return h.load_listeners[object];
    return h.listeners[static_cast<unsigned>(event.kind)];
}

}  // namespace

void emit(Event& event) {
    // Accesses were hashed where they were made, observed or not.
    if (event.kind > EventKind::fence)
        mix_event(event.kind, event.cpu, event.depth, event.lock, event.aux, event.value);
    if ((host().steering_interest & event_bit(event.kind)) != 0) steering_event(event);
    const Listeners& told = listeners_of(event);
    if (told.count != 0) SIM_CHECK(event.lock == kNoLock || event.lock < host().setup.locks.size());
    mark_oracles(told.changed);
    for (std::uint32_t i = 0; i < told.count; ++i) told.oracles[i]->on_event(event, findings_sink);
    if (host().trace != nullptr) host().trace->on_event(event);
}

void emit_wanted(EventKind kind, std::uint64_t value, std::uint64_t old, std::uint32_t aux) {
    Event event = make_event(kind);
    event.value = value;
    event.old = old;
    event.aux = aux;
    emit(event);
}

namespace {

void tell(std::size_t number, Listeners& told) {
    const Host& h = host();
    told.oracles[told.count++] = h.oracles[number];
    if (!h.oracle_rooms[number].stateless) told.changed |= std::uint32_t{1} << number;
}

void tell_what_it_wants(std::size_t number) {
    Host& h = host();
    const std::uint64_t interest = h.oracles[number]->interest();
    const std::uint32_t objects = h.oracles[number]->accesses_to();
    h.interest |= interest;
    for (unsigned kind = 0; kind < 64; ++kind)
        if ((interest >> kind & 1) != 0) tell(number, h.listeners[kind]);
    for (unsigned kind = 0; kind < kObjectKinds; ++kind) {
        if ((objects >> kind & 1) == 0) continue;
        if ((interest & event_bit(EventKind::load)) != 0) tell(number, h.load_listeners[kind]);
        if ((interest & event_bit(EventKind::store)) != 0) tell(number, h.store_listeners[kind]);
    }
}

}  // namespace

void compute_interest() {
    Host& h = host();
    for (Listeners& told : h.listeners) told = {};
    for (Listeners& told : h.load_listeners) told = {};
    for (Listeners& told : h.store_listeners) told = {};
    h.steering_interest = steering_interest();
    h.interest = h.steering_interest;
    // What oracles share is told after all of them: they see it as it was before.
    for (const bool shared : {false, true})
        for (std::size_t number = 0; number < h.oracles.size(); ++number)
            if ((h.oracle_rooms[number].fold != nullptr) == shared) tell_what_it_wants(number);
    if (h.trace != nullptr) h.interest = ~std::uint64_t{0};
}

}  // namespace lockstep
