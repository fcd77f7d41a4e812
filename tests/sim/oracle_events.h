// Synthetic histories for the tests of oracles: one oracle from the registry, or the fold that some
// of them share, the events a machine would have made, and what the oracle said about them
// ("lock-word transition", several joined with "; ", "" = nothing). Three CPUs and rqspinlocks A,
// B, C ... unless `setup` is changed before the first event. Lock words, node counts and nesting
// are remembered, so that a history need not repeat them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "sim/oracle.h"

namespace lockstep {

// Bits of a lock word, and where the fields of a queue node lie.
constexpr std::uint64_t kLocked = 1, kPending = 0x100;
constexpr std::uint32_t kNodeNext = 0, kNodeLocked = 8, kNodeCount = 12;

constexpr TimeNs kMs = kNsPerMs;
constexpr LockId A = 0, B = 1, C = 2;
constexpr int kDeadlock = -kEdeadlk;
constexpr int kTimeout = -kEtimedout;

// What an oracle said: its name and its word.
class RecordingSink final : public FindingSink {
  public:
    void report(const char* oracle, const char* word, const Event&, const char* format,
                ...) override {
        if (!said.empty()) said += "; ";
        said += std::string(oracle) + " " + word;
        char sentence[Finding::kTextMax];
        va_list values;
        va_start(values, format);
        std::vsnprintf(sentence, sizeof sentence, format, values);
        va_end(values);
        text = sentence;
    }
    std::string said;
    std::string text;  // of the last finding
};

// The registry, and what stands in none.
inline std::vector<OracleEntry> oracles_and_folds() {
    std::vector<OracleEntry> all = oracle_registry();
    for (const OracleEntry& entry : oracle_registry()) {
        const bool known = std::any_of(all.begin(), all.end(), [&entry](const OracleEntry& one) {
            return entry.shares == nullptr || std::string(entry.shares->name) == one.name;
        });
        if (!known) all.push_back(*entry.shares);
    }
    return all;
}

class History {
  public:
    static constexpr std::size_t kGuard = 64;

    explicit History(const char* oracle) {
        setup.cpus = 3;
        setup.nodes_base = 0x10000;
        setup.nodes_cpu_stride = 64;
        for (unsigned i = 0; i < kLocksMax; ++i) setup.locks.push_back(facts_of(i));
        for (const OracleEntry& entry : oracles_and_folds())
            if (std::string(oracle) == entry.name) entry_ = entry;
        if (entry_.name == nullptr) ADD_FAILURE() << "no oracle " << oracle;
    }
    ~History() {
        for (void* const memory : {oracle_.memory, fold_.memory})
            ::operator delete (memory, std::align_val_t{64});
    }
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    OracleSetup setup;
    const std::string& said() const { return sink_.said; }
    const std::string& text() const { return sink_.text; }
    std::string not_judged() {
        begin();
        const char* const why = oracle_.oracle->not_judged();
        return why == nullptr ? "" : why;
    }
    // What the oracle lives in, and kGuard bytes behind it that are nobody's.
    const char* memory() {
        begin();
        return static_cast<const char*>(oracle_.memory);
    }
    std::size_t size() {
        begin();
        return oracle_.size;
    }

    // --- time, contexts, tasks -------------------------------------------------------------
    void at(TimeNs time) { now_ = time; }
    void enter(unsigned cpu, Context context) {
        stacks_[cpu].push_back(context);
        emit(event(EventKind::context_enter, cpu));
    }
    // Ends the innermost handler. A softirq ends with irqs on, a hardirq and an NMI with them off.
    void leave(unsigned cpu, std::uint64_t count = 0, bool irqs_right = true) {
        Event e = event(EventKind::context_exit, cpu);
        e.value = count;
        e.aux = 2U | ((e.context == Context::softirq) == irqs_right ? 1U : 0U);
        emit(e);
        stacks_[cpu].pop_back();
    }
    void start(unsigned cpu, TaskId task) { emit_value(EventKind::task_start, cpu, task); }
    // The event says nothing about depth: whoever made it was somewhere else.
    void switch_to(unsigned cpu, TaskId task, std::uint8_t depth = 0) {
        Event e = event(EventKind::task_switch, cpu);
        e.value = task;
        e.depth = depth;
        emit(e);
    }
    void task_ends(unsigned cpu, std::uint64_t count = 0, std::uint32_t irqs = 3) {
        Event e = event(EventKind::task_end, cpu);
        e.value = count;
        e.aux = irqs;
        emit(e);
    }
    void ends(EndReason reason) {
        emit_value(EventKind::execution_end, 0, static_cast<std::uint64_t>(reason));
    }
    void simple(EventKind kind, unsigned cpu, std::uint32_t aux = 0) {
        Event e = event(kind, cpu);
        e.aux = aux;
        emit(e);
    }

