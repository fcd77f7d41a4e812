// One oracle on a bench: it is fed events by hand, without a machine, and what it reports is kept
// as words. Every event takes its depth and context from what was entered on that CPU.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/oracle.h"

namespace lockstep {

constexpr LockId kA = 0, kB = 1, kC = 2;
constexpr std::int64_t kDeadlock = -kEdeadlk, kTimeout = -kEtimedout;
constexpr std::uint64_t kLockAddress = 0x10000;   // of A; the others follow
constexpr std::uint64_t kNodesAddress = 0x20000;  // of CPU 0's nodes

// Three queued locks with the kernel's layout and bounds on four CPUs.
inline OracleSetup queued_setup() {
    LockFacts facts;
    facts.word = {WordLayout::Shape::queued, 0xff, 0xff00, 0xffff0000, 16, 18};
    facts.held_table = {0, 8, 8, 31};
    facts.nodes = {16, 4, 0, 8, 12};
    facts.bounds = {kNsPerMs, kNsPerMs, kNsPerMs, 250 * kNsPerMs, 500 * kNsPerMs, 0};
    facts.resilient = true;
    facts.queue_trylock_fallback = true;
    OracleSetup setup;
    setup.cpus = 4;
    for (unsigned i = 0; i < 3; ++i) {
        facts.name = std::string(1, static_cast<char>('A' + i));
        facts.address = kLockAddress + 64 * i;
        setup.locks.push_back(facts);
    }
    setup.nodes_base = kNodesAddress;
    setup.nodes_cpu_stride = 64;
    return setup;
}

// The same with the test-and-set fallback instead of a queue.
inline OracleSetup test_and_set_setup() {
    OracleSetup setup = queued_setup();
    for (LockFacts& facts : setup.locks) {
        facts.word = {WordLayout::Shape::test_and_set, 0xffffffff, 0, 0, 0, 0};
        facts.nodes = {};
        facts.bounds.pending = facts.bounds.head = 0;
        facts.bounds.test_and_set = kNsPerSec;
        facts.queue_trylock_fallback = false;
    }
    return setup;
}

class OracleBench final : public FindingSink {
  public:
    explicit OracleBench(const std::string& name, const OracleSetup& setup = queued_setup())
        : setup_(setup), depth_(kCpusMax), contexts_(kCpusMax) {
        for (const OracleEntry& entry : oracle_registry()) {
            if (name != entry.name) continue;
            memory_ =
                std::make_unique<std::max_align_t[]>(entry.size / sizeof(std::max_align_t) + 1);
            oracle_ = entry.construct(memory_.get());
            oracle_->begin(setup_);
        }
    }

    // What was reported so far, "word word ..."; forgets it.
    std::string words() {
        std::string all;
        for (const std::string& word : words_) all += (all.empty() ? "" : " ") + word;
        words_.clear();
        return all;
    }
    const std::string& text() const { return text_; }  // of the last finding

    void at_ms(TimeNs ms) { now_ = ms * kNsPerMs; }
    void at_us(TimeNs us) { now_ = us * kNsPerUs; }

    void begin(CpuId cpu, LockId lock, bool trylock = false) {
        send(make(EventKind::acquire_begin, cpu, lock, trylock ? 1 : 0));
    }
    void end(CpuId cpu, LockId lock, std::int64_t ret = 0) {
        send(make(EventKind::acquire_end, cpu, lock, static_cast<std::uint64_t>(ret)));
    }
    void acquire(CpuId cpu, LockId lock, std::int64_t ret = 0) {
        begin(cpu, lock);
        end(cpu, lock, ret);
    }
    void begin_release(CpuId cpu, LockId lock) { send(make(EventKind::release_begin, cpu, lock)); }
    void end_release(CpuId cpu, LockId lock) { send(make(EventKind::release_end, cpu, lock)); }
    void release(CpuId cpu, LockId lock) {
        begin_release(cpu, lock);
        end_release(cpu, lock);
    }

    void enter(CpuId cpu, Context context) {
        ++depth_[cpu];
        contexts_[cpu][depth_[cpu]] = context;
        send(make(EventKind::context_enter, cpu));
    }
    // As an undisturbed handler leaves: preempt count as at entry, irqs off.
    void exit(CpuId cpu, unsigned preempt_now = 0, unsigned preempt_before = 0,
              std::uint32_t irqs = 2) {
        Event event = make(EventKind::context_exit, cpu, kNoLock, preempt_now);
        event.old = preempt_before;
        event.aux = irqs;
        send(event);
        --depth_[cpu];
    }
    void simple(EventKind kind, CpuId cpu, std::uint64_t value = 0, std::uint32_t aux = 0) {
        Event event = make(kind, cpu, kNoLock, value);
        event.aux = aux;
        send(event);
    }
    void finish(EndReason reason = EndReason::finished) {
        simple(EventKind::execution_end, 0, static_cast<std::uint64_t>(reason));
    }
    void park_on(CpuId cpu, ObjectKind kind, LockId lock = kNoLock) {
        Event event = make(EventKind::park, cpu, lock);
        event.object_kind = kind;
        send(event);
    }

