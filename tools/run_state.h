// Run state: what everything is after a step of a recording, folded from the events up to there:
// lock words, queue nodes, held tables, and where each context of each CPU stands.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tools/held_tables.h"
#include "tools/recording.h"

namespace lockstep {

class RunState {
  public:
    explicit RunState(const Recording& recording);
    void on_event(const Event& event);

    std::string word_line(LockId lock) const;  // "A = (cpu1.0,0,1)  0x00080001"
    // Who holds what, and each table of held locks that is not empty.
    std::vector<std::string> held_lines() const;
    // Each lock's word, and the nodes behind its tail from the head on.
    std::vector<std::string> queue_lines() const;
    // The contexts of a CPU, innermost first, with the places they stand at.
    std::vector<std::string> backtrace_lines(CpuId cpu) const;
    TimeNs time() const { return time_; }

  private:
    struct Frame {
        Context context = Context::task;
        bool live = false, parked = false;
        std::string name;       // of the program
        std::string doing;      // "res_spin_lock(A) since step 12"
        std::string statement;  // of the scenario's body
        std::string last;       // the call or label it has come from
        Event inside;           // the last one with a place inside the lock
        bool has_inside = false;
        std::vector<LockId> holds;
    };
    struct Node {
        std::uint64_t next = 0;
        std::uint32_t locked = 0;
    };
    using NodeKey = std::pair<CpuId, std::uint32_t>;  // CPU, index
    Frame& frame(const Event& event) { return frames_[event.cpu][event.depth % kContextsMax]; }
    void enter(const Event& event);
    void note_call(const Event& event);
    void note_place(const Event& event);
    void note_store(const Event& event);
    const LockFacts* node_facts() const;
    NodeKey node_at(std::uint64_t address) const;
    std::vector<NodeKey> queue_of(LockId lock) const;
    std::string queue_text(LockId lock) const;

    const Recording& recording_;
    HeldTables tables_;
    std::vector<std::uint32_t> words_;  // index = LockId
    std::map<NodeKey, Node> nodes_;
    std::array<std::array<Frame, kContextsMax>, kCpusMax> frames_{};
    std::array<bool, kCpusMax> stalled_{};
    TimeNs time_ = 0;
    std::string handler_;  // of the injection that has just fired
};

}  // namespace lockstep
