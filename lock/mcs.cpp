// mcs: the queue lock of Mellor-Crummey and Scott (1991). The lock is a pointer to the last waiter;
// every waiter looks at its own node only, so a hand-over disturbs one CPU and not all of them.
//
//     lock ────────────────┐           A owns, B and C wait:
//                          ▼             acquire: make yourself the tail, link behind the old one
//     A.next ─► B.next ─►  C             release: tell your successor; if you are the tail,
//     (owner)   looks at   looks at               put NULL back
//               B.granted  C.granted
//
// Each CPU has a stack of nodes: an interrupt, or a second lock, takes the next one up.
// REQUIRES: locks are released in the opposite order of their acquisition, as the node to give
// back is simply the top one.
#include "lock/mcs_node.h"
#include "lock/operations.h"
#include "lock/per_cpu.h"
#include "lock/port.h"
#include "lock/word.h"

namespace lockstep {

namespace {

// Four contexts with up to eight locks each.
constexpr int kMcsNodes = 32;

struct McsNodeStack {
    McsNode nodes[kMcsNodes];  // how many are in use stands in the first one
};

PerCpu<McsNodeStack> mcs_nodes;

struct Mcs {
    using Word = Atomic<McsNode*>;

    static void init(Word* lock) { WRITE_ONCE(*lock, nullptr); }

    static McsNode* push_node() {
        const int top = this_cpu_inc_return(mcs_nodes->nodes[0].count);
        if (top > kMcsNodes) sim_bug(SIM_SITE("more nested mcs locks than nodes"));
        McsNode* node = &mcs_nodes.this_cpu()->nodes[top - 1];
        WRITE_ONCE(node->granted, 0);
        WRITE_ONCE(node->next, nullptr);
        return node;
    }

    static int acquire(Word* lock) {
        McsNode* node = push_node();
        McsNode* prev = xchg(lock, node);
        if (prev != nullptr) {
            WRITE_ONCE(prev->next, node);
            smp_cond_load_acquire(&node->granted, VAL != 0);
        }
        return 0;
    }

    static int trylock(Word* lock) {
        McsNode* node = push_node();
        McsNode* nobody = nullptr;
        if (atomic_try_cmpxchg_acquire(lock, &nobody, node)) return 0;
        this_cpu_dec(mcs_nodes->nodes[0].count);
        return kBusy;
    }

    static void release(Word* lock) {
        McsNode* first = &mcs_nodes.this_cpu()->nodes[0];
        McsNode* node = first + (READ_ONCE(first->count) - 1);
        McsNode* next = READ_ONCE(node->next);
        McsNode* tail = node;
        const bool alone = next == nullptr && atomic_try_cmpxchg_release(lock, &tail, nullptr);
        if (!alone) {
            // Somebody made itself the tail and is about to link itself behind us.
            if (next == nullptr) next = smp_cond_load_relaxed(&node->next, VAL != nullptr);
            smp_store_release(&next->granted, 1);
        }
        this_cpu_dec(mcs_nodes->nodes[0].count);
    }
};

}  // namespace

Port mcs_port() {
    Port port;
    port.name = "mcs";
    port.lock_class = "mcs";
    port.summary = "MCS queue lock: every waiter looks at its own node";
    port.version = "built in";
    port.arch = "generic";
    port.config = "queued";
    port.features = {"queued", "fifo"};
    port.lock_size = sizeof(Mcs::Word);
    port.lock_alignment = alignof(Mcs::Word);
    port.facts.word.shape = WordLayout::Shape::opaque;
    // An owner keeps its node until it releases the lock; the other queue locks have given it back
    // by then. So no nodes are promised to be free after an acquire: 0 of them.
    port.facts.nodes = mcs_node_layout(0);
    port.facts.fifo = true;
    port.operations = operations_of<Mcs>();
    mcs_nodes.install(port, PerCpuObject::Kind::queue_nodes, "mcs_nodes");
    return port;
}

}  // namespace lockstep
