// The list of exporters, and what they share.
#include "tools/exporter.h"

#include <algorithm>

#include "tools/describe.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kNsPerStep = 1'000;

}  // namespace

const std::vector<Exporter>& exporters() {
    static const std::vector<Exporter> kExporters = {
        {"--perfetto", "For ui.perfetto.dev: tracks, counters of the lock words, flows",
         write_perfetto},
        {"--trace-dat", "trace.dat, version 6, for trace-cmd and KernelShark", write_trace_dat},
        {"--ftrace", "Text, as the kernel's `trace` file", write_ftrace},
        {"--svg", "A drawing: a lane per CPU, time downwards, the lock words beside", write_svg},
        {"--dot", "Graphviz: who waits for whom, and the queue, at the end or at --at", write_dot},
    };
    return kExporters;
}

std::uint64_t ExportTimes::take(TimeNs time, std::uint64_t step) {
    const std::uint64_t own = clock_ == ExportClock::ns ? time : step * kNsPerStep;
    const std::uint64_t at = std::max(own, next_);
    next_ = at + 1;
    return at;
}

bool is_word_store(const Recording& recording, const Event& event) {
    return event.kind == EventKind::store && event.object_kind == ObjectKind::lock_word &&
           event.lock < recording.locks.size() && event.offset < 4;
}

std::uint32_t LockWords::take(const Event& event) {
    std::uint32_t& word = words_[event.lock];
    // What the store itself says about its bytes is worth more than what was pieced together.
    std::uint32_t before = merge_word(word, event, event.old);
    word = merge_word(before, event, event.value);
    return before;
}

std::vector<WordField> word_fields(const WordLayout& layout) {
    std::vector<WordField> fields;
    if (layout.shape == WordLayout::Shape::queued || layout.shape == WordLayout::Shape::owned)
        for (const WordField& field :
             {WordField{"tail", layout.tail_mask}, WordField{"pending", layout.pending_mask},
              WordField{"owner", layout.owner_mask}, WordField{"locked", layout.locked_mask}})
            if (field.mask != 0) fields.push_back(field);
    if (fields.empty()) fields.push_back({"word", ~std::uint32_t{0}});
    return fields;
}

}  // namespace lockstep