    // A write of `size` bytes at `offset` of a lock word.
    void word(CpuId cpu, LockId lock, std::uint32_t offset, std::uint8_t size,
              std::uint64_t value) {
        store(cpu, ObjectKind::lock_word, lock, offset, size, value);
    }
    void whole_word(CpuId cpu, LockId lock, std::uint32_t value) { word(cpu, lock, 0, 4, value); }
    void count(CpuId cpu, std::int32_t value) {
        store(cpu, ObjectKind::held_table, kNoLock, 0, 4, static_cast<std::uint32_t>(value));
    }
    void slot(CpuId cpu, unsigned index, std::uint64_t value) {
        store(cpu, ObjectKind::held_table, kNoLock, 8 + 8 * index, 8, value);
    }
    static std::uint64_t address(LockId lock) { return kLockAddress + 64U * lock; }
    void node_count(CpuId cpu, std::int32_t value) {
        store(cpu, ObjectKind::queue_node, kNoLock, 12, 4, static_cast<std::uint32_t>(value));
    }
    // CPU `by` writes into node `index` of CPU `of`.
    void node_next(CpuId by, CpuId of, unsigned index, std::uint64_t value) {
        object_cpu_ = of;
        store(by, ObjectKind::queue_node, kNoLock, 16 * index, 8, value);
    }
    void node_locked(CpuId by, CpuId of, unsigned index, std::uint64_t value) {
        object_cpu_ = of;
        store(by, ObjectKind::queue_node, kNoLock, 16 * index + 8, 4, value);
    }
    static std::uint64_t node(CpuId cpu, unsigned index) {
        return kNodesAddress + 64U * cpu + 16U * index;
    }
    // Writes of a second port's tables and nodes come from another object.
    void use_object(std::uint16_t object) { object_base_ = object; }

    void report(const char* oracle, const char* word, const Event&, const char* format,
                ...) override __attribute__((format(printf, 5, 6))) {
        words_.push_back(word);
        if (std::string(oracle) != oracle_->name()) words_.back() += " under a wrong name";
        char text[Finding::kTextMax];
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        text_ = text;
    }

  private:
    Event make(EventKind kind, CpuId cpu, LockId lock = kNoLock, std::uint64_t value = 0) {
        Event event;
        event.kind = kind;
        event.cpu = cpu;
        event.depth = depth_[cpu];
        event.context = contexts_[cpu][depth_[cpu]];
        event.lock = lock;
        event.value = value;
        event.time = now_;
        event.step = ++steps_;
        return event;
    }

    void store(CpuId cpu, ObjectKind kind, LockId lock, std::uint32_t offset, std::uint8_t size,
               std::uint64_t value) {
        Event event = make(EventKind::store, cpu, lock, value);
        event.object_kind = kind;
        event.object_cpu = object_cpu_ == kCpusMax ? cpu : static_cast<CpuId>(object_cpu_);
        object_cpu_ = kCpusMax;
        event.object = static_cast<std::uint16_t>(object_base_ + 64 * static_cast<int>(kind) +
                                                  (lock != kNoLock ? lock : event.object_cpu));
        event.offset = offset;
        event.size = size;
        for (unsigned i = 0; i < size; ++i) {
            std::uint8_t& byte = bytes_[{event.object, offset + i}];
            event.old |= std::uint64_t{byte} << (8 * i);
            byte = static_cast<std::uint8_t>(value >> (8 * i));
        }
        send(event);
    }

    void send(const Event& event) {
        if ((oracle_->interest() & event_bit(event.kind)) != 0) oracle_->on_event(event, *this);
    }

    OracleSetup setup_;
    std::unique_ptr<std::max_align_t[]> memory_;
    Oracle* oracle_ = nullptr;
    TimeNs now_ = 0;
    std::uint64_t steps_ = 0;
    unsigned object_cpu_ = kCpusMax;  // of the next store; kCpusMax: the writer's own
    std::uint16_t object_base_ = 0;
    std::vector<std::uint8_t> depth_;
    std::vector<std::map<unsigned, Context>> contexts_;
    std::map<std::pair<unsigned, unsigned>, std::uint8_t> bytes_;
    std::vector<std::string> words_;
    std::string text_;
};

}  // namespace lockstep
