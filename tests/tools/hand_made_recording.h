// Recordings made by hand: two locks A and B, a queued word, tasks and handlers as a test says.
#pragma once

#include <string>
#include <vector>

#include "tools/recording.h"

namespace lockstep {

constexpr LockId A = 0, B = 1, C = 2;

class HandMade {
  public:
    Recording recording;

    explicit HandMade(unsigned cpus) {
        recording.cpus = cpus;
        recording.locks = {"A", "B", "C"};
        LockFacts facts;
        facts.resilient = true;
        facts.word = {WordLayout::Shape::queued, 0xff, 0xff00, 0xffff0000, 16, 18};
        facts.held_table = {0, 8, 8, 31};
        facts.nodes = {16, 4, 0, 8, 12};
        recording.facts = {facts, facts, facts};
        for (unsigned cpu = 0; cpu < cpus; ++cpu) {
            recording.tasks.push_back("task" + std::to_string(cpu));
            add(EventKind::task_start, static_cast<CpuId>(cpu)).value = cpu;
        }
    }

    Event& add(EventKind kind, CpuId cpu) {
        Event event;
        event.kind = kind;
        event.cpu = cpu;
        event.time = now;
        event.step = ++step;
        event.depth = depth[cpu];
        event.context = context[cpu];
        recording.events.push_back(event);
        return recording.events.back();
    }

    void begin(CpuId cpu, LockId lock) { add(EventKind::acquire_begin, cpu).lock = lock; }

    void end(CpuId cpu, LockId lock, std::int64_t ret) {
        Event& event = add(EventKind::acquire_end, cpu);
        event.lock = lock;
        event.value = static_cast<std::uint64_t>(ret);
    }

    void acquire(CpuId cpu, LockId lock) {
        begin(cpu, lock);
        end(cpu, lock, 0);
    }

    void release(CpuId cpu, LockId lock) {
        add(EventKind::release_begin, cpu).lock = lock;
        add(EventKind::release_end, cpu).lock = lock;
    }

    void enter(CpuId cpu, Context handler) {
        ++depth[cpu];
        context[cpu] = handler;
        add(EventKind::context_enter, cpu);
    }

    void leave(CpuId cpu) {
        add(EventKind::context_exit, cpu);
        --depth[cpu];
        context[cpu] = Context::task;
    }

    void leap(TimeNs to) {
        Event& event = add(EventKind::time_leap, 0);
        event.old = now;
        event.value = now = to;
        event.time = to;
    }

    void store_word(CpuId cpu, LockId lock, std::uint32_t from, std::uint32_t to) {
        Event& event = add(EventKind::store, cpu);
        event.lock = lock;
        event.object_kind = ObjectKind::lock_word;
        event.size = 4;
        event.old = from;
        event.value = to;
    }

    TimeNs now = 0;
    std::uint64_t step = 0;
    std::uint8_t depth[kCpusMax] = {};
    Context context[kCpusMax] = {};
};

inline std::string joined_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

}  // namespace lockstep
