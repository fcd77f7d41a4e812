// data-race: accesses that conflict, of which one is plain (unmarked), must be ordered.
//
//   race         a plain access and a conflicting one of another CPU, neither of which comes after
//                the other by what the code orders
//   unprotected  a section begins that does not come after the section before it on that lock:
//                what the lock protects, all of it plain, would race
//   lost-update  an interrupt struck between the two halves of a plain read-modify-write and left
//                another value behind, which the second half wipes out
//
// Order comes from acquire and release, smp_mb, smp_rmb, smp_wmb, the fence after a control
// dependency, and program order within a CPU, interrupts included: as in the kernel's memory model
// (tools/memory-model), whatever the memory of the simulation does. On a machine with total store
// order every marked load is an acquire and every marked store a release.
//
// Kinder than that model in three things, because dependencies cannot be seen: a marked store comes
// after whatever its CPU has read of before, as if an address or control dependency led there; a
// plain store comes after marked stores to the same place whose value was read there, as coherence
// has it; and smp_wmb orders earlier loads too. Stricter in one: a plain access that only an
// address dependency orders counts as unordered.
//
// Not judged, and not_judged() says so: machines with more than eight CPUs, more than eight locks,
// nodes past the fourth, two ports with nodes or tables, and whatever of a lock's own memory has
// no place here. Not checked: memory that is not a lock's own; plain accesses that
// the compiler may tear, repeat or invent (an interrupt cannot strike within one); and single plain
// accesses against interrupts of their own CPU. Barriers of scenarios and waking a task order
// nothing.
#include <algorithm>

#include "sim/oracles/oracles.h"
#include "sim/oracles/race_clocks.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

// The places an access touches.
struct Touched {
    RacePlace* first = nullptr;
    unsigned count = 0;
    RaceCpu* owner = nullptr;  // of what is not a lock word
};

// What an access means for order.
struct Meaning {
    bool reads = false;
    bool writes = false;
    bool acquires = false;
    bool releases = false;
    bool full = false;
};

// Why nothing more can be said. The first reason stands.
enum class Blind : std::uint32_t { no, cpus, locks, two_ports, nodes, node, table, word };

const char* text_of(Blind blind) {
    switch (blind) {
        case Blind::no:
            return nullptr;
        case Blind::cpus:
            return "more than 8 CPUs";
        case Blind::locks:
            return "more than 8 locks";
        case Blind::two_ports:
            return "two ports with queue nodes or held tables";
        case Blind::nodes:
            return "a queue node past the fourth of a CPU";
        case Blind::node:
            return "a queue node of an unknown layout";
        case Blind::table:
            return "a held table of more than 31 entries";
        case Blind::word:
            return "a lock word of an unknown layout";
    }
    return nullptr;
}
static_assert(kRaceCpus == 8 && kRaceLocks == 8, "text_of() says so");

// An earlier access that a later one does not come after.
struct Conflict {
    const char* what = nullptr;  // nullptr: none
    unsigned cpu = 0;
};

