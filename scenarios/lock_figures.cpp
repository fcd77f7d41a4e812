// Counting.
#include "scenarios/lock_figures.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace lockstep {

void Span::add(TimeNs time) {
    least = count == 0 ? time : std::min(least, time);
    most = std::max(most, time);
    total += time;
    ++count;
}

void Span::add(const Span& other) {
    if (other.count == 0) return;
    least = count == 0 ? other.least : std::min(least, other.least);
    most = std::max(most, other.most);
    total += other.total;
    count += other.count;
}

namespace {

void count_event(LockFigures& figures, const char* event_name, std::uint64_t times) {
    for (LockFigures::Named& named : figures.events) {
        if (named.name[0] == '\0') std::strncpy(named.name, event_name, sizeof named.name - 1);
        if (std::strncmp(named.name, event_name, sizeof named.name - 1) != 0) continue;
        named.count += times;
        return;
    }
}

void add_lock(LockFigures::PerLock& into, const LockFigures::PerLock& later) {
    into.wait.add(later.wait);
    into.hold.add(later.hold);
    into.acquisitions += later.acquisitions;
    into.contention_bounces += later.contention_bounces;
    into.acquisition_bounces += later.acquisition_bounces;
}

void add_results(LockFigures::Results& into, const LockFigures::Results& later) {
    into.success += later.success;
    into.deadlock += later.deadlock;
    into.timeout += later.timeout;
}

class FigureFold final : public Oracle {
  public:
    const char* name() const override { return "lock-figures"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::acquire_begin) | event_bit(EventKind::acquire_end) |
               event_bit(EventKind::release_begin) | event_bit(EventKind::contention_begin) |
               event_bit(EventKind::contention_end) | event_bit(EventKind::lock_event);
    }
    void begin(const OracleSetup&) override { std::memset(&open_, 0, sizeof open_); }

    void on_event(const Event& event, FindingSink&) override {
        if (event.kind == EventKind::lock_event) return count_event(figures, event.text, 1);
        if (event.lock == kNoLock || event.lock >= kLocksMax) return;
        Open& open = open_[event.cpu][event.depth];
        LockFigures::PerLock& lock = figures.locks[event.lock];
        if (event.kind == EventKind::acquire_begin) {
            open.begun = event.time;
        } else if (event.kind == EventKind::contention_begin) {
            open.contended = event.time;
            if (lock.last_cpu != event.cpu) ++lock.contention_bounces;
        } else if (event.kind == EventKind::contention_end) {
            lock.wait.add(event.time - open.contended);
        } else if (event.kind == EventKind::acquire_end) {
            end_attempt(event, lock, event.time - open.begun);
        } else if (held_[event.lock] != 0) {
            lock.hold.add(event.time - held_[event.lock]);
            held_[event.lock] = 0;
            lock.owner = ~std::uint32_t{0};
        }
    }

    LockFigures figures{};

  private:
    struct Open {
        TimeNs begun, contended;
    };

    void end_attempt(const Event& event, LockFigures::PerLock& lock, TimeNs waited) {
        const auto context = static_cast<unsigned>(event.context);
        const auto ret = static_cast<std::int64_t>(event.value);
        LockFigures::Results& results = figures.results[event.cpu][context];
        const auto bucket = static_cast<unsigned>(std::bit_width(waited));
        ++figures.latency[context][std::min(bucket, LockFigures::kBuckets - 1)];
        figures.latencies[context].add(waited);
        if (ret != 0) {
            ++(ret == -kEtimedout ? results.timeout : results.deadlock);
            return;
        }
        ++results.success;
        ++lock.acquisitions;
        if (lock.last_cpu != event.cpu) ++lock.acquisition_bounces;
        lock.last_cpu = lock.owner = event.cpu;
        held_[event.lock] = event.time;
    }

    Open open_[kCpusMax][kContextsMax] = {};
    TimeNs held_[kLocksMax] = {};
};

FigureFold* the_fold = nullptr;

}  // namespace

void add(LockFigures& into, const LockFigures& later) {
    for (unsigned i = 0; i < kLocksMax; ++i) add_lock(into.locks[i], later.locks[i]);
    for (unsigned cpu = 0; cpu < kCpusMax; ++cpu)
        for (unsigned c = 0; c < LockFigures::kContexts; ++c)
            add_results(into.results[cpu][c], later.results[cpu][c]);
    for (unsigned c = 0; c < LockFigures::kContexts; ++c) {
        into.latencies[c].add(later.latencies[c]);
        for (unsigned i = 0; i < LockFigures::kBuckets; ++i)
            into.latency[c][i] += later.latency[c][i];
    }
    for (const LockFigures::Named& event : later.events)
        if (event.name[0] != '\0') count_event(into, event.name, event.count);
}

const LockFigures& lock_figures() {
    return the_fold->figures;
}

const OracleEntry& lock_figures_entry() {
    static const OracleEntry kEntry = [] {
        OracleEntry entry{};
        entry.name = "lock-figures";
        entry.property = "counts, judges nothing";
        entry.size = sizeof(FigureFold);
        entry.alignment = alignof(FigureFold);
        entry.construct = [](void* memory) -> Oracle* {
            return the_fold = new (memory) FigureFold;
        };
        return entry;
    }();
    return kEntry;
}

}  // namespace lockstep
