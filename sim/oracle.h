// Oracle: one property of a lock, judged from events alone. One file each in sim/oracles/.
//
// An oracle lives in the arena and is saved, restored and hashed as raw bytes: members must be
// trivially copyable, with no owning containers or pointers to the heap. What it remembers of each
// CPU and of each lock lies behind it (sim/oracles/rows.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/event.h"
#include "sim/facts.h"
#include "sim/types.h"

namespace lockstep {

struct Finding {
    static constexpr unsigned kTextMax = 200;
    const char* oracle = "";  // the oracle's name; static storage
    const char* word = "";    // which way it is wrong: "false", "stale", "leak" ...; static storage
    char text[kTextMax] = {};  // one sentence in the kernel's words
    std::uint64_t step = 0;
    TimeNs time = 0;
    CpuId cpu = 0;
    Context context = Context::task;
    LockId lock = kNoLock;
};

// An oracle that could not judge an execution, and why; static storage.
struct NotJudged {
    const char* oracle = "";
    const char* why = "";
};

// Where findings go. Formats like printf; keeps the first few, counts the rest.
class FindingSink {
  public:
    virtual void report(const char* oracle, const char* word, const Event& at, const char* format,
                        ...) __attribute__((format(printf, 5, 6))) = 0;

  protected:
    ~FindingSink() = default;
};

class Oracle {
  public:
    virtual const char* name() const = 0;
    // event_bit()s of what it wants to see.
    virtual std::uint64_t interest() const = 0;
    // Of loads and stores, which objects' (bit = ObjectKind). Those of anything but a lock's own
    // memory are never shown. An oracle that wants loads or fences makes every execution slower.
    virtual std::uint32_t accesses_to() const { return ~std::uint32_t{0}; }
    // The fold its entry names (OracleEntry::shares), before begin(). An oracle sees it as it was
    // before the event: a shared fold is told of each event after all oracles.
    virtual void share(const Oracle&) {}
    virtual void begin(const OracleSetup& setup) = 0;
    virtual void on_event(const Event& event, FindingSink& sink) = 0;
    // Why it could not judge all of the execution so far, in a few words with static storage;
    // nullptr: it could. Only optional oracles are asked.
    virtual const char* not_judged() const { return nullptr; }

  protected:
    ~Oracle() = default;
};

// The registry (sim/oracles/registry.cpp): one line per oracle.
struct OracleEntry {
    const char* name;
    const char* property;                // one line, for `lockstep list oracles`
    std::size_t size;                    // of the object alone
    std::size_t alignment;               // of it
    std::size_t per_cpu;                 // bytes behind it for each CPU
    Oracle* (*construct)(void* memory);  // zeroed memory, of oracle_size() bytes
    std::size_t per_lock = 0;            // bytes behind those for each lock
    bool optional = false;   // runs only if a scenario, a command or a broken port asks for it
    bool stateless = false;  // never changes its own memory: a search need not look at it again
    // A fold over events that it looks at. Made like an oracle, but judges nothing and stands in no
    // registry: it is there once for all oracles that name it, and not without them.
    const OracleEntry* shares = nullptr;
};
const std::vector<OracleEntry>& oracle_registry();

constexpr std::size_t kRowAlignment = 8;
// Where, behind the object, the elements of locks begin.
constexpr std::size_t rows_before_locks(std::size_t per_cpu, unsigned cpus) {
    return (per_cpu * cpus + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}
// All its bytes on a machine with these CPUs and locks.
inline std::size_t oracle_size(const OracleEntry& entry, const OracleSetup& setup) {
    return entry.size + rows_before_locks(entry.per_cpu, setup.cpus) +
           entry.per_lock * setup.locks.size();
}

}  // namespace lockstep
