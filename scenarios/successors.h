// Successors: what a state is, for whoever walks along all states without being a search. It asks
// the explorer, so that two states are one here exactly where they are one to a search that leaves
// out no step.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/explorer.h"

namespace lockstep {

// A prepared scenario must be installed while it lives; what ran on the machine before is gone.
class Successors final : private Explorer::Client {
  public:
    Successors();
    // The hash of the state that each option of the state behind `path` leads to, in the order of
    // the options.
    std::vector<std::uint64_t> of(const Path& path);

  private:
    bool fresh(std::uint64_t hash) override;
    void on_end(const ExecutionResult& result) override;
    bool on_finding(const ExecutionResult& result) override;

    Explorer explorer_;
    std::uint64_t told_ = 0;
};

}  // namespace lockstep
