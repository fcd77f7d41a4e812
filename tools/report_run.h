// Report run: an execution as the compact JSON the report page draws. docs/report.md names its
// keys.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/shown_run.h"

namespace lockstep {

struct ReportOptions {
    std::filesystem::path tree;  // of the kernel source to show; empty: the one in the cache
    std::size_t rows_max = 300'000;
    bool inflection = true;
};

// Rows beyond the limit are left out at the beginning; the state they led to is kept.
nlohmann::ordered_json report_run_json(const ShownRun& shown, const ReportOptions& options);

// Parts of it that a game has too: what was run, the locks and their words, the names of the kinds
// of events, and the source of the files that the port was built from, each empty if it is not to
// be had.
nlohmann::ordered_json report_head_json(const char* format, const Subject& subject);
nlohmann::ordered_json report_locks_json(const Recording& recording);
nlohmann::ordered_json report_kinds_json();
nlohmann::ordered_json report_sources_json(const Port& port, const std::filesystem::path& tree,
                                           const std::vector<std::string>& files);

}  // namespace lockstep
