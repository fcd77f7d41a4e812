// The machine: CPUs with nested contexts, tasks, virtual time and memory, driven by a Scheduler.
//
// Use: configure() → allocate locks and tables, add tasks, injections, oracles → seal() → run()
// any number of times. All state is in the arena; run() starts by restoring the sealed boot image.
// One machine per process. Calls marked ON FIBER may only be made by simulated code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/constants.h"
#include "sim/event.h"
#include "sim/oracle.h"
#include "sim/scheduler.h"
#include "sim/types.h"

namespace lockstep {

enum class ClockMode : std::uint8_t { quiescent, stalls, timed };

constexpr const char* clock_name(ClockMode clock) {
    constexpr const char* kNames[] = {"quiescent", "stalls", "timed"};
    return kNames[static_cast<unsigned>(clock)];
}

constexpr unsigned kLeapsUnbounded = ~0U;

struct MachineConfig {
    unsigned cpus = 1;
    ClockMode clock = ClockMode::quiescent;
    // Clock mode stalls: budget of optional leaps per execution, or kLeapsUnbounded. How many are
    // left is part of a state where they are counted.
    unsigned leaps_max = 0;
    std::uint64_t spread_seed = 0;      // clock mode timed: varies costs a little; 0: not
    unsigned spurious_wakeups_max = 0;  // of halted CPUs, for no reason, per execution
    bool event_stream = true;           // a WFE is woken every 100 us
    std::string memory = "sc";
    std::vector<std::string> static_keys;  // enabled ones
    std::uint64_t steps_max = 2'000'000;
    TimeNs time_max = 60 * kNsPerSec;
    Turns turns = Turns::made;
};

// When an injection strikes. `any`: an option at every step; everything else: as soon as the
// trigger is met and the target CPU may be interrupted, and then nothing else can happen first.
struct Trigger {
    enum class Kind : std::uint8_t { any, step, label, point, script };
    Kind kind = Kind::any;
    std::uint64_t step = 0;
    std::uint16_t program = 0;  // label: reached by any task or handler running this program
    std::uint16_t label = 0;
    PointId points[8] = {};  // point: one execution family per point
    std::uint8_t point_count = 0;
    LockId lock = kNoLock;  // point: only at this lock
};

enum class Role : std::uint8_t { none, owner, pending, queue_head, queue_tail };

struct Injection {
    enum class Kind : std::uint8_t { softirq, hardirq, nmi, stall };
    Kind kind = Kind::nmi;
    CpuId cpu = 0;
    Role role = Role::none;  // if set, `cpu` is whoever has this role for `role_lock`
    LockId role_lock = kNoLock;
    void (*entry)(void* argument, CpuId cpu) = nullptr;  // the handler; none for a stall
    void* argument = nullptr;
    TimeNs duration = 0;  // stall
    Trigger at;
    std::uint32_t times = 1;
};

// One command of a scenario's script; while the script lasts, it leaves the scheduler no choice.
struct ScriptCommand {
    enum class Verb : std::uint8_t { run, inject, leap };
    enum class Until : std::uint8_t {
        none,    // run: one step
        holds,   // the CPU's top context owns `lock`
        point,   // it reached `point` (of `lock`, if given)
        label,   // it reached `program`/`label`
        waits,   // it is parked
        steps,   // `count` steps made
        exited,  // its task ended
    };
    Verb verb = Verb::run;
    CpuId cpu = 0;
    Until until = Until::none;
    LockId lock = kNoLock;
    PointId point = 0;
    std::uint16_t program = 0, label = 0;
    std::uint32_t count = 0;  // steps; inject: injection index
    TimeNs duration = 0;      // leap
    std::uint32_t line = 0;   // of the scenario file, for messages
};

struct Tolerated {
    std::string oracle, word;
    std::uint64_t count = 0;
};

class TraceSink {
  public:
    virtual void on_event(const Event& event) = 0;

  protected:
    ~TraceSink() = default;
};

struct ExecutionResult {
    EndReason reason = EndReason::finished;
    std::uint64_t steps = 0;
    TimeNs time = 0;
    std::uint64_t step_hash = 0;   // over all events; equal in every build
    std::uint64_t state_hash = 0;  // of the arena at the end (0 if paused or unwanted)
    std::vector<Finding> findings;
    std::uint32_t findings_total = 0;
    std::vector<NotJudged> not_judged;
    std::vector<PickRun> picks;
    std::vector<std::uint32_t> injections_fired;  // per injection, how often
    std::uint32_t script_done = 0;  // script commands completed; script stuck if fewer than given
    bool paused = false;            // stopped by pause_at, not ended
    std::uint64_t diverged_at = 0;  // replay only: 1 + number of the first pick that did not fit
};

// A named range in the arena. Names are literals or owned by the machine's boot-time name pool.
struct Object {
    std::uint64_t address = 0;
    std::uint32_t size = 0;
    ObjectKind kind = ObjectKind::other;
    CpuId cpu = 0;
    LockId lock = kNoLock;
    const char* name = "";
};

// The bytes of a state, in whole cache lines: copies that straddle them take longer.
struct alignas(64) CheckpointLine {
    std::byte bytes[64];
};
using Checkpoint = std::vector<CheckpointLine>;

// Which steps are part of the one before them, because no other context can notice; see hub.cpp.
struct ChainRules {
    bool any = false;
    // An access of a CPU to its own table of held locks, before time has passed, and to its own
    // count of queue nodes. Not if others look there: hub::own_memory_is_shared().
    bool own_memory = true;
    bool at_once = true;  // also where a CPU came there while an interrupt could still strike
    // But for these places, after which something happened that others can see:
    // hub::places_to_ask().
    std::vector<const sim_site*> asked;
    std::uint32_t injections_max =
        ~std::uint32_t{0};  // no more than so many `at: any` will be made
};

class Machine {
  public:
    static Machine& instance();

