// Tasks and their per-CPU run queues.
#include <cstdio>

#include "sim/check.h"
#include "sim/fiber.h"
#include "sim/internal.h"
#include "sim/timed.h"

namespace lockstep {

namespace {

// In clock mode timed, changing tasks takes time and begins a slice.
void note_switch(CpuId id) {
    const State& m = state();
    if (m.timed == nullptr || !m.running) return;
    timed_charge(id, Cost::task_switch);
    m.timed->on_cpu_since[id] = cpu_state(id).local_time;
}

constexpr TimeNs kStopPollNs = 50 * kNsPerUs;

sim_site end_site = {"", "", "task ends", 0, 0, 0, 0};

// Gives the CPU to its longest-waiting ready task, or leaves it idle.
void leave_cpu(CpuState& cpu, CpuId id) {
    const TaskId next = next_ready_task(id);
    mark_cpu(id);
    cpu.running = next;
    cpu.need_resched = false;
    cpu.wait = Wait{};
    cpu.footprint = {};
    if (next != kNobody) {
        note_switch(id);
        emit_simple(EventKind::task_switch, next);
    }
    drop_fuel();
}

// An idle CPU goes on with a task that woke, perhaps another one than it last had.
void leave_idle(CpuId cpu, TaskId to) {
    cpu_state(cpu).running = to;
    mark_cpu(cpu);
    if (!state().running) return;  // at boot nobody is told
    note_switch(cpu);
    Event event = make_event(EventKind::task_switch);
    event.cpu = cpu;
    event.value = to;
    emit(event);
}

// A change of one is one of all: where each stands in the run queue is part of its state.
void mark_tasks_of(CpuId cpu) {
    if (!host().parts.on) return;
    for (TaskId t = 0; t < state().tasks; ++t)
        if (task_slot(t).cpu == cpu) mark_task(t);
}

}  // namespace

TaskId next_ready_task(CpuId cpu) {
    const State& m = state();
    TaskId best = kNobody;
    const CpuState& here = cpu_state(cpu);
    if (here.ready_tasks == 0) return best;
    for (TaskId t = 0; t < m.tasks; ++t) {
        const TaskSlot& task = task_slot(t);
        if (task.cpu != cpu || task.state != TaskState::ready) continue;
        if (here.running == t) continue;
        if (best == kNobody || task.ready_since < task_slot(best).ready_since) best = t;
    }
    return best;
}

void make_task_ready(TaskId id) {
    TaskSlot& task = task_slot(id);
    SIM_CHECK(task.state != TaskState::ready);
    end_quiet();
    mark_tasks_of(task.cpu);
    mark_cpu(task.cpu);
    task.state = TaskState::ready;
    task.ready_since = ++state().ready_counter;
    CpuState& cpu = cpu_state(task.cpu);
    ++cpu.ready_tasks;
    if (cpu.running == kNobody)
        leave_idle(task.cpu, id);
    else
        cpu.need_resched = true;
    drop_fuel();
}

void make_task_unready(TaskId id, TaskState now) {
    TaskSlot& task = task_slot(id);
    SIM_CHECK(task.state == TaskState::ready);
    mark_tasks_of(task.cpu);
    mark_cpu(task.cpu);
    task.state = now;
    --cpu_state(task.cpu).ready_tasks;
}

void switch_task(CpuId id, TaskId to) {
    CpuState& cpu = cpu_state(id);
    SIM_CHECK(cpu.running != kNobody);
    task_slot(cpu.running).ready_since = ++state().ready_counter;
    mark_tasks_of(id);
    mark_cpu(id);
    if (cpu.wait.parked) unpark(cpu);
    cpu.footprint = {};
    forget_waiting(cpu);  // a preempted spinner looks again
    cpu.next_address = 0;
    cpu.next_size = 0;
    cpu.next_write = cpu.next_is_asked = false;
    cpu.need_resched = false;
    cpu.running = to;
    note_switch(id);
    Event event = make_event(EventKind::task_switch);
    event.cpu = id;
    event.value = to;
    emit(event);
    drop_fuel();
}

void task_main() {
    State& m = state();
    const TaskId self = m.fiber;
    begin_task();
    // Being picked to start was the pick for the first step.
    if (m.timed == nullptr) ++m.fuel;
    emit_simple(EventKind::task_start, self);
    if (m.hub) clear_dead_stack();
    task_slot(self).entry(task_slot(self).argument);
    step(&end_site, Touch::nothing(StepKind::context));
    CpuState& cpu = this_cpu_state();
    emit_simple(EventKind::task_end, cpu.preempt_count, 0, (cpu.irqs_on ? 1U : 0U) | 2U);
    make_task_unready(self, TaskState::ended);
    cpu.preempt_count = 0;
    cpu.irqs_on = true;
    leave_cpu(cpu, m.cpu);
    schedule();
    SIM_CHECK_MSG(false, "an ended task was continued");
}

bool Machine::task_ended(TaskId task) const {
    return task_slot(task).state == TaskState::ended;
}

}  // namespace lockstep

