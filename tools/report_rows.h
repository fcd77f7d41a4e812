// Report rows: the steps of a recording, one row each, as differences to the row before.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/machine_slots.h"
#include "tools/recording.h"

namespace lockstep {

// A row: [steps since the row before, ns since then, cpu, depth, kind, lock or -1, what it did, its
// caption, site or -1, chips or -1, changed slots]. Texts are indices into `texts`, kinds into
// event_kind_name(). Lock points and the like are chips on the row they belong to.
class ReportRows {
  public:
    ReportRows(const Recording& recording, std::size_t rows_max);

    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    nlohmann::ordered_json slots = nlohmann::ordered_json::array();
    nlohmann::ordered_json initial = nlohmann::ordered_json::array();
    nlohmann::ordered_json sites = nlohmann::ordered_json::array();  // [file, line, function, text]
    std::vector<std::string> texts, files;
    std::size_t dropped = 0;
    std::uint64_t first_step = 0;
    TimeNs first_time = 0;

    // The last row of that step or of one before it; of the event with that index.
    std::size_t row_of_step(std::uint64_t step) const;
    std::size_t row_of_event(std::size_t event) const;

  private:
    int text(const std::string& what);
    int file(std::string path);
    int site(const Event& event);
    void begin_rows(std::size_t first, const MachineSlots& machine);
    void add_row(const Event& event, std::uint32_t word, nlohmann::ordered_json changes);
    bool add_chip(const Event& event, const nlohmann::ordered_json& changes);
    void place_row(std::size_t event);
    std::vector<bool> own_rows() const;

    const Recording& recording_;
    std::map<std::string, int> text_index_, file_index_, site_index_;
    std::vector<std::uint64_t> steps_;
    std::vector<std::size_t> events_;
    Event last_;
    std::string chips_;
};

}  // namespace lockstep
