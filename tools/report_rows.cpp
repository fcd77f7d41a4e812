// Turning events into rows. Every text, file and site is stored once.
#include "tools/report_rows.h"

#include <algorithm>

#include "sim/kernel.h"
#include "sim/points.h"
#include "tools/caption.h"
#include "tools/describe.h"

namespace lockstep {

namespace {

using RowJson = nlohmann::ordered_json;

constexpr std::size_t kChips = 9, kChanges = 10;

bool chip_kind(EventKind kind) {
    return kind == EventKind::point || kind == EventKind::lock_event ||
           kind == EventKind::contention_begin || kind == EventKind::contention_end ||
           kind == EventKind::preempt_off || kind == EventKind::preempt_on ||
           kind == EventKind::irq_off || kind == EventKind::irq_on;
}

std::string chip_text(const Recording& recording, const Event& event) {
    if (event.kind == EventKind::point && event.aux < kPointCount)
        return std::string(kPoints[event.aux].name);
    return event_text(recording, event);
}

bool belongs_to(const Event& chip, const Event& row) {
    return chip.cpu == row.cpu && chip.depth == row.depth && chip.step == row.step;
}

// Which events get a row: all but those that are a chip on the row before them.
std::vector<bool> own_rows(const Recording& recording) {
    std::vector<bool> own(recording.events.size(), false);
    const Event* row = nullptr;
    for (std::size_t i = 0; i < own.size(); ++i) {
        const Event& event = recording.events[i];
        own[i] = !chip_kind(event.kind) || row == nullptr || !belongs_to(event, *row);
        if (own[i]) row = &event;
    }
    return own;
}

}  // namespace

// --- texts -----------------------------------------------------------------------------------

int RowTexts::text(const std::string& what) {
    const auto [at, added] = text_index_.try_emplace(what, static_cast<int>(texts.size()));
    if (added) texts.push_back(what);
    return at->second;
}

int RowTexts::file(std::string path) {
    while (path.starts_with("../")) path.erase(0, 3);
    const auto [at, added] = file_index_.try_emplace(path, static_cast<int>(files.size()));
    if (added) files.push_back(path);
    return at->second;
}

// "kernel/bpf/rqspinlock.c:103 name" is what the line table knows of a plain access.
int RowTexts::site(const Recording& recording, const Event& event) {
    std::string path, function, expression;
    unsigned line = 0;
    if (event.site != nullptr && event.site->line != 0) {
        path = event.site->file;
        line = event.site->line;
        function = event.site->function == nullptr ? "" : event.site->function;
        expression = event.site->expression == nullptr ? "" : event.site->expression;
    } else if (event.pc != 0 && recording.describe_pc) {
        const std::string where = recording.describe_pc(event.pc);
        const std::size_t colon = where.find(':'), blank = where.find(' ');
        if (colon == std::string::npos) return -1;
        path = where.substr(0, colon);
        line = static_cast<unsigned>(std::strtoul(where.c_str() + colon + 1, nullptr, 10));
        if (blank != std::string::npos) function = where.substr(blank + 1);
    } else {
        return -1;
    }
    const std::string key = path + ":" + std::to_string(line) + " " + function + " " + expression;
    const auto [at, added] = site_index_.try_emplace(key, static_cast<int>(sites.size()));
    if (added) sites.push_back({file(path), line, function, expression});
    return at->second;
}

// --- one row after the other -------------------------------------------------------------------

RowWriter::RowWriter(const Recording& recording, RowTexts& texts)
    : recording_(recording),
      texts_(texts),
      machine_(recording),
      words_(recording.locks.size(), 0) {}

void RowWriter::begin(const Event& event) {
    last_ = event;
}

std::uint32_t RowWriter::word_before(const Event& event) {
    const bool word = event.kind == EventKind::store &&
                      event.object_kind == ObjectKind::lock_word && event.lock < words_.size();
    if (!word) return 0;
    const std::uint32_t found = words_[event.lock];
    words_[event.lock] = merge_word(found, event, event.value);
    return found;
}

void RowWriter::skip(const Event& event) {
    word_before(event);
    machine_.take(event);
}

bool RowWriter::write(const Event& event) {
    const std::uint32_t word = word_before(event);
    RowJson changes = machine_.take(event);
    if (!rows_.empty() && chip_kind(event.kind) && belongs_to(event, last_)) {
        add_chip(event, changes);
        return false;
    }
    add_row(event, word, std::move(changes));
    return true;
}

RowJson RowWriter::take_rows() {
    RowJson taken = RowJson::array();
    taken.swap(rows_);
    return taken;
}

void RowWriter::add_row(const Event& event, std::uint32_t word, RowJson changes) {
    const int lock = event.lock < recording_.locks.size() ? event.lock : -1;
    RowJson row = {event.step - last_.step,
                   event.time - last_.time,
                   event.cpu,
                   event.depth,
                   static_cast<unsigned>(event.kind),
                   lock,
                   texts_.text(event_text(recording_, event)),
                   texts_.text(caption_text(recording_, event, word)),
                   texts_.site(recording_, event)};
    row.push_back(-1);
    row.push_back(std::move(changes));
    rows_.push_back(std::move(row));
    last_ = event;
    chips_.clear();
}

void RowWriter::add_chip(const Event& event, const RowJson& changes) {
    RowJson& row = rows_.back();
    if (event.kind != EventKind::contention_begin && event.kind != EventKind::contention_end) {
        chips_ += (chips_.empty() ? "" : ", ") + chip_text(recording_, event);
        row[kChips] = texts_.text(chips_);
    }
    for (const RowJson& change : changes) row[kChanges].push_back(change);
}

// --- all of a recording --------------------------------------------------------------------------

ReportRows::ReportRows(const Recording& recording, std::size_t rows_max) {
    RowWriter writer(recording, texts);
    for (const MachineSlot& slot : writer.machine().slots())
        slots.push_back({slot.kind, slot.a, slot.b});
    const std::vector<bool> own = own_rows(recording);
    const auto all = static_cast<std::size_t>(std::count(own.begin(), own.end(), true));
    dropped = all > rows_max ? all - rows_max : 0;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
        const Event& event = recording.events[i];
        if (own[i]) ++seen;
        if (own[i] && seen == dropped + 1) begin_rows(event, writer);
        if (seen <= dropped) {
            writer.skip(event);
        } else if (writer.write(event)) {
            steps_.push_back(event.step);
            events_.push_back(i);
        }
    }
    rows = writer.take_rows();
}

void ReportRows::begin_rows(const Event& first, RowWriter& writer) {
    for (const MachineSlot& slot : writer.machine().slots()) initial.push_back(slot.value);
    writer.begin(first);
    first_step = first.step;
    first_time = first.time;
}

std::size_t ReportRows::row_of_step(std::uint64_t step) const {
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), step);
    return after == steps_.begin() ? 0 : static_cast<std::size_t>(after - steps_.begin()) - 1;
}

std::size_t ReportRows::row_of_event(std::size_t event) const {
    const auto after = std::upper_bound(events_.begin(), events_.end(), event);
    return after == events_.begin() ? 0 : static_cast<std::size_t>(after - events_.begin()) - 1;
}

}  // namespace lockstep
