// Machine slots: what can be seen of the machine and its locks, as a flat list of named values, and
// what each event changes in it. The report stores changes only, and puts states together again.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/recording.h"
#include "tools/waits.h"

namespace lockstep {

// `kind` says what `a` and `b` are and what its values look like:
//   word, lock          uint32           owner, lock         cpu * 4 + depth, or -1
//   stack, cpu          "tn" (letters of the contexts)       park, cpu   "spins on A", or ""
//   held, cpu           [lock, ...]; -1 is NULL, -2 is no lock
//   nodes, cpu          count            mine, cpu, depth    index of its node, or -1
//   next, cpu, index    cpu * 4 + index, or -1               flag, cpu, index  the node's locked
//   wants, cpu, depth   lock, or -1      role, cpu, depth    "queued", or ""
struct MachineSlot {
    std::string kind;
    unsigned a = 0, b = 0;
    nlohmann::ordered_json value;
};

class MachineSlots {
  public:
    explicit MachineSlots(const Recording& recording);
    // Follows the event; the answer is [slot, value, slot, value, ...] of what changed by it.
    nlohmann::ordered_json take(const Event& event);
    const std::vector<MachineSlot>& slots() const { return slots_; }

  private:
    std::size_t add(const char* kind, unsigned a, unsigned b, nlohmann::ordered_json value);
    void set(std::size_t slot, nlohmann::ordered_json value);
    void take_word(const Event& event);
    void take_store(const Event& event);
    void take_held(const Event& event);
    void take_node(const Event& event);
    void take_context(const Event& event);
    void take_call(const Event& event);
    int node_at(std::uint64_t address) const;
    int lock_at(std::uint64_t address) const;

    struct Cpu {
        std::size_t stack = 0, park = 0, held = 0, nodes = 0;
        std::array<std::size_t, kContextsMax> mine{}, next{}, flag{}, wants{}, role{};
        std::string contexts;
        std::array<std::string, kContextsMax> parked;
        std::uint32_t held_count = 0;
        std::vector<int> entries;
        std::array<std::uint8_t, kContextsMax> wait_role{};
        std::array<bool, kContextsMax> found_pending{};  // by its last access to a lock word
    };
    void set_role(Cpu& cpu, unsigned depth, WaitRole role);
    void set_park(const Cpu& cpu);

    const Recording& recording_;
    HeldTableLayout table_;
    QueueNodeLayout node_;
    std::vector<MachineSlot> slots_;
    std::vector<std::size_t> words_, owners_;
    std::vector<Cpu> cpus_;
    nlohmann::ordered_json changes_;
};

}  // namespace lockstep