    // --- the lock API ----------------------------------------------------------------------
    void wants(unsigned cpu, LockId lock, bool trylock = false) {
        about(EventKind::acquire_begin, cpu, lock, trylock ? 1 : 0);
    }
    void gets(unsigned cpu, LockId lock, int ret = 0) {
        about(EventKind::acquire_end, cpu, lock, ret);
    }
    void takes(unsigned cpu, LockId lock) {
        wants(cpu, lock);
        gets(cpu, lock);
    }
    void unlocks(unsigned cpu, LockId lock) { about(EventKind::release_begin, cpu, lock, 0); }
    void unlocked(unsigned cpu, LockId lock) { about(EventKind::release_end, cpu, lock, 0); }
    void releases(unsigned cpu, LockId lock) {
        unlocks(cpu, lock);
        unlocked(cpu, lock);
    }

    // --- memory ----------------------------------------------------------------------------
    // A write of `size` bytes at byte `offset` of the lock's word.
    void word(unsigned cpu, LockId lock, std::uint64_t value, unsigned size = 4,
              std::uint32_t offset = 0) {
        Event e = event(EventKind::store, cpu);
        e.lock = lock;
        e.object = lock;
        e.object_kind = ObjectKind::lock_word;
        e.size = static_cast<std::uint8_t>(size);
        e.offset = offset;
        e.value = value;
        const std::uint64_t mask = (std::uint64_t{1} << (8 * size)) - 1;
        std::uint64_t& whole = words_[lock];
        e.old = whole >> (8 * offset) & mask;
        whole = (whole & ~(mask << (8 * offset))) | (value & mask) << (8 * offset);
        emit(e);
    }
    // Any access as data-race sees it. `value` is what was read or written.
    struct Access {
        EventKind kind = EventKind::load;
        bool plain = false;
        int order = 0;  // sim_order
        bool rmw = false;
        std::uint64_t value = 0, old = 0;
    };
    void accesses_word(unsigned cpu, LockId lock, std::uint32_t offset, unsigned size,
                       const Access& access) {
        Event e = access_event(cpu, access, ObjectKind::lock_word, lock);
        e.lock = lock;
        e.offset = offset;
        e.size = static_cast<std::uint8_t>(size);
        emit(e);
    }
    void accesses_node(unsigned cpu, unsigned owner, std::uint32_t offset, const Access& access) {
        Event e = access_event(cpu, access, ObjectKind::queue_node, 500 + owner);
        e.object_cpu = static_cast<CpuId>(owner);
        e.offset = offset;
        e.size = offset % 16 == 0 ? 8 : 4;
        emit(e);
    }
    void fences(unsigned cpu, unsigned kind) { emit_value(EventKind::fence, cpu, kind); }

    void table(unsigned cpu, std::uint32_t offset, std::uint64_t value, unsigned object = 0) {
        per_cpu(cpu, cpu, ObjectKind::held_table, static_cast<std::uint16_t>(100 + 100 * object),
                offset, value);
    }
    void table_count(unsigned cpu, int count) { table(cpu, 0, static_cast<std::uint32_t>(count)); }
    void table_entry(unsigned cpu, unsigned slot, LockId lock) {
        table(cpu, 8 + 8 * slot, lock == kNoLock ? 0 : setup.locks[lock].address);
    }
    // Field of node `index` of CPU `owner`, written by `cpu`: next 0, locked 8, count 12.
    void node(unsigned cpu, unsigned owner, std::uint32_t offset, std::uint64_t value) {
        per_cpu(cpu, owner, ObjectKind::queue_node, 500, offset, value);
    }
    std::uint64_t node_address(unsigned cpu, unsigned index) const {
        return setup.nodes_base + cpu * setup.nodes_cpu_stride + 16ULL * index;
    }
    void parks_on_word(unsigned cpu, LockId lock) {
        Event e = event(EventKind::park, cpu);
        e.lock = lock;
        e.object_kind = ObjectKind::lock_word;
        emit(e);
    }
    void parks_on_node(unsigned cpu) {
        Event e = event(EventKind::park, cpu);
        e.object_kind = ObjectKind::queue_node;
        emit(e);
    }

