// What the registry needs to know of each oracle file.
#pragma once

#include <cstddef>
#include <new>

#include "sim/oracle.h"

namespace lockstep {

OracleEntry mutual_exclusion_entry();
OracleEntry progress_entry();
OracleEntry truthful_errors_entry();
OracleEntry bounded_time_entry();
OracleEntry held_table_entry();
OracleEntry queue_nodes_entry();
OracleEntry lock_word_entry();
OracleEntry collateral_entry();
OracleEntry context_discipline_entry();
OracleEntry data_race_entry();
OracleEntry fairness_entry();

template <class T>
OracleEntry make_entry(const char* name, const char* property) {
    OracleEntry entry{name,       property, sizeof(T),
                      alignof(T), 0,        [](void* memory) -> Oracle* { return new (memory) T; }};
    if constexpr (requires { T::kPerLock; }) {  // sim/oracles/rows.h
        entry.per_cpu = T::kPerCpu;
        entry.per_lock = T::kPerLock;
    }
    return entry;
}

}  // namespace lockstep