class DataRace final : public RowOracle<DataRace, RaceCpu, RaceLock> {
  public:
    const char* name() const override { return "data-race"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::load) | event_bit(EventKind::store) |
               event_bit(EventKind::fence) | event_bit(EventKind::acquire_end) |
               event_bit(EventKind::release_begin) | event_bit(EventKind::context_exit) |
               event_bit(EventKind::task_switch);
    }
    std::uint32_t accesses_to() const override {
        return object_bit(ObjectKind::lock_word) | object_bit(ObjectKind::held_table) |
               object_bit(ObjectKind::queue_node);
    }

    void begin(const OracleSetup& setup) override {
        RowOracle::begin(setup);
        cpus_count_ = setup.cpus;
        if (setup.locks.size() > kRaceLocks) blind_ = Blind::locks;
        if (setup.cpus > kRaceCpus) blind_ = Blind::cpus;
        for (const LockFacts& facts : setup.locks) {
            if (facts.nodes.stride != 0 && node_stride_ == 0) node_stride_ = facts.nodes.stride;
            if (facts.total_store_order) total_store_order_ = 1;
        }
        if (blind_ != Blind::no) return;
        for (unsigned c = 0; c < cpus_count_; ++c) of_cpu(c).knows.of[c] = 1;
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (blind_ != Blind::no) return;
        switch (event.kind) {
            case EventKind::load:
            case EventKind::store:
                access(event, sink);
                break;
            case EventKind::fence:
                fence(event);
                break;
            case EventKind::acquire_end:
                if (event.lock != kNoLock && event.value == 0) section_begins(event, sink);
                break;
            case EventKind::release_begin:
                if (event.lock == kNoLock) break;
                of_lock(event.lock).section = of_cpu(event.cpu).knows.of[event.cpu];
                of_lock(event.lock).section_cpu = event.cpu;
                break;
            default: {  // whoever runs here next has loaded nothing yet
                const bool left = event.kind == EventKind::context_exit;
                of_cpu(event.cpu).loads[left ? event.depth : 0] = {};
            }
        }
    }

    const char* not_judged() const override { return text_of(blind_); }

  private:
    // Nothing is accused from here on, least of all because an order went unseen.
    Touched give_up(Blind why) {
        if (blind_ == Blind::no) blind_ = why;
        return {};
    }

    RaceMemory memory() {
        return {cpus_count_, static_cast<unsigned>(setup().locks.size()), &of_lock(0), &of_cpu(0)};
    }

    // --- where -----------------------------------------------------------------------------
    Touched touched(const Event& event) {
        const std::uint32_t last = event.offset + std::max<std::uint32_t>(event.size, 1) - 1;
        if (event.object_kind == ObjectKind::lock_word) {
            if (event.lock == kNoLock) return {};
            if (event.offset >= kWordPlaces) return give_up(Blind::word);
            const std::uint32_t end = std::min<std::uint32_t>(last + 1, kWordPlaces);
            return {&of_lock(event.lock).word[event.offset], end - event.offset, nullptr};
        }
        RaceCpu& owner = of_cpu(event.object_cpu);
        const bool node = event.object_kind == ObjectKind::queue_node;
        std::uint16_t& object = node ? owner.node_object : owner.table_object;
        if (object == kNoObject) object = event.object;
        if (object != event.object) return give_up(Blind::two_ports);
        if (!node) {
            const std::uint32_t place = event.offset / 8;
            if (place >= kTablePlaces) return give_up(Blind::table);
            return {&owner.places[kNodePlaces + place], 1, &owner};
        }
        constexpr std::uint32_t kNodeSize = 16;
        const std::uint32_t index = node_stride_ == 0 ? 0 : event.offset / node_stride_;
        const std::uint32_t field = node_stride_ == 0 ? 0 : event.offset % node_stride_;
        if (index >= kNodePlaces / 4) return give_up(Blind::nodes);
        if (field >= kNodeSize) return give_up(Blind::node);
        return {&owner.places[index * 4 + field / 4], event.size == 8 ? 2U : 1U, &owner};
    }

    // --- order -----------------------------------------------------------------------------
    Meaning meaning(const Event& event) const {
        Meaning means;
        means.writes = event.kind == EventKind::store;
        means.reads = !means.writes || event.rmw != 0;
        if (event.plain != 0) return means;
        const bool strong = total_store_order_ != 0;
        const auto order = static_cast<Order>(event.order);
        means.full = order == Order::full || (strong && event.rmw != 0);
        means.acquires = means.reads && (means.full || strong || order == Order::acquire);
        means.releases = means.writes && (means.full || strong || order == Order::release);
        return means;
    }

    void fence(const Event& event) {
        RaceCpu& cpu = of_cpu(event.cpu);
        const auto kind = static_cast<Fence>(event.value);
        if (kind != Fence::wmb) {
            cpu.knows.join(cpu.seen);
            cpu.seen = {};
        }
        if (kind != Fence::mb && kind != Fence::wmb) return;
        cpu.fenced = cpu.knows;
        begin_epoch(memory(), event.cpu);
    }

    // A marked access has been judged: what it learns and what it lets others know.
    void exchange_knowledge(const Touched& touched, const Event& event, const Meaning& means) {
        RaceCpu& cpu = of_cpu(event.cpu);
        Knowledge read;
        if (means.reads)
            for (unsigned i = 0; i < touched.count; ++i) read.join(touched.first[i].published);
        (means.acquires ? cpu.knows : cpu.seen).join(read);
        if (means.full) {
            cpu.knows.join(cpu.seen);
            cpu.seen = {};
            cpu.fenced = cpu.knows;
        }
        if (!means.writes) return;
        const Knowledge& told = means.releases ? cpu.knows : cpu.fenced;
        for (unsigned i = 0; i < touched.count; ++i) {
            Knowledge& published = touched.first[i].published;
            // A read-modify-write goes on with the release sequence it found.
            if (event.rmw == 0) published = {};
            published.join(told);
        }
        if (means.releases) begin_epoch(memory(), event.cpu);
    }

    // --- judging ---------------------------------------------------------------------------
    void access(const Event& event, FindingSink& sink) {
        const Touched places = touched(event);
        if (places.count == 0) return;
        const Meaning means = meaning(event);
        judge_interrupted(event, sink);
        for (unsigned i = 0; i < places.count; ++i) {
            RacePlace& place = places.first[i];
            const Conflict conflict = find_conflict(place, event, means);
            if (conflict.what != nullptr) {
                report(event, means, conflict, sink);
                const Knowledge published = place.published;
                place = {};  // told once
                place.published = published;
                break;
            }
        }
        record(places, event, means);
        if (event.plain == 0) exchange_knowledge(places, event, means);
    }

    static Conflict find_in(const Epoch (&epochs)[kRaceCpus], const Knowledge& known, CpuId self,
                            const char* what) {
        for (unsigned c = 0; c < kRaceCpus; ++c)
            if (c != self && epochs[c] > known.of[c]) return {what, c};
        return {};
    }

    Conflict find_conflict(const RacePlace& place, const Event& event, const Meaning& means) {
        const RaceCpu& cpu = of_cpu(event.cpu);
        Knowledge known = cpu.knows;
        if (event.plain == 0 && means.reads) known.join(place.published);
        if (event.plain == 0 && means.writes) known.join(cpu.seen);
        if (place.plain_writer != event.cpu && place.plain_write > known.of[place.plain_writer])
            return {"plain store", place.plain_writer};
        Conflict found;
        if (means.writes) found = find_in(place.plain_read, known, event.cpu, "plain load");
        if (found.what != nullptr || event.plain == 0) return found;
        const bool coherent = means.writes && (place.seen >> event.cpu & 1U) != 0;
        if (!coherent) found = find_in(place.marked_write, known, event.cpu, "marked store");
        if (found.what != nullptr || !means.writes) return found;
        return find_in(place.marked_read, known, event.cpu, "marked load");
    }

    void record(const Touched& touched, const Event& event, const Meaning& means) {
        const Epoch now = of_cpu(event.cpu).knows.of[event.cpu];
        const auto bit = static_cast<std::uint8_t>(1U << event.cpu);
        for (unsigned i = 0; i < touched.count; ++i) {
            RacePlace& place = touched.first[i];
            if (touched.owner != nullptr)
                touched.owner->known |= std::uint64_t{1} << (&place - touched.owner->places);
            if (event.plain != 0) {
                if (means.reads) place.plain_read[event.cpu] = now;
                if (!means.writes) continue;
                place.plain_write = now;
                place.plain_writer = event.cpu;
                continue;
            }
            if (means.reads) place.marked_read[event.cpu] = now;
            if (means.writes) place.marked_write[event.cpu] = now;
            place.seen = means.writes ? bit : static_cast<std::uint8_t>(place.seen | bit);
        }
    }

    // A plain `count++` is a load and a store: what stood there when the store comes must be what
    // the load found. Changed by another CPU it would be a race, and is told as one.
    void judge_interrupted(const Event& event, FindingSink& sink) {
        RaceLoad& load = of_cpu(event.cpu).loads[event.depth];
        const RaceLoad before = load;
        load = {};
        if (event.plain == 0) return;
        if (event.kind == EventKind::load) {
            load = {event.value, event.offset, event.object, event.size};
            return;
        }
        const bool same = before.size == event.size && before.object == event.object &&
                          before.offset == event.offset;
        if (!same || before.value == event.old) return;
        sink.report(name(), "lost-update", event,
                    "CPU%u's plain read-modify-write loaded %llu from %s, where an interrupt left "
                    "%llu before the store",
                    event.cpu, static_cast<unsigned long long>(before.value),
                    name_of(event.object_kind), static_cast<unsigned long long>(event.old));
    }

    void section_begins(const Event& event, FindingSink& sink) {
        RaceLock& lock = of_lock(event.lock);
        const RaceCpu& cpu = of_cpu(event.cpu);
        if (lock.section_cpu == event.cpu || lock.section <= cpu.knows.of[lock.section_cpu]) return;
        sink.report(name(), "unprotected", event,
                    "CPU%u's section under %s does not come after CPU%u's before it: no release "
                    "and acquire between them",
                    event.cpu, setup().locks[event.lock].name.c_str(), lock.section_cpu);
        lock.section = 0;
    }

    static const char* name_of(ObjectKind kind) {
        if (kind == ObjectKind::lock_word) return "a lock word";
        return kind == ObjectKind::held_table ? "a held table" : "a queue node";
    }

    void report(const Event& event, const Meaning& means, const Conflict& earlier,
                FindingSink& sink) const {
        const char* const how =
            means.writes ? (means.reads ? "read-modify-write" : "store") : "load";
        const bool word = event.object_kind == ObjectKind::lock_word;
        sink.report(name(), "race", event,
                    "CPU%u's %s %s of byte %u of %s%s is not ordered after CPU%u's %s", event.cpu,
                    event.plain != 0 ? "plain" : "marked", how, event.offset,
                    word ? setup().locks[event.lock].name.c_str() : name_of(event.object_kind),
                    word ? "" : owner_text(event.object_cpu), earlier.cpu, earlier.what);
    }

    static const char* owner_text(CpuId cpu) {
        constexpr const char* kTexts[kRaceCpus] = {" of CPU0", " of CPU1", " of CPU2", " of CPU3",
                                                   " of CPU4", " of CPU5", " of CPU6", " of CPU7"};
        return kTexts[cpu];
    }

    std::uint32_t cpus_count_ = 0;
    std::uint32_t node_stride_ = 0;
    std::uint32_t total_store_order_ = 0;
    Blind blind_ = Blind::no;
};

}  // namespace

OracleEntry data_race_entry() {
    OracleEntry entry =
        make_entry<DataRace>("data-race", "plain accesses are ordered with conflicting ones");
    entry.optional = true;
    return entry;
}

}  // namespace lockstep
