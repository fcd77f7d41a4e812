// Explorer: depth-first search over all that can happen, by snapshot and restore.
//
//   boot ─► state ─► state ─► end        every state is expanded once, whoever reaches it first:
//             └────► state ─► (known)    Client::fresh() decides what is new
//
// A state is the machine at a point with a choice. Its identity is a hash of the live bytes
// (sim/parts.h); how it was reached, in steps and picks, is no part of it. Where a bound on
// preemptions is set, the number used and the CPU that moved last are. The path to a state is the
// list of options taken; the ordinary mode replays it with the scheduler `guided`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/machine.h"
#include "sim/parts.h"
#include "sim/scheduler.h"

namespace lockstep {

using Path = std::vector<Option>;

struct ExploreBounds {
    std::optional<std::uint32_t> preemptions;  // unset: unbounded
    std::optional<std::uint32_t> injections;   // of all injections together; unset: their budgets
    bool symmetry = false;                     // of CPUs that may be exchanged, one is enough
    bool every_step = false;                   // no step is left out: interrupts strike everywhere
    bool own_memory = true;                    // see ChainRules
    bool reexecute = false;  // go back by running from boot again, instead of by restoring bytes
    bool verify = false;     // hash everything after every transition and compare
    std::uint32_t depth_max = 1'000'000;
    std::uint64_t path_bytes_max = std::uint64_t{512} << 20;  // for going back along a path
    bool one_level = false;              // only the options of the state it begins at
    std::vector<const sim_site*> asked;  // see ChainRules
    ChainRules chain_rules() const;
};

// A state not yet done with: the path that leads there, and which of its options are left.
struct Unexplored {
    Path path;
    std::uint64_t options = 0;  // bit = index
};

struct ExploreCounts {
    std::uint64_t states = 0;       // distinct ones found here, ends among them
    std::uint64_t transitions = 0;  // options taken
    std::uint64_t ends = 0;         // distinct ends of executions
    std::uint64_t depth_max = 0;    // choices on the longest path
    std::uint64_t truncated = 0;    // paths cut by a limit of steps, virtual time or length
    std::uint64_t unjudged = 0;     // of these, the ones that came to no end a client was told of
    void add(const ExploreCounts& other);
};

class Explorer {
  public:
    class Client {
      public:
        // The state or end with this hash: true the first time anybody asks.
        virtual bool fresh(std::uint64_t hash) = 0;
        // That will be asked about this one soon: whoever looks it up in memory may begin.
        virtual void expect(std::uint64_t) {}
        // A new end. Machine and oracles are as they ended.
        virtual void on_end(const ExecutionResult& result) = 0;
        // A finding was made in the last transition. True: go on below this state.
        virtual bool on_finding(const ExecutionResult& result) = 0;

      protected:
        ~Client() = default;
    };

    Explorer(const ExploreBounds& bounds, Client& client);

    void begin();                      // with the boot image
    void begin(const Unexplored& at);  // there; REQUIRES: nothing is left here
    bool done() const { return frames_.empty(); }
    void advance();     // takes one option and sees where it leads; REQUIRES: not done
    Path path() const;  // to where the machine is now
    // Gives away half of what is left at the shallowest state that has more than one option left.
    bool donate(Unexplored& to);
    // All that is left, for somebody else or another day; at most so many. Each has a path of its
    // own, so that all of a deep search are as much as the square of its depth.
    std::vector<Unexplored> unexplored(std::size_t most = ~std::size_t{0}) const;
    const ExploreCounts& counts() const { return counts_; }
    // To an end, or to a state that the search does not go on below: CPUs move at random, and
    // nothing else happens as long as one can. REQUIRES: done().
    Path random_path(std::uint64_t seed);
    // Whoever used the machine for something else since advance() says so.
    void disturbed();
    std::uint64_t bytes_used() const;                     // for going back: taken from the system
    void append_state(std::vector<std::byte>& to) const;  // as it is now, as bytes

  private:
    struct Frame {
        std::uint64_t hash;       // of the parts
        std::uint64_t remaining;  // bit = index of an option not yet taken
        std::uint32_t options_at, options;
        std::uint32_t saved_at;  // where this frame's own bytes begin
        std::uint32_t preemptions;
        Option taken;
        CpuId cpu;    // that moved last
        PartSet own;  // parts saved here, because they differ from the frame below
    };
    struct Saved {  // precedes the bytes of a part
        std::uint64_t hash;
        std::uint32_t part;
        std::uint32_t size;
    };

    void arrive(std::uint32_t preemptions);
    void arrive_at_end();
    std::uint32_t follow(const Path& path);
    void push(std::uint64_t hash, std::uint32_t preemptions, std::uint64_t allowed);
    void pop();
    void save_marked(Frame& frame);
    void return_to_top();
    void restore_part(unsigned part);
    void update_hash();
    std::uint64_t key(std::uint32_t preemptions) const;
    std::uint64_t allowed_options(std::uint32_t preemptions) const;
    Path path_to(std::size_t frame) const;
    void go_to_boot();
    void take(const Option& option);
    CpuId moved_last() const;
    bool path_is_full() const;
    void cut();

    ExploreBounds bounds_;
    Client& client_;
    ExploreCounts counts_;
    std::vector<Frame> frames_;
    std::vector<Option> options_;
    std::vector<std::byte> bytes_;  // of saved parts, frame after frame
    std::size_t bytes_top_ = 0;
    std::vector<std::uint32_t> latest_;  // [frame * parts + part]: where its bytes are
    std::vector<std::uint64_t> part_hash_;
    std::uint64_t hash_ = 0;  // sum over the parts
    PartSet changed_;         // parts of the machine that are not as at the top frame
    Path prefix_;             // from boot to the bottom frame
    bool at_top_ = false;     // the machine is at the top frame
    bool at_boot_ = false;    // no CPU has made a step
};

}  // namespace lockstep
