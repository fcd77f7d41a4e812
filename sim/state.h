// The machine's state, all of it plain data in the inner part of the arena. Only the files of
// the machine itself include this.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "sim/arena.h"
#include "sim/constants.h"
#include "sim/kernel.h"
#include "sim/machine.h"
#include "sim/mapped_allocator.h"
#include "sim/memory.h"
#include "sim/parts.h"

namespace lockstep {

constexpr unsigned kSpotsMax = 4;
constexpr unsigned kFindingsMax = 8;
constexpr std::uint16_t kNobody = 0xffff;
// What one turn of a spin loop costs in virtual time (a load and a cpu_relax on x86), what a tick
// of the arm64 event stream plus the look at the condition costs, and how often a loop that
// reads the clock on every turn is let look again.
constexpr TimeNs kSpinNs = 42;
constexpr TimeNs kEventStreamNs = 100'100;
constexpr TimeNs kClockPollNs = 5'000;
// A spinner is taken forward this far at most before the other spinners follow.
constexpr std::uint64_t kBatchSpins = 1024;
constexpr std::uint64_t kBatchSpinsAlone = 65'536;
// A loop that turned this often without reading the clock or writing waits for a store only.
constexpr std::uint64_t kPureSpins = std::uint64_t{1} << 18;

// A word that was read, and what was seen.
class Spot {
  public:
    Spot() = default;
    Spot(std::uint64_t address, unsigned size, std::uint64_t seen)
        : place_(address | std::uint64_t{size} << kSizeShift), value_(seen) {}
    std::uint64_t address() const { return place_ & ((std::uint64_t{1} << kSizeShift) - 1); }
    unsigned size() const { return static_cast<unsigned>(place_ >> kSizeShift); }
    std::uint64_t value() const { return value_; }
    bool at_the_place_of(const Spot& other) const { return place_ == other.place_; }

