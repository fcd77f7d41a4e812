// Expressions: how they bind, what they mean, and what unknown registers do to them.
#include <gtest/gtest.h>

#include <map>

#include "scenarios/expression_evaluate.h"
#include "scenarios/scenario.h"
#include "sim/points.h"

namespace lockstep {
namespace {

// Puts `conditions` into a file with two workers, a handler and all kinds of names.
ReadResult read_condition(const std::string& condition) {
    return read_scenario("<text>", R"(scenario: 1
name: expressions
machine: { cpus: 3 }
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    r0 = res_spin_lock(A);
    r1 = res_spin_lock(B);
  owner: |
    r0 = res_spin_lock(B);
  handler: |
    r0 = res_spin_lock(A);
cpus: { 0-1: { task: worker }, 2: { task: owner } }
inject:
  - { ctx: nmi, cpu: 2, run: handler, at: { point: [rq.pending.set, rq.pending.wait] } }
expect:
  always:
    - ')" + condition + "'\n");
}

Expression compile(const std::string& condition) {
    ReadResult result = read_condition(condition);
    for (const Problem& problem : result.problems)
        ADD_FAILURE() << describe_problem(condition, problem);
    return result.scenario ? result.scenario->expectations[0].condition : Expression{};
}

// Every leaf has the value a test gives it; the registers of CPU 1 are unassigned.
class Values final : public ExpressionSource {
  public:
    std::map<Operation::Code, std::int64_t> leaves;
    std::map<std::pair<std::uint16_t, std::uint16_t>, std::int64_t> registers;  // cpu, register

    Evaluated read(const Operation& leaf, std::uint16_t cpu) const override {
        if (leaf.code == Operation::Code::task_register) {
            const auto found = registers.find({cpu, leaf.b});
            return found == registers.end() ? Evaluated{0, false} : Evaluated{found->second, true};
        }
        const auto found = leaves.find(leaf.code);
        return {found == leaves.end() ? 0 : found->second, true};
    }
    bool ran(std::uint16_t group, std::uint16_t cpu) const override {
        return group == 0 && cpu < 2;
    }
};

std::int64_t value(const std::string& condition) {
    const Expression expression = compile(condition);
    if (expression.operations.empty()) return -1;
    const Evaluated result = evaluate(expression, Values{});
    EXPECT_TRUE(result.known) << condition;
    return result.value;
}

TEST(expression, binds_as_in_c) {
    EXPECT_EQ(value("1 + 2 * 3"), 7);
    EXPECT_EQ(value("(1 + 2) * 3"), 9);
    EXPECT_EQ(value("10 - 4 - 3"), 3);
    EXPECT_EQ(value("1 + 1 == 2 && 3 < 2 + 2"), 1);
    EXPECT_EQ(value("0 && 0 || 1"), 1);
    EXPECT_EQ(value("0 && (0 || 1)"), 0);
    EXPECT_EQ(value("!1 == 0"), 1);
    EXPECT_EQ(value("-2 * -3"), 6);
    EXPECT_EQ(value("2 - -3"), 5);
    EXPECT_EQ(value("(1 < 2) == (2 < 3)"), 1);
    EXPECT_EQ(value("0 ? 1 : 0 ? 2 : 3"), 3);
    EXPECT_EQ(value("1 ? 2 : 3 + 4"), 2);
}

TEST(expression, has_all_comparisons) {
    EXPECT_EQ(value("1 < 1"), 0);
    EXPECT_EQ(value("1 <= 1"), 1);
    EXPECT_EQ(value("1 > 1"), 0);
    EXPECT_EQ(value("1 >= 1"), 1);
    EXPECT_EQ(value("1 != 1"), 0);
    EXPECT_EQ(value("1 == 1"), 1);
    EXPECT_EQ(value("-1 < 0"), 1);
}

TEST(expression, knows_times_numbers_and_error_numbers) {
    EXPECT_EQ(value("250ms"), 250'000'000);
    EXPECT_EQ(value("2us"), 2'000);
    EXPECT_EQ(value("3ns + 1s"), 1'000'000'003);
    EXPECT_EQ(value("0x1F"), 31);
    EXPECT_EQ(value("-EDEADLK"), -35);
    EXPECT_EQ(value("-ETIMEDOUT"), -110);
    EXPECT_EQ(value("-EBUSY"), -16);
}

TEST(expression, wraps_instead_of_overflowing) {
    EXPECT_EQ(value("9223372036854775807 + 1 < 0"), 1);
    EXPECT_EQ(value("-9223372036854775807 - 2 > 0"), 1);
    EXPECT_EQ(value("9223372036854775807 * 2"), -2);
}

TEST(expression, reads_the_places_it_names) {
    Values values;
    values.leaves = {{Operation::Code::lock_field, 5}, {Operation::Code::variable, 6},
                     {Operation::Code::held, 7},       {Operation::Code::events, 8},
                     {Operation::Code::exited, 9},     {Operation::Code::fired, 10}};
    const std::pair<const char*, std::int64_t> cases[] = {
        {"A.tail", 5},        {"x", 6},        {"held(2)", 7}, {"events(rq.queue.destroy)", 8},
        {"exited(owner)", 9}, {"fired(0)", 10}};
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(evaluate(compile(text), values).value, expected) << text;
}

TEST(expression, names_locks_fields_cpus_and_points_by_number) {
    const Operation field = compile("B.pending").operations[0];
    EXPECT_EQ(field.a, 1U);
    EXPECT_EQ(field.b, static_cast<std::uint16_t>(LockField::pending));
    const Operation event = compile("events(rq.queue.destroy)").operations[0];
    EXPECT_EQ(event.a, point_by_name("rq.queue.destroy"));
    const Operation task = compile("worker@1.r1").operations[0];
    EXPECT_EQ(task.code, Operation::Code::task_register);
    EXPECT_EQ(task.a, 0U);
    EXPECT_EQ(task.b, 1U);
    EXPECT_EQ(task.c, 1U);
    EXPECT_EQ(compile("worker@1.wait_ns").operations[0].code, Operation::Code::task_wait_ns);
    EXPECT_EQ(compile("returned(handler@2.r0)").operations[0].code, Operation::Code::task_returned);
    EXPECT_EQ(compile("has(nmi-idx)").operations[0].text, "nmi-idx");
}

TEST(expression, compares_at_with_the_point_of_this_execution) {
    Values values;
    values.leaves[Operation::Code::at_point] = point_by_name("rq.pending.wait");
    const char* text = "(at == rq.pending.wait ? -EDEADLK : -ETIMEDOUT)";
    EXPECT_EQ(evaluate(compile(text), values).value, -35);
    EXPECT_EQ(evaluate(compile("at != rq.pending.wait"), values).value, 0);
    values.leaves[Operation::Code::at_point] = point_by_name("rq.pending.set");
    EXPECT_EQ(evaluate(compile(text), values).value, -110);
}

TEST(expression, over_a_register_nobody_assigned_is_unknown) {
    Values values;
    values.registers[{0, 0}] = 0;
    const Evaluated unknown = evaluate(compile("worker@1.r0 == 0"), values);
    EXPECT_FALSE(unknown.known);
    EXPECT_FALSE(unknown.is_true());
    EXPECT_FALSE(unknown.is_false());
    EXPECT_FALSE(evaluate(compile("!(worker@1.r0 == 0)"), values).known);
    EXPECT_FALSE(evaluate(compile("worker@1.r0 + 1 == 0"), values).known);
    EXPECT_FALSE(evaluate(compile("worker@1.r0 == 0 ? 1 : 1"), values).known);
    EXPECT_TRUE(evaluate(compile("worker@0.r0 == 0"), values).is_true());
}

TEST(expression, is_decided_by_its_known_operands_where_they_suffice) {
    const Values values;
    EXPECT_TRUE(evaluate(compile("worker@1.r0 == 0 || 1"), values).is_true());
    EXPECT_TRUE(evaluate(compile("1 || worker@1.r0 == 0"), values).is_true());
    EXPECT_TRUE(evaluate(compile("worker@1.r0 == 0 && 0"), values).is_false());
    EXPECT_FALSE(evaluate(compile("worker@1.r0 == 0 && 1"), values).known);
    EXPECT_FALSE(evaluate(compile("worker@1.r0 == 0 || 0"), values).known);
    EXPECT_TRUE(evaluate(compile("0 ? worker@1.r0 : 3"), values).is_true());
}

TEST(expression, counts_the_tasks_of_a_program_for_which_it_holds) {
    Values values;
    values.registers = {{{0, 0}, -110}, {{1, 0}, 0}, {{2, 0}, -110}};
    EXPECT_EQ(evaluate(compile("count(worker.r0 == -ETIMEDOUT)"), values).value, 1);
    EXPECT_EQ(evaluate(compile("count(worker.r0 <= 0)"), values).value, 2);
    EXPECT_EQ(evaluate(compile("count(worker.r0 == 1) + 5"), values).value, 5);
    EXPECT_EQ(evaluate(compile("-count(worker.r0 <= 0) * 2 + count(worker.r0 == 0)"), values).value,
              -3);
    // A task that has not returned is not counted, and does not make the count unknown.
    EXPECT_EQ(evaluate(compile("count(worker.r1 == 0)"), values).value, 0);
    EXPECT_TRUE(evaluate(compile("count(worker.r1 == 0)"), values).known);
}

TEST(expression, keeps_its_text_and_place) {
    const Expression expression = compile("A.word   ==  0");
    EXPECT_EQ(expression.text, "A.word == 0");
    EXPECT_EQ(expression.line, 19U);
    EXPECT_EQ(expression.column, 8U);
}

TEST(expression, that_is_too_deep_is_refused_and_not_a_crash) {
    for (const std::string& opening : {std::string("("), std::string("!"), std::string("-"),
                                       std::string("1+("), std::string("1?1:(")}) {
        std::string text;
        for (int i = 0; i < 10'000; ++i) text += opening;
        const ReadResult result = read_condition(text);
        ASSERT_EQ(result.problems.size(), 1U);
        EXPECT_NE(result.problems[0].message.find("too complicated"), std::string::npos);
    }
}

TEST(expression, never_needs_more_stack_than_the_evaluator_has) {
    // Right-nested sums keep one operand each on the stack.
    std::string text = "1";
    for (int i = 0; i < 30; ++i) text = "1+(" + text + ")";
    EXPECT_EQ(value(text), 31);
    for (int i = 0; i < 3; ++i) text = "1+(" + text + ")";
    EXPECT_EQ(read_condition(text).problems.size(), 1U);
}

}  // namespace
}  // namespace lockstep
