// Cell pool: many independent pieces of work on all cores, each in one of a few forked processes.
// The order in which they end is a matter of luck; whoever asks for them gives them numbers.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

namespace lockstep {

struct CellPool {
    std::uint32_t cells = 0;
    unsigned processes = 1;
    std::function<std::string(std::uint32_t cell)> work;  // in a forked process
    std::function<void(std::uint32_t cell, const std::string& answer)> received;  // here
    const volatile std::sig_atomic_t* interrupted = nullptr;  // set: stop with what there is
};

// Throws EngineBug if a process dies in the middle of a cell.
void run_cells(const CellPool& pool);

}  // namespace lockstep