  private:
    static constexpr unsigned kSizeShift = 56;  // above all addresses
    std::uint64_t place_;
    std::uint64_t value_;
};

// What a spin loop read since its last cpu_relax. count > kSpotsMax: too much to park on.
struct Footprint {
    std::uint8_t count;
    bool wrote;
    bool read_clock;
    std::uint8_t unused[5];
    Spot spots[kSpotsMax];
};

struct Condition {
    bool (*holds)(void* argument);
    void* argument;
};

struct Wait {
    WaitKind kind;
    bool parked;     // cannot run before it is woken
    bool bounded;    // may give up by itself
    bool counted;    // ... and that takes no time
    bool batchable;  // one word, no clock: may spin natively
    bool pure;       // only a store can end it
    std::uint8_t count;
    std::uint8_t unused;
    TimeNs deadline;  // kNever: none
    union {
        Spot spots[kSpotsMax];
        Condition condition;  // kind predicate
    };
};

// A power of two, as every access looks for the CPU it is on. No padding, as it is hashed as bytes.
struct alignas(64) CpuState {
    TaskId running;  // kNobody: idle
    std::uint8_t depth;
    Context contexts[kContextsMax];  // [0] is the task
    bool irqs_on;
    bool need_resched;
    bool bounded_hint;
    bool counted_hint;
    bool gave_up;           // a counted wait; no other CPU has written since
    bool kicked;            // since it last halted
    bool clock_last_turn;   // the previous turn of the spin loop read the clock too
    std::uint16_t deliver;  // injection to take next, + 1
    std::uint32_t preempt_count;
    std::uint16_t ready_tasks;  // of this CPU, the running one among them
    std::uint8_t next_size;     // the access it is stopped in front of; see PendingAccess
    bool next_write : 1;
    bool next_is_asked : 1;             // a search makes a choice of it in any case
    std::uint64_t next_address;         // 0: none, or not known
    LockId locks_wanted[kContextsMax];  // lock of the attempt in progress per context
    std::uint32_t look_line;
    std::uint64_t look_address;  // of the bare spin it is in; 0: none. See sim_spin_load
    TimeNs stalled_until;
    TimeNs local_time;  // how far a native spin has been taken; clock mode timed: its clock
    std::uint64_t idle_spins;
    std::uint64_t alike;  // of CPUs that may be exchanged: what it has seen; see alike.cpp
    Footprint footprint;
    Wait wait;
    // Who this CPU is for each lock, for injections aimed at a role.
    std::uint64_t role_pending;  // bit = LockId
    std::uint64_t role_head;
};
static_assert(sizeof(CpuState) == 256);

enum class TaskState : std::uint8_t { fresh, ready, sleeping, ended };

struct TaskSlot {
    void (*entry)(void*);
    void* argument;
    char name[24];
    CpuId cpu;
    TaskState state;
    bool stop;
    bool woken;
    std::uint32_t ready_since;  // order in the run queue
    TimeNs wake_at;
    void* stack_pointer;  // while suspended
};

struct TimedClock;  // sim/timed.h

struct InjectionState {
    std::uint32_t fired;
    bool armed;
    std::uint8_t family;  // which of its points this execution uses
};

struct State {
    // --- what every step touches ---
    std::int64_t fuel;  // points left before the scheduler is asked again
    std::uint64_t steps;
    std::uint64_t steps_before;  // hub mode: made before this transition; else 0
    std::uint64_t step_hash;
    CpuId cpu;                // whose context is running
    TaskId fiber;             // whose stack we are on; differs from the CPU's task only as one ends
    bool running;             // false: outside an execution, hooks do nothing
    bool observe_loads;       // a trace or an oracle wants loads too
    bool observe_all;         // a trace wants every access, not only those of a lock's memory
    std::uint8_t watchers;    // contexts parked on memory
    std::uint8_t predicates;  // contexts parked on a condition
    bool hub;                 // a search drives: every decision is made on the main context
    bool chain;               // ... and a step nobody else can notice is no decision
    bool alike_any;           // ... and some CPUs may be exchanged; see alike.cpp
    bool chained;             // such a step is about to be made, and a scheduler is asked
    std::uint8_t unsettled_size;  // a plain write was announced and not yet looked at
    bool unsettled_any;
    bool gave_up_any;  // CpuState::gave_up is set somewhere
    bool quiet;        // time went on before an injection, and since then waiters only looked
    std::uint64_t unsettled_address, unsettled_old;
    std::uintptr_t unsettled_pc;
    std::uint64_t interest;  // event_bit()s some oracle, the script or a trigger wants
    TimeNs now;
    // --- native spinning ---
    std::uint64_t batch_granted;  // 0: no batch is running
    std::uint64_t batch_held;     // turns of it not yet given to sim_hot: each is looked at
    bool batch_timeless;          // ... and its turns take no time
    // --- the funnel ---
    std::int64_t fuel_granted;
    bool fuel_recorded;  // the fuel came from a pick, so its use is part of the picks
    bool go;             // the CPU `cpu` may make its step
    bool ended;
    bool pausing;
    EndReason end_reason;
    std::uint64_t pause_at;
    std::uint64_t look_at;  // the step at which a limit of steps or the pause is due
    PickRun run;            // the run of equal picks being extended
    std::uint32_t runs;     // complete runs in the pick log
    std::uint64_t picks;    // all picks made
    std::uint64_t diverged_at;
    unsigned leaps_left;
    unsigned spurious_left;         // wake-ups of halted CPUs
    std::uint32_t families_chosen;  // of the injections with several points, in order
    // --- script ---
    std::uint32_t script_next;
    std::uint32_t script_steps;  // of the current command
    bool script_met;
    bool script_failed;
    // --- behind the rest of the inner part, as many as there are; see seal() ---
    InjectionState* injections;  // [injection]
    std::uint16_t* owner_cpu;    // [lock] kNobody or cpu; if an injection is aimed at a role
    // --- the rest ---
    unsigned cpus;
    unsigned tasks;
    unsigned oracles;
    std::uint32_t ready_counter;
    std::uint64_t user_top, inner_top;
    std::uint32_t findings;
    std::uint32_t findings_total;
    Scheduler* scheduler;
    TimedClock* timed;  // clock mode timed; else nullptr
};
static_assert(std::is_trivially_copyable_v<State>);

// The options of one step. A CPU is run, gives up or is idle, and may be preempted besides.
class OptionList {
  public:
    void clear() {
        count_ = 0;
        runs_ = 0;
    }
    // Every CPU is added or left out once, in order; then runs() and run_of() know about it.
    void add_run_of(unsigned cpu) {
        run_of_[cpu] = count_;
        ++runs_;
        add(Option::Kind::run, cpu, 0);
    }
    void leave_out(unsigned cpu) { run_of_[cpu] = ~std::uint32_t{0}; }
    void add(Option::Kind kind, unsigned cpu, unsigned argument) {
        options_[count_++] = {kind, static_cast<CpuId>(cpu), static_cast<std::uint16_t>(argument)};
    }
    // Leaves only "run `cpu`", if it is there.
    void keep_run_of(CpuId cpu) {
        const bool there = run_of_[cpu] < count_;
        clear();
        if (there) add_run_of(cpu);
    }
    std::uint32_t runs() const { return runs_; }
    // Index of "run `cpu`", or size().
    std::uint32_t run_of(CpuId cpu) const { return std::min(run_of_[cpu], count_); }
    bool empty() const { return count_ == 0; }
    std::uint32_t size() const { return count_; }
    const Option* data() const { return options_; }
    const Option& operator[](std::uint32_t i) const { return options_[i]; }

