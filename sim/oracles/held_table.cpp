// held-table: the per-CPU table of held locks says what is held, and nothing else.
//
//   leak         an API call or an interrupt left more entries than it should have
//   underflow    ... or fewer
//   wrong-entry  after success the top entry is not this lock, or a slot holds no known lock
//   not-null     a slot beyond the count still names a lock after an unlock or a failed attempt
//   order        unlock of a lock that is not on top (documented as unsupported)
//
// The table is rebuilt from the writes to it. Locks above the table's size are only counted.
// Does not check what other CPUs read. If a second port with a table of its own takes part, only
// the locks seen in the first table are judged.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

constexpr unsigned kEntriesMax = 31;

struct Table {
    std::uint16_t object = kNoObject;          // the first table seen on this CPU
    std::int16_t count = 0;                    // as the lock keeps it
    std::int16_t due = 0;                      // as it should be by the API's word
    std::int16_t base[kContextsMax] = {};      // count when the running call began
    std::int16_t surplus[kContextsMax] = {};   // count minus due when the context began
    std::uint8_t slots[kEntriesMax + 1] = {};  // LockId + 1; 0 = NULL
};
static_assert(std::has_unique_object_representations_v<Table>);

class HeldTable final : public RowOracle<HeldTable, Table, NoRow> {
  public:
    const char* name() const override { return "held-table"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::store) | event_bit(EventKind::acquire_begin) |
               event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin) |
               event_bit(EventKind::release_end) | event_bit(EventKind::context_enter) |
               event_bit(EventKind::context_exit) | event_bit(EventKind::task_switch) |
               event_bit(EventKind::execution_end);
    }
    std::uint32_t accesses_to() const override { return object_bit(ObjectKind::held_table); }

    void begin(const OracleSetup& setup) override {
        RowOracle::begin(setup);
        lock_ = kNoLock;
        for (LockId lock = 0; lock < setup.locks.size(); ++lock)
            if (setup.locks[lock].held_table.entries != 0 && lock_ == kNoLock) lock_ = lock;
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (lock_ == kNoLock) return;
        if (event.kind == EventKind::store) {
            if (event.object_kind == ObjectKind::held_table) fold(event, sink);
            return;
        }
        if (event.kind == EventKind::execution_end) {
            if (static_cast<EndReason>(event.value) == EndReason::finished) judge_end(event, sink);
            return;
        }
        Table& table = of_cpu(event.cpu);
        // A task is only left in the middle of a call while that has not touched the table yet.
        if (event.kind == EventKind::task_switch)
            table.base[0] = table.count;
        else if (event.kind == EventKind::context_enter)
            table.surplus[event.depth] = surplus(table);
        else if (event.kind == EventKind::context_exit)
            judge_exit(table, event, sink);
        else if (event.lock != kNoLock && setup().locks[event.lock].held_table.entries != 0)
            judge_call(table, event, sink);
    }

  private:
    const HeldTableLayout& layout() const { return setup().locks[lock_].held_table; }
    void fold(const Event& event, FindingSink& sink) {
        Table& table = of_cpu(event.object_cpu);
        if (table.object == kNoObject) table.object = event.object;
        if (table.object != event.object) {
            second_table_ = 1;
            return;
        }
        if (event.offset == layout().count_offset) {
            table.count = static_cast<std::int16_t>(static_cast<std::int32_t>(event.value));
            if (table.count < 0)
                sink.report(name(), "underflow", event, "CPU%u's count of held locks fell to %d",
                            event.object_cpu, table.count);
            return;
        }
        if (event.offset < layout().entries_offset) return;
        const std::uint32_t slot = (event.offset - layout().entries_offset) / layout().entry_size;
        if (slot >= kEntriesMax) return;
        table.slots[slot] = lock_at(event.value);
        if (table.slots[slot] != 0) recorded_ |= std::uint64_t{1} << (table.slots[slot] - 1U);
        if (table.slots[slot] == 0 && event.value != 0)
            sink.report(name(), "wrong-entry", event, "CPU%u records something that is no lock",
                        event.object_cpu);
    }

    std::uint8_t lock_at(std::uint64_t address) const {
        if (address == 0) return 0;
        for (std::size_t i = 0; i < setup().locks.size(); ++i)
            if (setup().locks[i].address == address) return static_cast<std::uint8_t>(i + 1);
        return 0;
    }

    // What is over leaves nothing: when a handler came must not be told by what it was told.
    void judge_exit(Table& table, const Event& event, FindingSink& sink) {
        expect_count(table, table.due + std::exchange(table.surplus[event.depth], 0), event, sink,
                     "a handler returned");
        table.base[event.depth] = 0;
    }

    void judge_call(Table& table, const Event& event, FindingSink& sink) {
        const bool ends =
            event.kind == EventKind::acquire_end || event.kind == EventKind::release_end;
        const std::int16_t base =
            std::exchange(table.base[event.depth], ends ? std::int16_t{0} : table.count);
        if (second_table_ != 0 && (recorded_ >> event.lock & 1U) == 0) return;
        const char* const lock = setup().locks[event.lock].name.c_str();
        if (event.kind == EventKind::release_begin && !top_is(table, event.lock))
            sink.report(name(), "order", event, "CPU%u unlocks %s, which is not its top entry",
                        event.cpu, lock);
        if (!ends) return;
        const bool won = event.kind == EventKind::acquire_end && event.value == 0;
        if (won) {
            ++table.due;
            expect_count(table, base + 1, event, sink, "an attempt succeeded");
            if (!top_is(table, event.lock))
                sink.report(name(), "wrong-entry", event,
                            "CPU%u owns %s, but its top entry is another lock", event.cpu, lock);
            return;
        }
        if (event.kind == EventKind::release_end) {
            --table.due;
            expect_count(table, base - 1, event, sink, "an unlock returned");
        } else {
            expect_count(table, base, event, sink, "a failed attempt returned");
        }
        expect_null(table, table.count, event, sink);
    }

    void expect_null(Table& table, int slot, const Event& event, FindingSink& sink) {
        if (slot < 0 || slot >= slots() || table.slots[slot] == 0) return;
        sink.report(name(), "not-null", event, "CPU%u's table still names %s beyond its %d entries",
                    event.cpu, setup().locks[table.slots[slot] - 1U].name.c_str(), table.count);
        table.slots[slot] = 0;  // say it once
    }

    int slots() const { return static_cast<int>(std::min<std::uint32_t>(layout().entries, 31)); }

    bool top_is(const Table& table, LockId lock) const {
        if (table.count < 1 || table.count > slots()) return true;
        return table.slots[table.count - 1] == lock + 1;
    }

    static std::int16_t surplus(const Table& table) {
        return static_cast<std::int16_t>(table.count - table.due);
    }

    // What is wrong once stays wrong in the table; `due` follows, so that it is said once.
    void expect_count(Table& table, int expected, const Event& event, FindingSink& sink,
                      const char* when) {
        if (table.count == expected) return;
        sink.report(name(), table.count > expected ? "leak" : "underflow", event,
                    "%s on CPU%u and left %d held-table entries instead of %d", when, event.cpu,
                    table.count, expected);
        table.due = static_cast<std::int16_t>(table.due + table.count - expected);
    }

    void judge_end(const Event& event, FindingSink& sink) {
        for (unsigned c = 0; c < setup().cpus; ++c) {
            Event at = event;
            at.cpu = static_cast<CpuId>(c);
            if (second_table_ == 0) expect_count(of_cpu(c), of_cpu(c).due, at, sink, kEnd);
            for (int slot = std::max<int>(of_cpu(c).count, 0); slot < slots(); ++slot)
                expect_null(of_cpu(c), slot, at, sink);
        }
    }

    static constexpr const char* kEnd = "the run ended";

    // The first lock whose port has a table. Not its address: that would be a part of every state.
    std::uint64_t lock_ = kNoLock;
    std::uint64_t recorded_ = 0;      // bit = lock that was ever in a table
    std::uint64_t second_table_ = 0;  // another port keeps a table as well
};

}  // namespace

OracleEntry held_table_entry() {
    return make_entry<HeldTable>("held-table", "the table of held locks is balanced and truthful");
}

}  // namespace lockstep
