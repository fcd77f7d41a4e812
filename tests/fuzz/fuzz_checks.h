// What must hold for whatever the reader answers, shared by its fuzz targets.
#pragma once

#include <algorithm>
#include <string>

#include "scenarios/expression_evaluate.h"
#include "scenarios/scenario.h"
#include "sim/check.h"

namespace lockstep {

// Known and unknown values, all CPUs ran everything: evaluation must survive any of it.
class FuzzSource final : public ExpressionSource {
  public:
    Evaluated read(const Operation& leaf, std::uint16_t cpu) const override {
        return {static_cast<std::int64_t>(leaf.a) - cpu, leaf.b % 2 == 0};
    }
    bool ran(std::uint16_t, std::uint16_t cpu) const override { return cpu < 3; }
};

inline void check_expression(const Expression& expression) {
    evaluate(expression, FuzzSource{});
    SIM_CHECK(expression.line > 0);
    SIM_CHECK(expression.column > 0);
}

inline void check_program(const Program& program, const Scenario& scenario) {
    const auto count = static_cast<std::int32_t>(program.statements.size());
    SIM_CHECK(program.registers.size() <= kRegistersMax);
    for (const Statement& statement : program.statements) {
        const bool loop = statement.code == Statement::Code::loop_begin ||
                          statement.code == Statement::Code::loop_end;
        SIM_CHECK(loop ? statement.target >= 0 && statement.target <= count
                       : statement.target == -1);
        SIM_CHECK(statement.lock < scenario.locks.size());
        SIM_CHECK(statement.result < static_cast<std::int32_t>(program.registers.size()));
        SIM_CHECK(statement.label < static_cast<std::int32_t>(program.labels.size()));
        SIM_CHECK(statement.loop_depth <= kLoopsMax);
        if (statement.condition) check_expression(*statement.condition);
        if (statement.argument) check_expression(*statement.argument);
    }
}

inline void check_answer(const std::string& text, const ReadResult& result) {
    SIM_CHECK(result.scenario.has_value() == result.problems.empty());
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const Problem& problem : result.problems) {
        SIM_CHECK(problem.line >= 1);
        SIM_CHECK(problem.line <= lines + 1);
        SIM_CHECK(problem.column >= 1);
        SIM_CHECK(!problem.message.empty());
        SIM_CHECK(!describe_problem("x.yaml", problem).empty());
    }
    if (!result.scenario) return;
    const Scenario& scenario = *result.scenario;
    for (const Program& program : scenario.programs) check_program(program, scenario);
    for (const Expectation& expectation : scenario.expectations) {
        check_expression(expectation.condition);
        if (expectation.only_if) check_expression(*expectation.only_if);
    }
    for (const TaskDeclaration& task : scenario.tasks) {
        SIM_CHECK(task.cpu < scenario.machine.cpus);
        SIM_CHECK(task.program < scenario.programs.size());
    }
    for (const InjectionDeclaration& injection : scenario.injections)
        SIM_CHECK(injection.program < scenario.programs.size());
    for (const ScriptCommand& command : scenario.script)
        SIM_CHECK(command.cpu < scenario.machine.cpus);
}

}  // namespace lockstep
