// Scheduler: the one place where the future forks. The machine lists all options of a step in a
// fixed order and the scheduler returns an index. One file each in sim/schedulers/.
//
// Order of the options: run cpu 0..n-1 (its top context; a second task of a CPU that may be
// preempted directly after it); injections in scenario order; give-ups by cpu; leap. Where only
// injections are left, time may go on before them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/event.h"
#include "sim/types.h"

namespace lockstep {

struct Option {
    enum class Kind : std::uint8_t {
        run,      // the top context of `cpu` makes its step
        preempt,  // `cpu` switches to task `argument`
        inject,   // injection `argument` strikes `cpu`
        give_up,  // a bounded spin on `cpu` ends by itself, or its halt for no reason
        leap,     // time goes to the earliest deadline although someone can run (clock mode
                  // stalls); or, if argument is kBeforeInjections, an injection could strike
        family,   // at boot: injection `cpu` uses its point number `argument`
    };
    Kind kind = Kind::run;
    CpuId cpu = 0;
    std::uint16_t argument = 0;
    static constexpr std::uint16_t kBeforeInjections = 1;
    friend bool operator==(const Option&, const Option&) = default;
};

// The access a context is stopped in front of. address 0: none, or not known.
struct PendingAccess {
    std::uint64_t address = 0;
    std::uint8_t size = 0;
    bool write = false;
    ObjectKind object = ObjectKind::other;
};

struct Choices {
    const Option* options = nullptr;
    std::uint32_t count = 0;    // always >= 2: one option asks nobody
    std::uint32_t current = 0;  // index of "the running CPU goes on", or count if it cannot
    std::uint32_t runs = 0;     // how many of them are of kind `run`
    std::uint64_t step = 0;
    // The step that the running CPU is about to make is one a search makes without asking.
    bool chained = false;
    std::uint32_t unasked = 0;  // index of what a search takes without asking, or count
    // What the top context of a CPU that can run is about to do; nullptr: nobody can say.
    PendingAccess (*pending)(CpuId cpu) = nullptr;
};

struct Pick {
    std::uint32_t index = 0;
    // The scheduler wants the same index for this many further points, as long as the options
    // stay the same: the machine does not ask again before. Only with index == current.
    std::uint32_t repeat = 0;
};

// Lives in the arena like an oracle: trivially copyable state only.
class Scheduler {
  public:
    virtual const char* name() const = 0;
    virtual void begin(std::uint64_t seed) = 0;
    virtual Pick pick(const Choices& choices) = 0;

  protected:
    ~Scheduler() = default;
};

// One run of equal picks, as traces and tokens keep them.
struct PickRun {
    std::uint16_t index = 0;
    std::uint16_t bound = 0;
    std::uint32_t times = 0;
    friend bool operator==(const PickRun&, const PickRun&) = default;
};

// The registry (sim/schedulers/registry.cpp): one line per scheduler.
struct SchedulerEntry {
    const char* name;
    const char* summary;
    std::size_t size;
    std::size_t alignment;
    Scheduler* (*construct)(void* memory);
};
const std::vector<SchedulerEntry>& scheduler_registry();

}  // namespace lockstep
