// Describe: one event, one value or one time in the words a kernel developer would use.
#pragma once

#include <cstdint>
#include <string>

#include "tools/recording.h"

namespace lockstep {

std::string time_text(TimeNs ns);             // "64 ns", "2.753 ms", "1.002 s"
std::string return_text(std::int64_t value);  // "0", "-EDEADLK"
std::string hash_text(std::uint64_t hash);    // 16 hex digits
std::string site_text(const sim_site* site);  // "rqspinlock.c:503 READ_ONCE(prev->next)"
const char* event_kind_name(EventKind kind);
const char* end_reason_text(EndReason reason);
std::string context_text(CpuId cpu, Context context);  // "CPU0 nmi"

// The lock word as (tail,pending,locked): "(cpu1.0,1,1)", a free word is "(-,0,0)". That of a
// ticket lock is (next,served). Words without fields are shown as a number.
std::string word_text(const WordLayout& layout, std::uint32_t word);
// What a store changed: "(-,0,1) -> (-,*1,1)"; a star stands before each field that changed.
std::string word_change_text(const WordLayout& layout, std::uint32_t from, std::uint32_t to);

// Where a memory event went: "A.locked", "node[cpu1][0].next", "held[cpu0].count", "x".
std::string place_text(const Recording& recording, const Event& event);
// A value stored there: pointers become names ("&A", "&node[cpu2][0]"), the rest is a number.
std::string value_text(const Recording& recording, const Event& event, std::uint64_t value);
// How the scenario would write the call: "res_spin_lock(A)".
std::string acquire_text(const Recording& recording, LockId lock, bool trylock);
std::string release_text(const Recording& recording, LockId lock);
// The source line of an event and what stands there, or an empty string.
std::string source_text(const Recording& recording, const Event& event);
// The whole event in one line.
std::string event_text(const Recording& recording, const Event& event);

// The bytes of a 32-bit word after a store of `size` bytes at `offset`.
std::uint32_t merge_word(std::uint32_t word, const Event& event, std::uint64_t value);

}  // namespace lockstep
