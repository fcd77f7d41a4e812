// Folding the stores to the per-CPU tables of held locks.
#include "tools/held_tables.h"

#include <algorithm>

namespace lockstep {

HeldTables::HeldTables(const Recording& recording) : recording_(recording), tables_(kCpusMax) {
    for (const LockFacts& facts : recording.facts)
        if (facts.held_table.entries != 0) layout_ = facts.held_table;
}

void HeldTables::on_event(const Event& event) {
    if (event.kind != EventKind::store || event.object_kind != ObjectKind::held_table) return;
    if (event.object_cpu >= kCpusMax || layout_.entries == 0) return;
    Table& table = tables_[event.object_cpu];
    if (event.offset == layout_.count_offset) {
        table.count = static_cast<std::uint32_t>(event.value);
        return;
    }
    if (event.offset < layout_.entries_offset || layout_.entry_size == 0) return;
    std::uint32_t slot = (event.offset - layout_.entries_offset) / layout_.entry_size;
    if (slot < kEntriesShown) table.entries[slot] = event.value;
}

std::string HeldTables::text(CpuId cpu) const {
    const Table& table = tables_[cpu];
    std::string text = "[";
    std::uint32_t shown = std::min<std::uint32_t>(table.count, kEntriesShown);
    for (std::uint32_t i = 0; i < shown; ++i) {
        const Place* place = recording_.place_at(table.entries[i]);
        bool lock = place != nullptr && place->kind == ObjectKind::lock_word;
        text += i == 0 ? "" : ", ";
        text += lock ? recording_.lock_name(place->lock) : (table.entries[i] == 0 ? "-" : "?");
    }
    text += "]";
    if (table.count > shown) text += " +" + std::to_string(table.count - shown);
    return text;
}

}  // namespace lockstep
