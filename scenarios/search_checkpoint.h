// A search on disk: the states seen, the paths not yet explored, and what has come of the rest.
//
//   lockstep-search 3 ⏎ identity ⏎ then lengths and bytes, and a checksum over everything
//
// `identity` says which search this is: scenario, port, engine, bounds. `layout` says where this
// process has its code and data: a state's hash depends on it, so states seen by a process that was
// laid out otherwise are of no use, and the search begins again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/search_worker.h"
#include "sim/state_table.h"

namespace lockstep {

struct SearchCheckpoint {
    std::string identity;
    std::uint64_t layout = 0;
    std::uint32_t resumed = 0;
    double seconds = 0;
    bool complete = false;
    bool own_memory = true;            // as in ChainRules
    std::vector<std::uint64_t> asked;  // addresses of sites
    SearchYield yield;
};

// Throws CheckpointError if there can be no such file: to be asked before the work is done.
void expect_to_save(const std::string& path);
// To a temporary name beside the file that `path` leads to, synced and renamed; a symbolic link
// stays one. Returns what went wrong, or nothing.
std::optional<std::string> save_checkpoint(const std::string& path,
                                           const SearchCheckpoint& checkpoint,
                                           const StateTable& table);

// Puts the states into `table` if identity and layout agree. Nothing: there is no such file.
// Throws CheckpointError if it is damaged, which its checksum tells, or whole and of another
// search.
std::optional<SearchCheckpoint> load_checkpoint(const std::string& path,
                                                const std::string& identity, std::uint64_t layout,
                                                StateTable& table);

}  // namespace lockstep