  private:
    std::uint32_t count_ = 0;
    std::uint32_t runs_ = 0;
    std::uint32_t run_of_[kCpusMax] = {};
    Option options_[2 * kCpusMax + kInjectionsMax + 256];  // or the points of one injection
};

constexpr unsigned kOraclesMax = 16;
constexpr unsigned kObjectKinds = 5;

// Who is told of one kind of event: oracles in the order of the registry, then shared folds.
struct Listeners {
    std::uint32_t count = 0;
    std::uint32_t changed = 0;  // bit = number in host().oracles of one that remembers something
    Oracle* oracles[kOraclesMax] = {};
};

using PickLog = std::vector<PickRun, MappedAllocator<PickRun>>;

// What an oracle takes up, with what it remembers of CPUs and locks.
struct OracleRoom {
    std::size_t size = 0;
    bool stateless = false;
    const OracleEntry* fold = nullptr;  // it is the one that oracles share under this entry
};

// Outside the arena: what does not change between seal() and the end of the campaign, and the
// log of picks, which is addressed by a length kept inside.
struct Host {
    MachineConfig config;
    ConstantVector<Object> objects;
    ConstantVector<std::uint16_t> object_at_granule;  // per 8 bytes of the user part
    struct Template {
        std::uint64_t begin, size;
        std::uint64_t copies, stride;  // CPU c's copy is at copies + c * stride
    };
    ConstantVector<Template> templates;
    struct Range {
        void* begin;
        std::size_t size;
    };
    ConstantVector<Range> static_data;
    ConstantVector<Injection> injections;
    ConstantVector<ScriptCommand> script;
    ConstantVector<Oracle*> oracles;
    ConstantVector<Oracle*> optional_oracles;  // those of them that may be unable to judge
    ConstantVector<OracleRoom> oracle_rooms;
    Listeners listeners[64];                  // by EventKind, but for loads and stores
    Listeners load_listeners[kObjectKinds];   // by ObjectKind
    Listeners store_listeners[kObjectKinds];  // by ObjectKind
    std::uint64_t interest = 0;               // event_bit()s anybody wants; see State::interest
    std::uint64_t steering_interest = 0;      // those that triggers, roles or the script want
    OracleSetup setup;
    Checkpoint boot_image;
    unsigned owner_locks = 0;       // those whose owner an injection may be aimed at
    std::uint64_t machine_top = 0;  // end of the inner part without the scheduler
    PickLog pick_log;
    OptionList options;
    TimeNs horizon =
        0;  // clock mode timed: before it nobody but the running CPU has a step to make
    bool options_fresh = false;    // they are those of the next step too, unless a limit is reached
    bool steered_by_step = false;  // roles or step triggers: the options may change at any step
    TraceSink* trace = nullptr;
    const SchedulerEntry* scheduler = nullptr;
    bool sealed = false;
    ChainRules chain;  // what executions are to know of the steps a search would not ask about
    bool may_chain = false;             // nothing that steers an execution counts single steps
    bool own_memory_is_shared = false;  // a CPU has looked at what was taken for another's own
    std::vector<const sim_site*> places_to_ask;  // see ChainRules
    bool unasked = false;                // the option that is taken is one nobody was asked about
    bool own_step = false;               // ... and the step being made is that one
    const sim_site* own_last = nullptr;  // the step that was left out last, since anybody was asked
    unsigned chain_length = 0;           // steps since anybody was asked
    // Of the node count in a CPU's queue nodes, which nobody but that CPU touches; -1: none.
    std::int64_t count_offset = -1;
    bool hash_ends = true;
    std::function<bool(const Finding&)> stops_at;      // or empty
    std::function<void(TimeNs, const char*)> console;  // or empty
    ConstantVector<Tolerated> tolerated;
    ConstantVector<std::uint16_t> outside;  // objects that do not lie in the arena
    Range watched{};                        // static data whose plain accesses are steps
    Memory* memory = nullptr;               // nullptr: sc, done inline
    std::vector<std::string> names;
    Parts parts;  // of a search: what changed since it last looked
};

// The compiler is not to know that the base is a constant: it would spell out the eight bytes of
// each member's address instead of keeping one register.
inline std::byte* arena_base() {
    std::uint64_t base = arena::kBase;
    __asm__("" : "+r"(base));
    return reinterpret_cast<std::byte*>(base);
}
inline sim_hot& hot() {
    return *reinterpret_cast<sim_hot*>(arena_base());
}
constexpr std::size_t kStateOffset = 64;
inline State& state() {
    return *reinterpret_cast<State*>(arena_base() + kStateOffset);
}
constexpr std::size_t kCpusOffset = kStateOffset + ((sizeof(State) + 63) / 64) * 64;
constexpr std::uint64_t kCpusAt = arena::kBase + kCpusOffset;
inline CpuState& cpu_state(unsigned cpu) {
    return reinterpret_cast<CpuState*>(arena_base() + kCpusOffset)[cpu];
}
// Tasks and findings lie at the end of the inner part, so that only those in use are copied.
constexpr std::uint64_t kTasksAt = arena::kUser - sizeof(TaskSlot) * kTasksMax;
constexpr std::uint64_t kFindingsAt = kTasksAt - sizeof(Finding) * kFindingsMax;
inline TaskSlot& task_slot(unsigned task) {
    return reinterpret_cast<TaskSlot*>(kTasksAt)[task];
}
inline Finding& finding_slot(unsigned i) {
    return reinterpret_cast<Finding*>(kFindingsAt)[i];
}
inline CpuState& this_cpu_state() {
    return cpu_state(state().cpu);
}
// One machine per process: a plain object, because every access looks at it.
extern Host the_host;
inline Host& host() {
    return the_host;
}

// Marks for a search; without one they cost a look at a flag that is near anyway.
inline void mark_cpu(unsigned cpu) {
    if (the_host.parts.on) the_host.parts.marked.add(1 + cpu);
}
inline void mark_task(unsigned task) {
    if (the_host.parts.on) the_host.parts.marked.add(the_host.parts.tasks_at + task);
}
inline void mark_findings() {
    if (the_host.parts.on) the_host.parts.marked.add(the_host.parts.findings_at);
}
inline void mark_oracles(std::uint32_t numbers) {
    if (the_host.parts.on) the_host.parts.marked.add(the_host.parts.oracles_at, numbers);
}
inline void mark_user(std::uint64_t address) {
    const Parts& all = the_host.parts;
    if (!all.on || address < arena::kUser || address >= all.user_end) return;
    const auto block = static_cast<unsigned>((address - arena::kUser) >> all.block_shift);
    the_host.parts.marked.add(all.user_at + block);
}

}  // namespace lockstep
