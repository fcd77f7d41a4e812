// Checkpoints: the used bytes of the arena, the live part of every stack and the static data of
// ports, in one block. A suspended fiber is nothing but these bytes.
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sim/check.h"
#include "sim/fiber.h"
#include "sim/internal.h"
#include "sim/raw_bytes.h"

#ifdef LOCKSTEP_SANITIZE
#include <sanitizer/asan_interface.h>
#endif

namespace lockstep {

namespace {

struct Range {
    std::byte* begin;
    std::size_t size;
};

std::byte* at(std::uint64_t address) {
    return reinterpret_cast<std::byte*>(address);
}

// The red zone below the stack pointer may hold live values of leaf functions on x86-64, but a
// suspended fiber is inside a call, so nothing below its stack pointer lives.
[[gnu::always_inline]] inline Range live_stack(const TaskSlot& task, TaskId id) {
    auto* const pointer = static_cast<std::byte*>(task.stack_pointer);
    const arena::StackRange range = arena::stack_of(id);
    SIM_CHECK(pointer >= range.bottom);
    SIM_CHECK(pointer <= range.top);
    return {pointer, static_cast<std::size_t>(range.top - pointer)};
}

// Calls `each` for every range that makes up the state. The first one says how many follow.
template <class Each>
[[gnu::always_inline]] inline void for_each_range(Each each) {
    const State& m = state();
    each(Range{at(arena::kBase), m.inner_top - arena::kBase});
    each(Range{at(kFindingsAt), m.findings * sizeof(Finding)});
    each(Range{at(kTasksAt), m.tasks * sizeof(TaskSlot)});
    each(Range{at(arena::kUser), m.user_top - arena::kUser});
    for (TaskId t = 0; t < m.tasks; ++t)
        // A task that has ended may still be the one on whose stack the next is being chosen.
        if (task_slot(t).state != TaskState::ended || (t == m.fiber && !m.ended))
            each(live_stack(task_slot(t), t));
    for (const Host::Range& range : host().static_data)
        each(Range{static_cast<std::byte*>(range.begin), range.size});
}

// AddressSanitizer knows which bytes of a stack frame are out of bounds; that knowledge is part
// of the stack and is kept with it.
#ifdef LOCKSTEP_SANITIZE
Range shadow_of(Range range) {
    std::size_t scale = 0;
    std::size_t offset = 0;
    __asan_get_shadow_mapping(&scale, &offset);
    const auto begin = reinterpret_cast<std::uint64_t>(range.begin) >> scale;
    const auto end = (reinterpret_cast<std::uint64_t>(range.begin) + range.size) >> scale;
    return {at(begin + offset), end - begin};
}

bool is_stack(Range range) {
    return reinterpret_cast<std::uint64_t>(range.begin) >= arena::kStacks;
}
#endif

// Every range begins on a line of its own.
std::size_t stored_lines(Range range) {
    std::size_t size = range.size;
#ifdef LOCKSTEP_SANITIZE
    if (is_stack(range)) size += shadow_of(range).size;
#endif
    return (size + sizeof(CheckpointLine) - 1) / sizeof(CheckpointLine);
}

// In pieces: from two KiB on the library's copy is slow to begin.
[[gnu::always_inline]] inline void copy(Range to, const std::byte* from) {
    std::size_t piece = 1024;
    __asm__("" : "+r"(piece));  // of a constant the compiler makes a `rep movs`, slow to begin too
    for (; to.size > piece; to.begin += piece, from += piece, to.size -= piece)
        copy_raw(to.begin, from, piece);
    copy_raw(to.begin, from, to.size);
}

}  // namespace

void Machine::save(Checkpoint& into) const {
    std::size_t total = 0;
    for_each_range([&total](Range range) { total += stored_lines(range); });
    into.resize(total);
    CheckpointLine* cursor = into.data();
    for_each_range([&cursor](Range range) {
        auto* const to = reinterpret_cast<std::byte*>(cursor);
        copy({to, range.size}, range.begin);
#ifdef LOCKSTEP_SANITIZE
        const Range shadow = shadow_of(range);
        if (is_stack(range)) copy({to + range.size, shadow.size}, shadow.begin);
#endif
        cursor += stored_lines(range);
    });
}

// The inner part comes first and says how long everything else is.
void Machine::restore(const Checkpoint& from) {
    forget_options();
    constexpr std::size_t kTopAt = kStateOffset + offsetof(State, inner_top);
    std::memcpy(&state().inner_top, reinterpret_cast<const std::byte*>(from.data()) + kTopAt,
                sizeof state().inner_top);
    const CheckpointLine* cursor = from.data();
    for_each_range([&cursor](Range range) {
        const auto* const bytes = reinterpret_cast<const std::byte*>(cursor);
        copy(range, bytes);
#ifdef LOCKSTEP_SANITIZE
        if (is_stack(range)) copy(shadow_of(range), bytes + range.size);
#endif
        cursor += stored_lines(range);
    });
    SIM_CHECK(cursor == from.data() + from.size());
}

std::uint64_t Machine::state_hash() const {
    State& m = state();
    Scheduler* const scheduler = m.scheduler;
    const std::uint64_t top = m.inner_top;
    m.scheduler = nullptr;
    if (host().sealed) m.inner_top = host().machine_top;
    std::uint64_t hash = 0;
    for_each_range([&hash](Range range) {
#ifdef LOCKSTEP_SANITIZE
        // The hash reads whole ranges, also what the sanitizer has marked as between variables.
        std::vector<std::byte> copy(range.size);
        copy_raw(copy.data(), range.begin, range.size);
        hash = XXH3_64bits_withSeed(copy.data(), copy.size(), hash);
#else
        hash = XXH3_64bits_withSeed(range.begin, range.size, hash);
#endif
    });
    m.scheduler = scheduler;
    m.inner_top = top;
    return hash;
}

}  // namespace lockstep
