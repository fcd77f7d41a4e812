// Report rows: the steps of a recording, one row each, as differences to the row before.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/machine_slots.h"
#include "tools/recording.h"

namespace lockstep {

// What rows refer to by number. Each is stored once.
class RowTexts {
  public:
    int text(const std::string& what);
    // -1 if the event has none.
    int site(const Recording& recording, const Event& event);

    std::vector<std::string> texts, files;
    nlohmann::ordered_json sites = nlohmann::ordered_json::array();  // [file, line, function, text]

  private:
    int file(std::string path);

    std::map<std::string, int> text_index_, file_index_, site_index_;
};

// A row: [steps since the row before, ns since then, cpu, depth, kind, lock or -1, what it did, its
// caption, site or -1, chips or -1, changed slots]. Texts are indices into RowTexts, kinds into
// event_kind_name(). Lock points and the like are chips on the row they belong to. A copy goes on
// from the same state on its own; the recording, for names, and the texts must outlive it.
class RowWriter {
  public:
    RowWriter(const Recording& recording, RowTexts& texts);
    // The next row counts steps and time from this event.
    void begin(const Event& event);
    // True: the event is a row of its own, and not a chip on the last one.
    bool write(const Event& event);
    // Follows the event and writes nothing.
    void skip(const Event& event);
    // The rows since the last time; what comes next has a row of its own.
    nlohmann::ordered_json take_rows();
    const MachineSlots& machine() const { return machine_; }

  private:
    std::uint32_t word_before(const Event& event);
    void add_row(const Event& event, std::uint32_t word, nlohmann::ordered_json changes);
    void add_chip(const Event& event, const nlohmann::ordered_json& changes);

    const Recording& recording_;
    RowTexts& texts_;
    MachineSlots machine_;
    std::vector<std::uint32_t> words_;  // of each lock, for the sentence about the next event
    nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
    Event last_;
    std::string chips_;
};

// All rows of a recording. Rows beyond the limit are left out at the beginning.
class ReportRows {
  public:
    ReportRows(const Recording& recording, std::size_t rows_max);

    RowTexts texts;
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    nlohmann::ordered_json slots = nlohmann::ordered_json::array();
    nlohmann::ordered_json initial = nlohmann::ordered_json::array();
    std::size_t dropped = 0;
    std::uint64_t first_step = 0;
    TimeNs first_time = 0;

    // The last row of that step or of one before it; of the event with that index.
    std::size_t row_of_step(std::uint64_t step) const;
    std::size_t row_of_event(std::size_t event) const;

  private:
    void begin_rows(const Event& first, RowWriter& writer);

    std::vector<std::uint64_t> steps_;
    std::vector<std::size_t> events_;
};

}  // namespace lockstep
