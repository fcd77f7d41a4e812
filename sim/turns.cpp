// Turns of a native spin that need not be made.
//
// While a spin is taken forward natively no memory changes but its own stack, so a turn is a
// function of what the context keeps in registers and on the stack. If one turn changed nothing,
// all that follow are like it. If two changed nothing but a counter by one, and the lock is known
// to count its turns in 16 bits and to look at the count only when it wraps, the turns up to there
// are like them: the counter is moved on instead. A lock that looks at the clock every 65,536 turns
// would otherwise make them all, and they are nine tenths of the time of a deadlock's end.
#include <algorithm>
#include <array>
#include <cstring>

#include "sim/arena.h"
#include "sim/internal.h"

namespace lockstep {

#if defined(__x86_64__) && !defined(LOCKSTEP_SANITIZE)

// At the end of a turn, as if called by the lock's code: calls lockstep_look() with the address
// from which on the stack holds all that the context keeps, callee-saved registers first.
extern "C" void lockstep_made_turn();
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".type lockstep_made_turn, @function\n"
    "lockstep_made_turn:\n"
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq %rsp, %rdi\n"
    "    subq $8, %rsp\n"
    "    call lockstep_look\n"
    "    addq $8, %rsp\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    ".size lockstep_made_turn, . - lockstep_made_turn\n");

namespace {

constexpr std::size_t kLiveMax = 4096;   // bytes; of a deeper stack every turn is made
constexpr unsigned kCountersMax = 4;     // copies of the count, in memory and registers
constexpr std::uint64_t kWorthIt = 64;   // turns
constexpr std::uint16_t kLast = 0xfffe;  // the turn in which the count wraps is made

// What the turn before left. Only of use inside one batch: no part of the machine's state.
struct Seen {
    unsigned turns = 0;  // 0: nothing
    std::size_t size = 0;
    unsigned counters = 0;
    std::array<std::uint16_t, kCountersMax> counter_at{};  // in halfwords
    alignas(64) std::array<std::byte, kLiveMax> bytes{};
};
Seen seen;

std::uint16_t halfword(const std::byte* bytes, std::size_t at) {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes + 2 * at, sizeof value);
    return value;
}

enum class Outcome : std::uint8_t { look_on, go_on, skip };

// Compares with the turn before. Every difference must be a counter that has moved by one, the same
// ones in each turn.
bool find_counters(const std::byte* live, std::array<std::uint16_t, kCountersMax>& found,
                   unsigned& count) {
    count = 0;
    for (std::size_t word = 0; word < seen.size; word += 8) {
        if (std::memcmp(live + word, seen.bytes.data() + word, 8) == 0) continue;
        for (std::size_t at = word / 2; at < word / 2 + 4; ++at) {
            const std::uint16_t before = halfword(seen.bytes.data(), at), now = halfword(live, at);
            if (before == now) continue;
            if (now != before + 1 || count == kCountersMax) return false;
            found[count++] = static_cast<std::uint16_t>(at);
        }
    }
    return true;
}

Outcome compare(const std::byte* live, std::size_t size) {
    const bool first = seen.turns == 0;
    if (size > kLiveMax || (!first && size != seen.size)) return Outcome::go_on;
    std::array<std::uint16_t, kCountersMax> found{};
    unsigned count = 0;
    if (!first) {
        if (!find_counters(live, found, count)) return Outcome::go_on;
        const bool same = count == seen.counters && found == seen.counter_at;
        seen.counter_at = found;
        seen.counters = count;
        if (count == 0 || (seen.turns > 1 && same)) return Outcome::skip;
        if (seen.turns > 1 || host().config.turns != Turns::in_u16) return Outcome::go_on;
    }
    std::memcpy(seen.bytes.data(), live, size);
    seen.size = size;
    ++seen.turns;
    return Outcome::look_on;
}

// As many of the turns left as all counters have room for.
void skip(std::byte* live) {
    State& m = state();
    std::uint64_t turns = m.batch_held;
    for (unsigned i = 0; i < seen.counters; ++i) {
        const std::uint16_t value = halfword(live, seen.counter_at[i]);
        turns = std::min<std::uint64_t>(turns, value < kLast ? kLast - value : 0);
    }
    for (unsigned i = 0; i < seen.counters; ++i) {
        const auto value = static_cast<std::uint16_t>(halfword(live, seen.counter_at[i]) + turns);
        std::memcpy(live + 2 * seen.counter_at[i], &value, sizeof value);
    }
    m.batch_held -= turns;
}

}  // namespace

extern "C" void lockstep_look(std::byte* live) {
    const CleanExit clean;
    State& m = state();
    --m.batch_held;
    const auto size = static_cast<std::size_t>(arena::stack_of(m.fiber).top - live);
    const Outcome outcome = compare(live, size);
    if (outcome == Outcome::look_on) return;
    if (outcome == Outcome::skip) skip(live);
    hot().spin_left = static_cast<std::int64_t>(m.batch_held);
    m.batch_held = 0;
}

void give_turns(std::uint64_t turns) {
    const bool look_first = host().config.turns != Turns::made && turns >= kWorthIt;
    state().batch_held = look_first ? turns : 0;
    hot().spin_left = look_first ? 0 : static_cast<std::int64_t>(turns);
    seen.turns = seen.counters = 0;
}

void made_turn() {
    lockstep_made_turn();
}

#else

void give_turns(std::uint64_t turns) {
    hot().spin_left = static_cast<std::int64_t>(turns);
}
void made_turn() {}

#endif

}  // namespace lockstep
