// Recording: every event of one execution, kept so that it can be drawn. Copies all names, since
// the machine forgets them when it is configured again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/scenario.h"
#include "sim/event.h"
#include "sim/facts.h"
#include "sim/machine.h"

namespace lockstep {

// A named memory range of the machine, as sim/machine.h has it, with a name of its own.
struct Place {
    std::uint64_t address = 0;
    std::uint32_t size = 0;
    ObjectKind kind = ObjectKind::other;
    CpuId cpu = 0;
    LockId lock = kNoLock;
    std::string name;
};

struct LabelName {
    std::string program;
    std::string label;
};

struct Recording {
    std::vector<Event> events;                     // `text` points into `texts`
    std::vector<Place> places;                     // index = Event::object
    std::vector<std::string> locks;                // names, index = LockId
    std::vector<LockFacts> facts;                  // index = LockId
    std::vector<std::string> injections;           // "nmi handler", index = injection
    std::vector<std::vector<std::string>> labels;  // [program][label]
    std::vector<std::string> programs;             // names, index = Event label program
    std::vector<std::string> tasks;                // program names, index = TaskId
    std::vector<Finding> findings;
    std::size_t told = 0;  // index of the finding to explain: the first that is not allowed
    unsigned cpus = 1;
    std::uint64_t events_dropped = 0;                        // beyond the limit of the recorder
    std::function<std::string(std::uintptr_t)> describe_pc;  // of a plain access; may be empty
    std::deque<std::string> texts;

    std::string lock_name(LockId lock) const;
    const LockFacts* facts_of(LockId lock) const;
    const Place* place_at(std::uint64_t address) const;  // or nullptr
};

// A recording without events, with the names the scenario and the port give.
Recording name_recording(const Scenario& scenario, const Port& port);

class Recorder final : public TraceSink {
  public:
    static constexpr std::size_t kEventsMax = 4'000'000;
    explicit Recorder(Recording& into) : into_(into) {}
    void on_event(const Event& event) override;

  private:
    void copy_places();
    Recording& into_;
    bool named_ = false;
};

}  // namespace lockstep
