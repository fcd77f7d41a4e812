// What the registry needs to know of each oracle file.
//
// An oracle's state for CPU c is element c of an array that is its last member: on a machine with
// few CPUs only the first elements are part of the arena's image. Its state for lock l may be
// element l of an array right before that one: a search does not look at elements without a lock.
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

// `per_cpu` and `per_lock` are the sizes of one element of the trailing arrays; 0: no such array.
template <class T>
OracleEntry make_entry(const char* name, const char* property, std::size_t per_cpu,
                       std::size_t per_lock) {
    return {name,       property, sizeof(T),
            alignof(T), per_cpu,  [](void* memory) -> Oracle* { return new (memory) T; },
            per_lock};
}

}  // namespace lockstep