    // --- before seal() ---------------------------------------------------------------------
    void configure(const MachineConfig& config);  // forgets everything
    // Zeroed arena memory. SIM_CHECKs that it fits.
    void* allocate(std::size_t size, std::size_t alignment);
    std::uint16_t add_object(const Object& object);
    // Gives every CPU a copy of [begin, begin + size), reached by sim_per_cpu(symbol, cpu).
    void map_per_cpu(const void* begin, std::size_t size);
    // Adds one object per CPU for the part of a mapped template at `symbol`.
    void add_per_cpu_object(const void* symbol, std::uint32_t size, ObjectKind kind,
                            const char* name);
    // Writable static data of a port, saved and restored with the arena.
    void map_static_data(void* begin, std::size_t size);
    // Plain accesses to this part of it are steps too, and locks may lie in it.
    void watch_static_data(void* begin, std::size_t size);
    // Who is told of each printk, with the time; on a fiber.
    // A finding that is a documented limit: counted apart and not kept among the others. For a
    // machine that runs one execution.
    void tolerate(const Tolerated& limit);
    const ConstantVector<Tolerated>& tolerated() const;
    void set_console(std::function<void(TimeNs, const char*)> console);
    TaskId add_task(CpuId cpu, void (*entry)(void* argument), void* argument, const char* name);
    void add_injection(const Injection& injection);
    void set_script(const std::vector<ScriptCommand>& script);
    // Before any oracle is added, if they are to know of locks. `cpus` is filled in.
    void set_oracle_setup(const OracleSetup& setup);
    void add_oracle(const OracleEntry& entry);
    // These CPUs run equal programs and get equal injections: a search asked to may take one for
    // another. Ordinary executions do not care.
    void set_alike(const std::vector<CpuId>& cpus);
    void seal();

    // --- between executions ----------------------------------------------------------------
    void set_scheduler(const SchedulerEntry& entry);
    void set_replay(const std::vector<PickRun>& picks);  // the replay scheduler follows these
    // The scheduler `follow` goes the way of a search with these rules; call this after
    // set_scheduler().
    void set_path(const std::vector<Option>& path, const ChainRules& rules);
    void set_trace(TraceSink* sink);  // or nullptr
    // Whether results say what the state hash was at the end, which costs time. At first: yes.
    void hash_ends(bool wanted);
    // Pauses executions at the first finding for which `wanted` is true; nullptr: none. Asked of
    // the findings that are kept.
    void stop_at(std::function<bool(const Finding&)> wanted);
    ExecutionResult run(std::uint64_t seed);
    // The same into a result that is used again, so that nothing is allocated.
    void run(std::uint64_t seed, ExecutionResult& result);
    // The first half of run(): a booted machine, before its first step.
    void boot(std::uint64_t seed);

    // --- checkpoints: a paused machine is bytes ----------------------------------------------
    // Paused at that step. Clears the stacks first, which costs more than a short execution, unless
    // the step is kNoPause.
    ExecutionResult run_until(std::uint64_t seed, std::uint64_t step);
    static constexpr std::uint64_t kNoPause = ~std::uint64_t{0};
    ExecutionResult resume(std::uint64_t until_step = kNoPause);
    void save(Checkpoint& into) const;
    void restore(const Checkpoint& from);
    // Of everything but the scheduler: equal histories give equal hashes, whoever picked.
    std::uint64_t state_hash() const;

    // --- ON FIBER: what scenario bodies need beyond sim/kernel.h ------------------------------
    void note_acquire_begin(LockId lock, bool trylock);
    void note_acquire_end(LockId lock, int ret);
    void note_release_begin(LockId lock);
    void note_release_end(LockId lock);
    void reach_label(std::uint16_t program, std::uint16_t label);  // a step
    // Parks until `holds(argument)`; it may read arena memory only, and is looked at after
    // every step.
    void wait_until(bool (*holds)(void*), void* argument);
    void local_irq_disable();
    void local_irq_enable();
    // Whoever writes to allocated memory itself, and not through sim/kernel.h, says so.
    void note_written(const void* begin, std::size_t size);
    // Clears what ended calls left below the caller's frame: for a search, equal situations must
    // leave equal bytes. Does nothing otherwise.
    void scrub_stack();
    // A search is made: what only a report wants to know must not be kept, or equal states differ.
    bool searched() const;
    // The hypervisor takes this CPU away for a while.
    void stall(CpuId cpu, TimeNs duration);
    CpuId this_cpu() const;
    Context this_context() const;
    std::uint8_t this_depth() const;

    // --- looking, at any time -----------------------------------------------------------------
    TimeNs now() const;
    std::uint64_t steps() const;
    const Object* object_at(std::uint64_t address) const;  // or nullptr
    const ConstantVector<Object>& objects() const;
    bool task_ended(TaskId task) const;
    std::uint32_t findings_until_now() const;  // of this execution, those not kept too
    // A finding of the runner itself (for example a failed expectation); as an oracle reports.
    FindingSink& findings();

  private:
    Machine() = default;
};

}  // namespace lockstep
