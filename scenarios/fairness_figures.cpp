// Counts in the arena during an execution; the totals are kept by whoever takes them.
#include "scenarios/fairness_figures.h"

#include <algorithm>
#include <new>

#include "sim/check.h"
#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

struct Attempt {
    std::uint64_t step = 0;
    TimeNs time = 0;
    std::uint64_t lock = kNoLock;  // as wide as that: no byte of the arena is without meaning
};

// Of one lock on one CPU.
struct Served {
    std::uint32_t acquisitions = 0;
    std::uint32_t refused = 0;
    std::uint64_t wait_steps = 0;
    TimeNs wait_ns = 0;
};

struct FiguresOfCpu {
    Attempt attempts[kContextsMax];  // in progress, by depth
    Served served[kLocksMax];
};

class FairnessFigures final : public RowOracle<FairnessFigures, FiguresOfCpu, NoRow> {
  public:
    const char* name() const override { return "fairness-figures"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::acquire_begin) | event_bit(EventKind::acquire_end);
    }
    void on_event(const Event& event, FindingSink&) override {
        if (event.lock == kNoLock) return;
        Attempt& attempt = of_cpu(event.cpu).attempts[event.depth];
        if (event.kind == EventKind::acquire_begin) {
            attempt = {event.step, event.time, event.lock};
            return;
        }
        // A task preempted as it began an attempt may have lost its row to the next one.
        if (attempt.lock != event.lock) return;
        Served& served = of_cpu(event.cpu).served[event.lock];
        ++(event.value == 0 ? served.acquisitions : served.refused);
        served.wait_steps = std::max(served.wait_steps, event.step - attempt.step);
        served.wait_ns = std::max(served.wait_ns, event.time - attempt.time);
        attempt = {};
    }

    LockFairness of(unsigned lock) const {
        LockFairness all;
        all.acquisitions.resize(setup().cpus);
        for (unsigned c = 0; c < setup().cpus; ++c) {
            const Served& served = of_cpu(c).served[lock];
            LockFairness one;
            one.acquisitions.resize(setup().cpus);
            one.acquisitions[c] = served.acquisitions;
            one.refused = served.refused;
            one.wait_steps = served.wait_steps;
            one.wait_ns = served.wait_ns;
            one.wait_steps_cpu = one.wait_ns_cpu = static_cast<CpuId>(c);
            add(all, one);
        }
        return all;
    }
    unsigned locks() const { return static_cast<unsigned>(setup().locks.size()); }
};

// There is one machine per process, so only one of them is ever watched by.
FairnessFigures* watching = nullptr;

Oracle* make_figures(void* memory) {
    watching = new (memory) FairnessFigures;
    return watching;
}

}  // namespace

void add(LockFairness& into, const LockFairness& later) {
    if (into.acquisitions.size() < later.acquisitions.size())
        into.acquisitions.resize(later.acquisitions.size());
    for (std::size_t c = 0; c < later.acquisitions.size(); ++c)
        into.acquisitions[c] += later.acquisitions[c];
    into.refused += later.refused;
    if (later.wait_steps > into.wait_steps) {
        into.wait_steps = later.wait_steps;
        into.wait_steps_cpu = later.wait_steps_cpu;
    }
    if (later.wait_ns > into.wait_ns) {
        into.wait_ns = later.wait_ns;
        into.wait_ns_cpu = later.wait_ns_cpu;
    }
}

const OracleEntry& fairness_figures() {
    static const OracleEntry entry = [] {
        OracleEntry made =
            make_entry<FairnessFigures>("fairness-figures", "counts services and waits");
        made.construct = make_figures;
        return made;
    }();
    return entry;
}

void take_fairness_figures(std::vector<LockFairness>& into) {
    SIM_CHECK(watching != nullptr);
    if (into.size() < watching->locks()) into.resize(watching->locks());
    for (unsigned lock = 0; lock < watching->locks(); ++lock) add(into[lock], watching->of(lock));
}

}  // namespace lockstep