    // --- a whole attempt as a lock with a table makes it ------------------------------------
    void records(unsigned cpu, LockId lock) {
        const unsigned slot = recorded_[cpu]++;
        table_count(cpu, static_cast<int>(recorded_[cpu]));
        if (slot < 31) table_entry(cpu, slot, lock);
    }
    void forgets(unsigned cpu) {
        const unsigned slot = --recorded_[cpu];
        if (slot < 31) table_entry(cpu, slot, kNoLock);
        table_count(cpu, static_cast<int>(slot));
    }

  private:
    static LockFacts facts_of(unsigned i) {
        LockFacts facts;
        facts.name = i < 26 ? std::string(1, static_cast<char>('A' + i)) : "L" + std::to_string(i);
        facts.word = {WordLayout::Shape::queued, 0xff, 0xff00, 0xffff0000, 16, 18};
        facts.held_table = {0, 8, 8, 31};
        facts.nodes = {16, 4, 0, 8, 12};
        facts.bounds = {kMs, kMs, kMs, 250 * kMs, 500 * kMs, 0};
        facts.resilient = true;
        facts.fifo = true;
        facts.queue_trylock_fallback = true;
        facts.address = 0x1000 + 64 * i;
        return facts;
    }

    struct Placed {
        Oracle* oracle = nullptr;
        void* memory = nullptr;
        std::size_t size = 0;
    };

    Placed place(const OracleEntry& entry) const {
        Placed placed;
        placed.size = oracle_size(entry, setup);
        placed.memory = ::operator new (placed.size + kGuard, std::align_val_t{64});
        std::memset(placed.memory, 0, placed.size + kGuard);
        placed.oracle = entry.construct(placed.memory);
        return placed;
    }

    // As late as it can be: `setup` says how large an oracle is.
    void begin() {
        if (oracle_.oracle != nullptr || entry_.name == nullptr) return;
        oracle_ = place(entry_);
        if (entry_.shares != nullptr) {
            fold_ = place(*entry_.shares);
            oracle_.oracle->share(*fold_.oracle);
            fold_.oracle->begin(setup);
        }
        oracle_.oracle->begin(setup);
    }

    Event event(EventKind kind, unsigned cpu) const {
        Event e;
        e.kind = kind;
        e.cpu = static_cast<CpuId>(cpu);
        e.depth = static_cast<std::uint8_t>(stacks_[cpu].size());
        e.context = stacks_[cpu].empty() ? Context::task : stacks_[cpu].back();
        return e;
    }
    Event access_event(unsigned cpu, const Access& access, ObjectKind kind, unsigned object) const {
        Event e = event(access.kind, cpu);
        e.plain = access.plain ? 1 : 0;
        e.order = static_cast<std::uint8_t>(access.order);
        e.rmw = access.rmw ? 1 : 0;
        e.value = access.value;
        e.old = access.old;
        e.object_kind = kind;
        e.object = static_cast<std::uint16_t>(object);
        return e;
    }
    void emit_value(EventKind kind, unsigned cpu, std::uint64_t value) {
        Event e = event(kind, cpu);
        e.value = value;
        emit(e);
    }
    void about(EventKind kind, unsigned cpu, LockId lock, int value) {
        Event e = event(kind, cpu);
        e.lock = lock;
        e.value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
        emit(e);
    }
    void per_cpu(unsigned cpu, unsigned owner, ObjectKind kind, std::uint16_t first_object,
                 std::uint32_t offset, std::uint64_t value) {
        Event e = event(EventKind::store, cpu);
        e.object_kind = kind;
        e.object = static_cast<std::uint16_t>(first_object + owner);
        e.object_cpu = static_cast<CpuId>(owner);
        e.offset = offset;
        e.size = 8;
        e.value = value;
        std::uint64_t& seen = seen_[{e.object, offset}];
        e.old = std::exchange(seen, value);
        emit(e);
    }

    // As on the machine: an oracle sees only what it asked for, and the fold that it shares with
    // others is told after it.
    void emit(Event e) {
        begin();
        e.step = ++step_;
        e.time = now_;
        for (Oracle* const told : {oracle_.oracle, fold_.oracle})
            if (told != nullptr && (told->interest() & event_bit(e.kind)) != 0)
                told->on_event(e, sink_);
    }

    OracleEntry entry_{};
    Placed oracle_, fold_;
    RecordingSink sink_;
    TimeNs now_ = 0;
    std::uint64_t step_ = 0;
    std::vector<Context> stacks_[kCpusMax];
    unsigned recorded_[kCpusMax] = {};
    std::map<LockId, std::uint64_t> words_;
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint64_t> seen_;
};

// The tail half of a lock word: queue node `index` of this CPU.
constexpr std::uint64_t half_tail(unsigned cpu, unsigned index = 0) {
    return (cpu + 1) << 2 | index;
}

}  // namespace lockstep
