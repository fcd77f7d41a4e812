// held-table: the per-CPU table of held locks says what is held, and nothing else.
//
//   leak         an API call or an interrupt left more entries than it found
//   underflow    ... or fewer
//   wrong-entry  after success the top entry is not this lock, or a slot holds no known lock
//   not-null     unlock left its slot behind
//   order        unlock of a lock that is not on top (documented as unsupported)
//
// The table is rebuilt from the writes to it. Locks above the table's size are only counted.
// Does not check what other CPUs read, nor a second port's table in the same scenario.
#include <algorithm>

#include "sim/oracles/oracles.h"

namespace lockstep {

namespace {

constexpr unsigned kEntriesMax = 31;

struct Table {
    std::uint16_t object = kNoObject;  // the first table seen on this CPU
    std::int16_t count = 0;
    std::int16_t held = 0;                    // by the API's word
    std::int16_t base[kContextsMax] = {};     // count when the running call began
    std::int16_t entered[kContextsMax] = {};  // count when the context began
    std::uint8_t slots[kEntriesMax] = {};     // LockId + 1; 0 = NULL
    std::uint8_t unknown = 0;                 // a slot was given something that is no lock
};

class HeldTable final : public Oracle {
  public:
    const char* name() const override { return "held-table"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_begin) |
               event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
               event_bit(EventKind::release_end) | event_bit(EventKind::context_enter) |
               event_bit(EventKind::context_exit) | event_bit(EventKind::execution_end);
    }

    void begin(const OracleSetup& setup) override {
        setup_ = &setup;
        layout_ = nullptr;
        for (const LockFacts& facts : setup.locks)
            if (facts.held_table.entries != 0 && layout_ == nullptr) layout_ = &facts.held_table;
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (layout_ == nullptr) return;
        if (event.kind == EventKind::store) {
            if (event.object_kind == ObjectKind::held_table) fold(event, sink);
            return;
        }
        if (event.kind == EventKind::execution_end) {
            if (static_cast<EndReason>(event.value) == EndReason::finished) judge_end(event, sink);
            return;
        }
        Table& table = tables_[event.cpu];
        if (event.kind == EventKind::context_enter)
            table.entered[event.depth] = table.count;
        else if (event.kind == EventKind::context_exit)
            expect_count(table, table.entered[event.depth], event, sink, "a handler returned");
        else if (event.lock != kNoLock && setup_->locks[event.lock].held_table.entries != 0)
            judge_call(table, event, sink);
    }

  private:
    void fold(const Event& event, FindingSink& sink) {
        Table& table = tables_[event.object_cpu];
        if (table.object == kNoObject) table.object = event.object;
        if (table.object != event.object) return;
        if (event.offset == layout_->count_offset) {
            table.count = static_cast<std::int16_t>(static_cast<std::int32_t>(event.value));
            if (table.count < 0)
                sink.report(name(), "underflow", event, "CPU%u's count of held locks fell to %d",
                            event.object_cpu, table.count);
            return;
        }
        if (event.offset < layout_->entries_offset) return;
        const std::uint32_t slot = (event.offset - layout_->entries_offset) / layout_->entry_size;
        if (slot >= kEntriesMax) return;
        table.slots[slot] = lock_at(event.value);
        if (table.slots[slot] == 0 && event.value != 0)
            sink.report(name(), "wrong-entry", event, "CPU%u records something that is no lock",
                        event.object_cpu);
    }

    std::uint8_t lock_at(std::uint64_t address) const {
        if (address == 0) return 0;
        for (std::size_t i = 0; i < setup_->locks.size(); ++i)
            if (setup_->locks[i].address == address) return static_cast<std::uint8_t>(i + 1);
        return 0;
    }

    void judge_call(Table& table, const Event& event, FindingSink& sink) {
        std::int16_t& base = table.base[event.depth];
        const char* const lock = setup_->locks[event.lock].name.c_str();
        switch (event.kind) {
            case EventKind::acquire_begin:
                base = table.count;
                break;
            case EventKind::acquire_end:
                if (event.value != 0) {
                    expect_count(table, base, event, sink, "a failed attempt returned");
                    break;
                }
                ++table.held;
                expect_count(table, static_cast<std::int16_t>(base + 1), event, sink,
                             "an attempt succeeded");
                if (!top_is(table, event.lock))
                    sink.report(name(), "wrong-entry", event,
                                "CPU%u owns %s, but its top entry is another lock", event.cpu,
                                lock);
                break;
            case EventKind::release_begin:
                base = table.count;
                --table.held;
                if (!top_is(table, event.lock))
                    sink.report(name(), "order", event,
                                "CPU%u unlocks %s, which is not its top entry", event.cpu, lock);
                break;
            case EventKind::release_end:
                expect_count(table, static_cast<std::int16_t>(base - 1), event, sink,
                             "an unlock returned");
                if (table.count >= 0 && table.count < slots() && table.slots[table.count] != 0)
                    sink.report(name(), "not-null", event,
                                "CPU%u unlocked %s and left its entry in the table", event.cpu,
                                lock);
                break;
            default:
                break;
        }
    }

    int slots() const { return static_cast<int>(std::min<std::uint32_t>(layout_->entries, 31)); }

    bool top_is(const Table& table, LockId lock) const {
        if (table.count < 1 || table.count > slots()) return true;
        return table.slots[table.count - 1] == lock + 1;
    }

    void expect_count(Table& table, std::int16_t expected, const Event& event, FindingSink& sink,
                      const char* when) {
        if (table.count == expected) return;
        sink.report(name(), table.count > expected ? "leak" : "underflow", event,
                    "%s on CPU%u and left %d held-table entries instead of %d", when, event.cpu,
                    table.count, expected);
        table.count = expected;  // say it once
    }

    void judge_end(const Event& event, FindingSink& sink) {
        for (unsigned c = 0; c < setup_->cpus; ++c) {
            Event at = event;
            at.cpu = static_cast<CpuId>(c);
            expect_count(tables_[c], tables_[c].held, at, sink, "the run ended");
        }
    }

    const OracleSetup* setup_ = nullptr;
    const HeldTableLayout* layout_ = nullptr;
    Table tables_[kCpusMax];
};

}  // namespace

OracleEntry held_table_entry() {
    return make_entry<HeldTable>("held-table", "the table of held locks is balanced and truthful",
                                 sizeof(Table));
}

}  // namespace lockstep
