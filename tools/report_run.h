// Report run: an execution as the compact JSON the report page draws. docs/report.md names its
// keys.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tools/shown_run.h"

namespace lockstep {

struct ReportOptions {
    std::filesystem::path tree;  // of the kernel source to show; empty: the one in the cache
    std::size_t rows_max = 300'000;
    bool inflection = true;
};

// Rows beyond the limit are left out at the beginning; the state they led to is kept.
nlohmann::ordered_json report_run_json(const ShownRun& shown, const ReportOptions& options);

}  // namespace lockstep
