// Facts about a lock that oracles and traces need: how its word, its per-CPU table and its queue
// nodes are laid out, and what it promises. Plain data; a port describes itself with these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/types.h"

namespace lockstep {

// How the word of one lock is read. All masks are over the low 32 bits.
struct WordLayout {
    // owned: the word says which CPU owns the lock, and may have a tail besides.
    enum class Shape : std::uint8_t { opaque, test_and_set, queued, ticket, owned };
    Shape shape = Shape::opaque;
    std::uint32_t locked_mask = 0;
    std::uint32_t pending_mask = 0;
    std::uint32_t tail_mask = 0;
    std::uint8_t tail_index_shift = 0;  // 2-bit nesting index
    std::uint8_t tail_cpu_shift = 0;    // cpu + 1
    // queued: this value of the locked field says that the lock is owned and a waiter is halted.
    std::uint32_t slow_value = 0;
    std::uint32_t owner_mask = 0;  // owned: cpu + owner_bias
    std::uint8_t owner_shift = 0;
    std::uint8_t owner_bias = 0;
};

// The per-CPU table of held locks: offsets in bytes inside one held_table object.
struct HeldTableLayout {
    std::uint32_t count_offset = 0;  // int32
    std::uint32_t entries_offset = 0;
    std::uint32_t entry_size = 8;
    std::uint32_t entries = 0;  // 31; 0 = the port has no table
};

// The per-CPU MCS nodes: offsets in bytes inside one queue_node object (all nodes of a CPU).
struct QueueNodeLayout {
    std::uint32_t stride = 0;         // bytes from one node to the next
    std::uint32_t nodes = 0;          // 4; 0 = the port has no nodes
    std::uint32_t next_offset = 0;    // pointer
    std::uint32_t locked_offset = 0;  // int32
    std::uint32_t count_offset = 0;   // int32, of the object; in node 0 or outside the nodes
    std::uint32_t first_offset = 0;   // of node 0
};

// The documented bounds of a lock that returns instead of hanging; 0 = no such promise.
struct LockBounds {
    TimeNs check_interval = 0;  // between two looks at the clock
    TimeNs aa = 0;
    TimeNs abba = 0;
    TimeNs pending = 0;
    TimeNs head = 0;
    TimeNs test_and_set = 0;
};

// What is known of a lock's spin loops, for the turns that a native spin need not make; see
// sim/turns.cpp. Ordered: what is known of several locks is the least.
enum class Turns : std::uint8_t {
    made,      // nothing: all are made
    on_stack,  // what they keep is in registers and on the stack
    in_u16,    // ... and what they count they count up in 16 bits, and look at it when it wraps
};

struct LockFacts {
    std::string name;
    WordLayout word;
    HeldTableLayout held_table;
    QueueNodeLayout nodes;
    LockBounds bounds;
    Turns turns = Turns::made;
    bool resilient = false;               // may return -EDEADLK / -ETIMEDOUT
    bool queue_trylock_fallback = false;  // documented: an NMI inside a waiter may give up at once
    bool fifo = false;                    // serves in the order in which waiters got in line
    // Its machine makes every load an acquire and every store a release (x86), and it may rely
    // on that.
    bool total_store_order = false;
    std::uint64_t address = 0;  // of the lock word: what a held table or a tail refers to
};

// What an oracle may know before the first event.
struct OracleSetup {
    unsigned cpus = 0;
    std::vector<LockFacts> locks;  // index = LockId
    // Address of CPU c's first queue node: base + c * stride. Lets an oracle turn a `next`
    // pointer into (cpu, index). 0 = no nodes. The machine fills these in.
    std::uint64_t nodes_base = 0;
    std::uint64_t nodes_cpu_stride = 0;
    bool nodes_of_several_ports = false;  // then a tail does not say whose nodes it means
    bool clock_may_stall = false;         // clock mode `stalls`, or a stall is injected
};

}  // namespace lockstep
