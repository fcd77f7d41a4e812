// The postfix machine behind evaluate(): a small fixed stack, Kleene logic for unknown values.
#include "scenarios/expression_evaluate.h"

#include <array>
#include <cstddef>

#include "sim/check.h"

namespace lockstep {
namespace {

using Opcode = Operation::Code;

Evaluated boolean(bool value) {
    return {value ? 1 : 0, true};
}
constexpr Evaluated kUnknown{0, false};

Evaluated logical(Opcode code, const Evaluated& left, const Evaluated& right) {
    if (code == Opcode::logical_and) {
        if (left.is_false() || right.is_false()) return boolean(false);
        return left.known && right.known ? boolean(true) : kUnknown;
    }
    if (left.is_true() || right.is_true()) return boolean(true);
    return left.known && right.known ? boolean(false) : kUnknown;
}

// Arithmetic wraps: a scenario must not be able to run into undefined behaviour.
Evaluated binary(Opcode code, const Evaluated& left, const Evaluated& right) {
    if (code == Opcode::logical_and || code == Opcode::logical_or)
        return logical(code, left, right);
    if (!left.known || !right.known) return kUnknown;
    const auto a = static_cast<std::uint64_t>(left.value);
    const auto b = static_cast<std::uint64_t>(right.value);
    switch (code) {
        case Opcode::add:
            return {static_cast<std::int64_t>(a + b), true};
        case Opcode::subtract:
            return {static_cast<std::int64_t>(a - b), true};
        case Opcode::multiply:
            return {static_cast<std::int64_t>(a * b), true};
        case Opcode::equal:
            return boolean(left.value == right.value);
        case Opcode::not_equal:
            return boolean(left.value != right.value);
        case Opcode::less:
            return boolean(left.value < right.value);
        case Opcode::less_equal:
            return boolean(left.value <= right.value);
        case Opcode::greater:
            return boolean(left.value > right.value);
        default:
            SIM_CHECK(code == Opcode::greater_equal);
            return boolean(left.value >= right.value);
    }
}

Evaluated negated(const Evaluated& operand) {
    return {static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(operand.value)),
            operand.known};
}

struct Evaluator {
    const Expression& expression;
    const ExpressionSource& source;

    Evaluated run(std::size_t begin, std::size_t end, std::uint16_t this_cpu) const {
        std::array<Evaluated, kExpressionStackMax> stack{};
        std::size_t depth = 0;
        auto pop = [&]() -> Evaluated {
            SIM_CHECK(depth > 0);
            return stack[--depth];
        };
        auto push = [&](const Evaluated& value) {
            SIM_CHECK(depth < stack.size());
            stack[depth++] = value;
        };
        for (std::size_t i = begin; i < end; ++i) {
            const Operation& operation = expression.operations[i];
            if (operation.code == Opcode::constant) {
                push({operation.value, true});
            } else if (operation.code == Opcode::count) {
                push(count(operation));
                i = std::size_t{operation.b} + operation.c - 1;
            } else if (operation.code == Opcode::negate) {
                push(negated(pop()));
            } else if (operation.code == Opcode::logical_not) {
                const Evaluated operand = pop();
                push(operand.known ? boolean(operand.value == 0) : kUnknown);
            } else if (operation.code == Opcode::select) {
                const Evaluated otherwise = pop();
                const Evaluated then = pop();
                const Evaluated condition = pop();
                push(!condition.known ? kUnknown : condition.value != 0 ? then : otherwise);
            } else if (operation.code >= Opcode::add) {
                const Evaluated right = pop();
                const Evaluated left = pop();
                push(binary(operation.code, left, right));
            } else {
                push(source.read(operation,
                                 operation.c == Operation::kThisTask ? this_cpu : operation.c));
            }
        }
        SIM_CHECK(depth == 1);
        return stack[0];
    }

    Evaluated count(const Operation& operation) const {
        SIM_CHECK(std::size_t{operation.b} + operation.c <= expression.operations.size());
        std::int64_t holds = 0;
        for (std::uint16_t cpu = 0; cpu < kCpusMax; ++cpu)
            if (source.ran(operation.a, cpu) &&
                run(operation.b, std::size_t{operation.b} + operation.c, cpu).is_true())
                ++holds;
        return {holds, true};
    }
};

}  // namespace

Evaluated evaluate(const Expression& expression, const ExpressionSource& source) {
    SIM_CHECK(!expression.operations.empty());
    return Evaluator{expression, source}.run(0, expression.operations.size(), 0);
}

}  // namespace lockstep
