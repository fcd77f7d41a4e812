// The reader's names are gone when a scenario has been read: they are put together again from it.
#include "scenarios/question.h"

#include <optional>
#include <vector>

#include "scenarios/expression_compiler.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kEveryCpu = ~std::uint64_t{0};

ProgramNames& names_of_group(Names& names, const Program& program) {
    if (names.programs.size() <= program.group) names.programs.resize(program.group + 1U);
    return names.programs[program.group];
}

void name_what_runs(const Scenario& scenario, Names& names) {
    for (const TaskDeclaration& task : scenario.tasks)
        names_of_group(names, scenario.programs[task.program]).task_cpus |= std::uint64_t{1}
                                                                            << task.cpu;
    names.tasks = static_cast<unsigned>(scenario.tasks.size());
    for (const InjectionDeclaration& declared : scenario.injections) {
        const Injection& injection = declared.injection;
        if (injection.at.point_count > 0) {
            ++names.injections_with_points;
            names.family_points.assign(injection.at.points,
                                       injection.at.points + injection.at.point_count);
        }
        if (injection.kind == Injection::Kind::stall) continue;
        ProgramNames& program = names_of_group(names, scenario.programs[declared.program]);
        program.in_interrupt = true;
        program.handler_cpus |=
            injection.role == Role::none ? std::uint64_t{1} << injection.cpu : kEveryCpu;
    }
    names.injections = static_cast<unsigned>(scenario.injections.size());
    if (names.injections_with_points != 1) names.family_points.clear();
}

Names names_of(const Scenario& scenario) {
    Names names;
    names.cpus = scenario.machine.cpus;
    for (const LockDeclaration& lock : scenario.locks) {
        names.locks.push_back(lock.name);
        names.lock_class = lock.lock_class;
    }
    for (const auto& [name, first] : scenario.variables) names.variables.push_back(name);
    for (const Program& program : scenario.programs) {
        ProgramNames& known = names_of_group(names, program);
        known.name = program.name;
        known.registers = program.registers;
        known.labels = program.labels;
    }
    name_what_runs(scenario, names);
    return names;
}

}  // namespace

Scenario open_to_questions(Scenario scenario) {
    scenario.questions_follow = true;
    return scenario;
}

std::variant<Expression, std::string> read_question(const Scenario& scenario,
                                                    const std::string& text) {
    const Names names = names_of(scenario);
    Node node;
    node.text = text;
    Problems problems;
    const std::optional<Expression> expression =
        compile_expression(node, {names, ExpressionPlace::expect, nullptr}, problems);
    if (expression && problems.empty()) return *expression;
    if (problems.empty()) return std::string("not an expression");
    const Problem first = problems.in_file_order().front();
    return first.message + (first.suggestion.empty() ? "" : "; " + first.suggestion);
}

}  // namespace lockstep
