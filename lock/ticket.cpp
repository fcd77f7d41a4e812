// ticket: the bakery's lock. Take the next ticket, wait until it is called. First come, first
// served; all waiters look at the same word.
//
//     u32 val =  next ticket (high half)  |  ticket now served (low half)
//
//     (2,2) free ── A takes 2 ──► (3,2) A owns ── B takes 3 ──► (4,2) B waits
//                                                 A serves 3 ──► (4,3) B owns
#include "lock/operations.h"
#include "lock/port.h"
#include "lock/word.h"

namespace lockstep {

namespace {

union TicketWord {
    Atomic<std::uint32_t> val;
    struct {
        Atomic<std::uint16_t> served, next;
    } half;
};
static_assert(sizeof(TicketWord) == 4);

constexpr std::uint32_t kOneTicket = 1u << 16;

struct Ticket {
    using Word = TicketWord;

    static void init(Word* lock) { WRITE_ONCE(lock->val, 0); }

    // (n,s) -> (n+1,s), then wait for s == n.
    static int acquire(Word* lock) {
        const std::uint32_t before = atomic_fetch_add(kOneTicket, &lock->val);
        const auto mine = static_cast<std::uint16_t>(before >> 16);
        if (static_cast<std::uint16_t>(before) != mine)
            smp_cond_load_acquire(&lock->half.served, VAL == mine);
        return 0;
    }

    // (n,n) -> (n+1,n), and only then: a ticket once taken cannot be given back.
    static int trylock(Word* lock) {
        std::uint32_t seen = READ_ONCE(lock->val);
        if (seen >> 16 != (seen & 0xffff)) return kBusy;
        return atomic_try_cmpxchg_acquire(&lock->val, &seen, seen + kOneTicket) ? 0 : kBusy;
    }

    // (*,s) -> (*,s+1). Only the owner writes this half, so no atomic addition is needed.
    static void release(Word* lock) {
        const std::uint16_t served = READ_ONCE(lock->half.served);
        smp_store_release(&lock->half.served, static_cast<std::uint16_t>(served + 1));
    }
};

}  // namespace

Port ticket_port() {
    Port port;
    port.name = "ticket";
    port.lock_class = "ticket";
    port.summary = "ticket lock: first come, first served, all waiters look at one word";
    port.version = "built in";
    port.arch = "generic";
    port.config = "ticket";
    port.features = {"fifo"};
    port.lock_size = sizeof(Ticket::Word);
    port.lock_alignment = alignof(Ticket::Word);
    port.facts.word.shape = WordLayout::Shape::ticket;
    port.facts.word.locked_mask = 0x0000ffff;
    port.facts.word.tail_mask = 0xffff0000;
    port.facts.fifo = true;
    port.operations = operations_of<Ticket>();
    return port;
}

}  // namespace lockstep
