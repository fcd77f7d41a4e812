// Figures about locks as tables: /proc/lock_stat, the kernel's lock event counters, and how long
// acquiring took per context.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/lock_figures.h"
#include "scenarios/scenario.h"

namespace lockstep {

// Which of them are asked for.
struct FigureTables {
    bool lock_stat = false, lock_events = false, latency = false;
    bool any() const { return lock_stat || lock_events || latency; }
};
std::vector<std::string> lock_names_of(const Scenario& scenario);
std::vector<std::string> figure_lines(const FigureTables& wanted,
                                      const std::vector<std::string>& locks,
                                      const LockFigures& figures);
// Keys locks, lock_events and latency.
void add_figures(nlohmann::ordered_json& to, const std::vector<std::string>& locks,
                 const LockFigures& figures);

// Version 0.4 of /proc/lock_stat; times in microseconds.
std::vector<std::string> lock_stat_lines(const std::vector<std::string>& locks,
                                         const LockFigures& figures);
nlohmann::ordered_json lock_stat_json(const std::vector<std::string>& locks,
                                      const LockFigures& figures);

// One line per counter that is not zero, as the files under /sys/kernel/debug/lock_event_counts.
std::vector<std::string> lock_event_lines(const LockFigures& figures);
nlohmann::ordered_json lock_events_json(const LockFigures& figures);

// One histogram per context that acquired anything, in powers of two of nanoseconds.
std::vector<std::string> latency_lines(const LockFigures& figures);
nlohmann::ordered_json latency_json(const LockFigures& figures);

}  // namespace lockstep