using namespace lockstep;

int sim_task_create(void (*entry)(void*), void* argument, const char* name) {
    State& m = state();
    if (m.tasks >= kTasksMax) return -1;
    const auto id = static_cast<TaskId>(m.tasks++);
    TaskSlot& task = task_slot(id);
    task = TaskSlot{};
    task.entry = entry;
    task.argument = argument;
    std::snprintf(task.name, sizeof task.name, "%s", name);
    task.state = TaskState::fresh;
    fiber::make(id, task_main);
    return id;
}

void sim_task_bind(int task, unsigned cpu) {
    SIM_CHECK(cpu < state().cpus);
    SIM_CHECK_MSG(task_slot(static_cast<unsigned>(task)).state == TaskState::fresh,
                  "a task is bound to a CPU before it is woken");
    task_slot(static_cast<unsigned>(task)).cpu = static_cast<CpuId>(cpu);
}

void sim_task_wake(int task) {
    static sim_site site = {"", "", "wake_up_process", 0, 0, 0, 0};
    step(&site);
    const TaskState now = task_slot(static_cast<unsigned>(task)).state;
    if (now == TaskState::fresh || now == TaskState::sleeping)
        make_task_ready(static_cast<TaskId>(task));
}

void sim_task_stop(int task) {
    TaskSlot& target = task_slot(static_cast<unsigned>(task));
    target.stop = true;
    mark_task(static_cast<TaskId>(task));
    if (target.state == TaskState::fresh) target.state = TaskState::ended;
    sim_task_wake(task);
    // It may need this CPU to get to its end.
    while (state().timed != nullptr && state().running && target.state != TaskState::ended)
        sim_sleep(kStopPollNs);
    Machine::instance().wait_until(
        [](void* slot) { return static_cast<TaskSlot*>(slot)->state == TaskState::ended; },
        &target);
}

int sim_task_should_stop(void) {
    return task_slot(state().fiber).stop ? 1 : 0;
}

void sim_sleep(uint64_t ns) {
    static sim_site site = {"", "", "msleep", 0, 0, 0, 0};
    State& m = state();
    step(&site);
    if (!m.running) return;
    CpuState& cpu = this_cpu_state();
    const TaskId self = m.fiber;
    if (cpu.depth != 0 || cpu.preempt_count != 0) {
        sim_warn(&site);  // scheduling while atomic
        sim_delay(ns);
        return;
    }
    make_task_unready(self, TaskState::sleeping);
    task_slot(self).wake_at = m.now + ns;
    Event event = make_event(EventKind::park);
    event.aux = static_cast<std::uint32_t>(WaitKind::sleep);
    emit(event);
    leave_cpu(cpu, m.cpu);
    schedule();
    if (m.timed == nullptr) ++m.fuel;
}
