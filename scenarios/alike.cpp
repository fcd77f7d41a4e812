// CPUs that may be exchanged.
#include "scenarios/alike.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace lockstep {

namespace {

using OperationCode = Operation::Code;
using StatementCode = Statement::Code;

// A body may only use what its own CPU knows or what it reads by an access.
bool local(const Expression& expression) {
    return std::all_of(expression.operations.begin(), expression.operations.end(),
                       [](const Operation& operation) {
                           return operation.code == OperationCode::constant ||
                                  operation.code == OperationCode::body_register ||
                                  operation.code == OperationCode::has_feature ||
                                  operation.code >= OperationCode::negate;
                       });
}

// A condition may speak of all CPUs, not of one.
bool names_a_cpu(const Expression& expression) {
    return std::any_of(expression.operations.begin(), expression.operations.end(),
                       [](const Operation& operation) {
                           switch (operation.code) {
                               case OperationCode::task_register:
                               case OperationCode::task_wait_ns:
                               case OperationCode::task_returned:
                                   return operation.c != Operation::kThisTask;
                               case OperationCode::held:
                               case OperationCode::fired:
                                   return true;
                               default:
                                   return false;
                           }
                       });
}

bool shares_by_other_means(const Statement& statement) {
    return statement.code == StatementCode::barrier ||
           statement.code == StatementCode::wait_until || statement.code == StatementCode::sleep_ms;
}

std::string at_line(std::uint32_t line, const std::string& what) {
    return "line " + std::to_string(line) + ": " + what;
}

std::string why_program_tells_apart(const Program& program) {
    for (const Statement& statement : program.statements) {
        const bool open = shares_by_other_means(statement) ||
                          (statement.condition && !local(*statement.condition)) ||
                          (statement.argument && !local(*statement.argument));
        if (open)
            return at_line(statement.line,
                           "`" + statement.text + "` looks at more than its own CPU");
    }
    return "";
}

std::string why_scenario_tells_apart(const Scenario& scenario) {
    if (!scenario.script.empty())
        return at_line(scenario.script.front().line, "the script names CPUs");
    for (const Expectation& expectation : scenario.expectations)
        if (names_a_cpu(expectation.condition))
            return at_line(expectation.condition.line,
                           "`" + expectation.condition.text + "` names one CPU or injection");
    for (const InjectionDeclaration& declaration : scenario.injections)
        if (declaration.injection.role != Role::none ||
            declaration.injection.at.kind != Trigger::Kind::any)
            return at_line(declaration.line, "an injection is not `at: any` on a numbered CPU");
    for (const Program& program : scenario.programs) {
        std::string why = why_program_tells_apart(program);
        if (!why.empty()) return why;
    }
    return "";
}

// What one CPU does and what is done to it.
struct Occupation {
    std::vector<std::uint16_t> tasks;
    std::vector<std::tuple<Injection::Kind, std::uint16_t, TimeNs, std::uint32_t>> injections;
    auto operator<=>(const Occupation&) const = default;
};

}  // namespace

Alike find_alike(const Scenario& scenario) {
    Alike alike;
    alike.why_not = why_scenario_tells_apart(scenario);
    if (!alike.why_not.empty()) return alike;
    std::vector<Occupation> cpus(scenario.machine.cpus);
    for (const TaskDeclaration& task : scenario.tasks) cpus[task.cpu].tasks.push_back(task.program);
    for (const InjectionDeclaration& declaration : scenario.injections) {
        const Injection& injection = declaration.injection;
        cpus[injection.cpu].injections.emplace_back(injection.kind, declaration.program,
                                                    injection.duration, injection.times);
    }
    std::map<Occupation, std::vector<CpuId>> groups;
    for (CpuId cpu = 0; cpu < scenario.machine.cpus; ++cpu) {
        std::sort(cpus[cpu].injections.begin(), cpus[cpu].injections.end());
        if (cpus[cpu].tasks.size() == 1) groups[cpus[cpu]].push_back(cpu);
    }
    for (auto& [occupation, members] : groups)
        if (members.size() > 1) alike.groups.push_back(std::move(members));
    if (alike.groups.empty()) alike.why_not = "no two CPUs run the same one program";
    return alike;
}

}  // namespace lockstep
