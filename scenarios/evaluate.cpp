// Reads the places that conditions name. Everything is plain memory in the arena.
#include "scenarios/evaluate.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim/check.h"
#include "sim/machine.h"

namespace lockstep {

namespace {

using Opcode = Operation::Code;

// A lock word of 8 bytes (a pointer) is read whole; layouts only speak of the low 32 bits.
std::uint64_t read_word(const void* word, std::uint32_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, word, std::min<std::size_t>(size, sizeof(value)));
    return value;
}

std::int32_t read_count(const void* place) {
    std::int32_t count = 0;
    std::memcpy(&count, place, sizeof(count));
    return count;
}

std::uint64_t field(std::uint64_t word, std::uint32_t mask) {
    return mask == 0 ? 0 : (word & mask) >> std::countr_zero(mask);
}

Evaluated known(std::int64_t value) {
    return {value, true};
}

Evaluated register_of(const BodyState& body, std::uint16_t index) {
    SIM_CHECK(index < kRegistersMax);
    return {body.registers[index], ((body.assigned >> index) & 1) != 0};
}

bool lists(const std::vector<std::string>& features, const std::string& name) {
    return std::find(features.begin(), features.end(), name) != features.end();
}

// Only has(...) has a value; the reader lets nothing else into such an expression.
class FeatureSource final : public ExpressionSource {
  public:
    explicit FeatureSource(const std::vector<std::string>& features) : features_(&features) {}
    Evaluated read(const Operation& leaf, std::uint16_t) const override {
        SIM_CHECK(leaf.code == Opcode::has_feature);
        return known(lists(*features_, leaf.text) ? 1 : 0);
    }
    bool ran(std::uint16_t, std::uint16_t) const override { return false; }

  private:
    const std::vector<std::string>* features_;
};

}  // namespace

Surroundings::Surroundings(unsigned groups, unsigned cpus)
    : cpus_(cpus), bodies_(std::size_t{groups} * cpus, nullptr) {
    SIM_CHECK(cpus >= 1);
}

BodyState* Surroundings::body(std::uint16_t group, std::uint16_t cpu) const {
    const std::size_t index = std::size_t{group} * cpus_ + cpu;
    return cpu < cpus_ && index < bodies_.size() ? bodies_[index] : nullptr;
}

void Surroundings::set_body(std::uint16_t group, std::uint16_t cpu, BodyState* state) {
    SIM_CHECK(cpu < cpus_);
    bodies_.at(std::size_t{group} * cpus_ + cpu) = state;
}

void Surroundings::add_task(std::uint16_t group, CpuId cpu, TaskId task) {
    SIM_CHECK(body(group, cpu) != nullptr);
    tasks_.push_back({group, cpu, task});
}

bool Surroundings::ran(std::uint16_t group, std::uint16_t cpu) const {
    for (const Task& task : tasks_)
        if (task.group == group && task.cpu == cpu) return true;
    const BodyState* const state = body(group, cpu);
    return state != nullptr && state->runs > 0;
}

bool Surroundings::exited(std::uint16_t group) const {
    for (const Task& task : tasks_)
        if (task.group == group && !Machine::instance().task_ended(task.id)) return false;
    return true;
}

std::int64_t Surroundings::read_lock(const Lock& lock, LockField which) const {
    const std::uint64_t word = read_word(lock.word, lock.size);
    const WordLayout& layout = lock.layout;
    switch (which) {
        case LockField::word:
            return static_cast<std::int64_t>(word);
        case LockField::locked:
            // A ticket lock is free when the served number has caught up with the given one.
            if (layout.shape == WordLayout::Shape::ticket)
                return field(word, layout.locked_mask) != field(word, layout.tail_mask) ? 1 : 0;
            if (layout.locked_mask == 0) return word != 0 ? 1 : 0;
            return static_cast<std::int64_t>(field(word, layout.locked_mask));
        case LockField::pending:
            return static_cast<std::int64_t>(field(word, layout.pending_mask));
        case LockField::tail:
            return static_cast<std::int64_t>(field(word, layout.tail_mask));
        case LockField::free:
            // The numbers of a ticket lock go on; every other free word is 0.
            if (layout.shape == WordLayout::Shape::ticket)
                return read_lock(lock, LockField::locked) == 0 ? 1 : 0;
            return word == 0 ? 1 : 0;
    }
    return 0;
}

Evaluated Surroundings::read_body(const Operation& leaf, std::uint16_t cpu) const {
    const BodyState* const state = body(leaf.a, cpu);
    if (leaf.code == Opcode::task_returned) {
        const bool assigned = state != nullptr && register_of(*state, leaf.b).known;
        return known(assigned ? 1 : 0);
    }
    if (state == nullptr) return {0, false};
    if (leaf.code == Opcode::task_register) return register_of(*state, leaf.b);
    return {static_cast<std::int64_t>(state->wait_ns), state->attempts > 0};
}

Evaluated Surroundings::read(const Operation& leaf, std::uint16_t cpu) const {
    switch (leaf.code) {
        case Opcode::task_register:
        case Opcode::task_wait_ns:
        case Opcode::task_returned:
            return read_body(leaf, cpu);
        case Opcode::lock_field:
            return known(read_lock(locks.at(leaf.a), static_cast<LockField>(leaf.b)));
        case Opcode::held:
            return known(leaf.a < held_counts.size() ? read_count(held_counts[leaf.a]) : 0);
        case Opcode::events:
            SIM_CHECK(leaf.a < kPointCount);
            return known(tally->points[leaf.a]);
        case Opcode::exited:
            return known(exited(leaf.a) ? 1 : 0);
        case Opcode::variable:
            return known(static_cast<std::int64_t>(read_word(variables.at(leaf.a), 8)));
        case Opcode::has_feature:
            return known(lists(features, leaf.text) ? 1 : 0);
        case Opcode::at_point:
            return known(family);
        case Opcode::max_wait_ns:
            return known(static_cast<std::int64_t>(tally->wait_ns));
        case Opcode::qnodes_in_use: {
            std::int64_t in_use = 0;
            for (const void* const place : node_counts) in_use += read_count(place);
            return known(in_use);
        }
        case Opcode::fired:
            SIM_CHECK(leaf.a < kInjectionsMax);
            return known(tally->fired[leaf.a]);
        case Opcode::time_ns:
            return known(static_cast<std::int64_t>(Machine::instance().now()));
        default:
            // Operators are the evaluator's; a body's own registers need a BodyView.
            SIM_CHECK_MSG(false, "this operation is not a leaf outside a body");
            return {0, false};
    }
}

Evaluated BodyView::read(const Operation& leaf, std::uint16_t cpu) const {
    if (leaf.code == Opcode::body_register) return register_of(*body_, leaf.a);
    return surroundings_->read(leaf, cpu);
}

bool BodyView::ran(std::uint16_t group, std::uint16_t cpu) const {
    return surroundings_->ran(group, cpu);
}

bool features_hold(const Expression& expression, const std::vector<std::string>& features) {
    return evaluate(expression, FeatureSource(features)).is_true();
}

}  // namespace lockstep
