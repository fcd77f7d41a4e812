// Waits: who held what and who waited for whom, folded from the events of one execution. It finds
// the reason of every error a lock returned; oracles judge, this only explains.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/recording.h"

namespace lockstep {

// A context that can hold and wait: a task, or the handler at that depth of a CPU.
struct Actor {
    CpuId cpu = 0;
    Context context = Context::task;
    std::uint8_t depth = 0;
    std::uint16_t task = 0;  // of a task; 0 for handlers
    friend bool operator==(const Actor& a, const Actor& b) {
        return a.cpu == b.cpu && a.depth == b.depth && (a.depth != 0 || a.task == b.task);
    }
};

// `waiter` waits for `lock`, which `owner` holds. If `interrupted_by` differs from the owner, the
// owner cannot go on before that handler of its CPU returns.
struct WaitLink {
    Actor waiter;
    LockId lock = kNoLock;
    Actor owner;
    Actor interrupted_by;
};

struct WaitChain {
    std::vector<WaitLink> links;
    bool cycle = false;  // the last owner (or who interrupts it) is the first waiter
};

enum class WaitRole : std::uint8_t { fast, pending, queued, head, test_and_set };

struct Attempt {
    Actor who;
    LockId lock = kNoLock;
    bool trylock = false;
    bool ended = false;
    std::int64_t ret = 0;
    WaitRole role = WaitRole::fast;  // the last one it had
    std::size_t begin = 0, end = 0;  // indices into Recording::events
    TimeNs begin_time = 0, end_time = 0;
    WaitChain chain;    // a cycle it was in, else what it waited for when it ended
    std::string cause;  // the owner at the end is not waiting: who and what it does
};

struct Waits {
    std::vector<Attempt> attempts;  // in the order they began
    // Index into `attempts` of the attempt that begins or ends at that event; -1 if none.
    std::vector<std::int32_t> attempt_at;
};

Waits fold_waits(const Recording& recording);
// Event `at` is the point where a waiter has set the pending bit, and another had set it before.
bool found_pending_set(const Recording& recording, std::size_t at);
// The role of a waiter that had role `now` and has reached `point`.
WaitRole role_after(PointId point, WaitRole now);

std::string actor_text(const Actor& actor);
const char* wait_role_text(WaitRole role);
// Why an attempt failed, or what an unfinished one waits for, in one sentence without a full stop:
// "ABBA: CPU0 task holds A and wants B, CPU1 task holds B and wants A". Empty after a success.
std::string explain_attempt(const Recording& recording, const Attempt& attempt);
// "CPU0 task --wants--> B --held by--> CPU1 task --wants--> A --held by--> CPU0 task"
std::string chain_text(const Recording& recording, const WaitChain& chain);

}  // namespace lockstep
