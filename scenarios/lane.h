// A lane: makes a stretch of planned executions in worker processes, one after the other. When one
// dies the next goes on behind the deadly execution, which is a failure of the code under test.
#pragma once

#include <cstdint>
#include <functional>

#include "lock/port.h"
#include "scenarios/campaign.h"
#include "scenarios/plan.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"
#include "scenarios/worker.h"

namespace lockstep {

// What all lanes of a campaign have in common. Must outlive them.
struct LaneWork {
    const Scenario& scenario;
    const Port& port;
    const RunOptions& options;
    const Plan& plan;
};

class Lane {
  public:
    // `stretch.deliver` is called in this process, in the order of the plan.
    Lane(const LaneWork& work, const Stretch& stretch, WorkerGroup& group)
        : work_(work), stretch_(stretch), group_(group), next_(stretch.from) {}

    // Adds a worker to the group if there is anything to do.
    void start();

  private:
    WorkerTask task(std::uint64_t from, std::uint64_t to);
    void receive(const std::string& message);
    void ended(const WorkerEnd& end);
    void after_death(const WorkerEnd& end);

    LaneWork work_;
    Stretch stretch_;
    WorkerGroup& group_;
    std::uint64_t next_;       // the first execution nobody has told about
    std::uint64_t begun_ = 0;  // where the worker that runs now started
    bool stopped_ = false;
};

}  // namespace lockstep
