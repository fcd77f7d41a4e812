// Figures about locks as tables: /proc/lock_stat, the kernel's lock event counters, and how long
// acquiring took per context.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lock/linux/client.h"
#include "scenarios/lock_figures.h"

namespace lockstep {

// Version 0.4 of /proc/lock_stat; times in microseconds.
std::vector<std::string> lock_stat_lines(const ClientModule& module, const LockFigures& figures);
nlohmann::ordered_json lock_stat_json(const ClientModule& module, const LockFigures& figures);

// One line per counter that is not zero, as the files under /sys/kernel/debug/lock_event_counts.
std::vector<std::string> lock_event_lines(const LockFigures& figures);
nlohmann::ordered_json lock_events_json(const LockFigures& figures);

// One histogram per context that acquired anything, in powers of two of nanoseconds.
std::vector<std::string> latency_lines(const LockFigures& figures);
nlohmann::ordered_json latency_json(const LockFigures& figures);

}  // namespace lockstep
