// Starting workers again until the stretch is done.
#include "scenarios/lane.h"

#include <cstring>
#include <string>
#include <utility>

#include "scenarios/harvest.h"

namespace lockstep {

void Lane::receive(const std::string& message) {
    const Harvest harvest = unpack(message);
    next_ = stretch_.after(harvest.next - 1);
    stopped_ = stopped_ || harvest.stopped;
    stretch_.deliver(harvest);
}

WorkerTask Lane::task(std::uint64_t from, std::uint64_t to) {
    WorkerTask task;
    task.work = [this, from, to](WorkerPort& port) {
        Stretch stretch = stretch_;
        stretch.from = from;
        stretch.to = to;
        stretch.deliver = [&port](const Harvest& harvest) { port.send(pack(harvest)); };
        stretch.starting = [&port](std::uint64_t index) { port.set_mark(index + 1); };
        return static_cast<int>(run_stretch(work_.scenario, work_.port, work_.options, stretch));
    };
    task.received = [this](const std::string& message) { receive(message); };
    task.interrupted = work_.options.interrupted;
    return task;
}

void Lane::start() {
    if (next_ >= stretch_.to || stopped_) return;
    begun_ = next_;
    WorkerTask work = task(next_, stretch_.to);
    work.ended = [this](const WorkerEnd& end) { ended(end); };
    group_.start(std::move(work));
}

void Lane::ended(const WorkerEnd& end) {
    if (end.how == WorkerEnd::How::interrupted) return;
    if (end.how != WorkerEnd::How::returned) after_death(end);
    if (next_ == begun_) throw EngineBug("a worker ended without doing anything");
    start();
}

// The worker died without a word in execution mark - 1. What it had not yet sent is made again,
// then the deadly one is written down and left out.
void Lane::after_death(const WorkerEnd& end) {
    if (end.how == WorkerEnd::How::exited)
        throw EngineBug("a worker ended with code " + std::to_string(end.code));
    const std::string how = std::string("a worker was killed: ") + strsignal(end.code);
    if (end.mark == 0) throw EngineBug(how + ", before its first execution");
    const std::uint64_t deadly = end.mark - 1;
    if (next_ < deadly) {
        const WorkerEnd again = run_worker(task(next_, deadly));
        if (again.how == WorkerEnd::How::interrupted) return;
        if (again.how != WorkerEnd::How::returned)
            throw EngineBug(how + ", and not in the same execution when that was repeated");
        if (stopped_) return;
    }
    const PlannedExecution planned = work_.plan.at(deadly);
    Failure failure;
    failure.kind = Failure::Kind::crashed;
    failure.text = how + " (" + planned.scheduler + ", seed " + std::to_string(planned.seed) + ")";
    failure.oracle = "progress";
    failure.word = "fault";
    failure.scheduler = planned.scheduler;
    failure.seed = planned.seed;
    Harvest harvest;
    harvest.failed[signature(failure)] = 1;
    harvest.failures.push_back(std::move(failure));
    harvest.executions = 1;
    harvest.next = deadly + 1;
    harvest.stopped = work_.options.stop_at_failure;
    next_ = stretch_.after(deadly);
    stopped_ = stopped_ || harvest.stopped;
    stretch_.deliver(harvest);
}

}  // namespace lockstep
